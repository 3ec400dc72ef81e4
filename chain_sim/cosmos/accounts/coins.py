"""Amounts of coins, as messages and contracts write them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chain_sim.cosmos.errors import INVALID_COINS, CosmosError

# Denominations in order, each once, with amounts above 0.
Coins = tuple[tuple[str, int], ...]
DENOMINATION = re.compile(r"[a-zA-Z][a-zA-Z0-9/:._-]{2,127}")
COIN = re.compile(r"(\d{1,78})([a-zA-Z][a-zA-Z0-9/:._-]{2,127})")
GREATEST_AMOUNT = 2**256 - 1


class Coin(NamedTuple):
    """An amount of one coin, in its smallest unit: `Coin(5, "atom")`."""

    amount: int
    denom: str


def coins_text(coins: Coins) -> str:
    """Such as 5atom,7stake."""
    return ",".join(f"{amount}{denomination}" for denomination, amount in coins)


def coins_document(coins: Coins) -> list[dict[str, str]]:
    """Coins in the chain's JSON."""
    return [{"denom": denom, "amount": str(amount)} for denom, amount in coins]


def parse_coins(given: object) -> Coins:
    """Coins as people write them: "5atom,7stake", Coin, pairs, or a mapping.

    Raises CosmosError for repeated denominations and amounts that are not positive.
    """
    if isinstance(given, str):
        pairs: Iterable[Any] = [_split(part) for part in given.split(",") if given]
    elif isinstance(given, Mapping):
        pairs = given.items()
    elif isinstance(given, Iterable):
        pairs = [_pair(coin) for coin in given]
    else:
        raise CosmosError(INVALID_COINS, f"{given!r}")
    return checked_coins(sorted((denom, _amount(amount)) for denom, amount in pairs))


def read_coins(listed: object) -> Coins:
    """Coins of a message in JSON, in its order; raises CosmosError.

    Amounts are text there: a chain reads no numbers.
    """
    if not isinstance(listed, list):
        raise CosmosError(INVALID_COINS, "coins are not a list")
    found = []
    for denom, amount in map(_pair, listed):
        if not isinstance(amount, str):
            raise CosmosError(INVALID_COINS, f"amount {amount!r}")
        found.append((denom, _amount(amount)))
    return tuple(found)


def checked_coins(coins: Iterable[tuple[str, int]]) -> Coins:
    """Coins that are sorted, of one amount each, and positive; else CosmosError."""
    found = tuple(coins)
    previous = ""
    for denomination, amount in found:
        if not DENOMINATION.fullmatch(denomination):
            raise CosmosError(INVALID_COINS, f"invalid denom: {denomination}")
        if amount <= 0:
            raise CosmosError(INVALID_COINS, f"coin {amount}{denomination} amount")
        if denomination == previous:
            raise CosmosError(INVALID_COINS, f"duplicate denomination {denomination}")
        if denomination < previous:
            raise CosmosError(INVALID_COINS, f"denomination {denomination} not sorted")
        previous = denomination
    return found


def _split(part: str) -> tuple[str, str]:
    found = COIN.fullmatch(part.strip())
    if found is None:
        raise CosmosError(INVALID_COINS, f"{part!r}")
    return found[2], found[1]


def _pair(coin: object) -> tuple[str, object]:
    if isinstance(coin, Coin):
        return coin.denom, coin.amount
    if isinstance(coin, Mapping) and isinstance(coin.get("denom"), str):
        return coin["denom"], coin.get("amount")
    if isinstance(coin, tuple) and len(coin) == 2 and isinstance(coin[0], str):
        return coin[0], coin[1]
    raise CosmosError(INVALID_COINS, f"{coin!r}")


def _amount(value: object) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value) if len(value) < 80 else -1
    if not isinstance(value, int) or isinstance(value, bool):
        raise CosmosError(INVALID_COINS, f"amount {value!r}")
    if not 0 <= value <= GREATEST_AMOUNT:
        raise CosmosError(INVALID_COINS, f"amount {value}")
    return value
