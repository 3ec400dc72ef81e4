"""The bank: balances, transfers, burning, and the supply."""

from chain_sim.cosmos.accounts.accounts import create_account, find_account, has_account
from chain_sim.cosmos.accounts.coins import Coins, coins_text
from chain_sim.cosmos.addresses import module_account
from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import (
    INSUFFICIENT_FUNDS,
    UNAUTHORIZED,
    CosmosError,
)
from chain_sim.cosmos.state.stores import prefix_end

SUPPLY_KEY = b"\x00"
BALANCE_KEY = b"\x02"
INDEX_KEY = b"\x03"
SEND_ENABLED_KEY = b"\x04"
PARAMS_KEY = b"\x05"
# Before, an index entry was written once, and had a byte.
FIRST_WITH_INDEXED_MAP = (0, 50)
# Parameters of a chain where coins can be sent, unless one is excepted.
PARAMS = b"\x10\x01"
BURNER = module_account("wasm")
# Accounts of modules, which nobody can pay.
BLOCKED = frozenset(
    module_account(name)
    for name in (
        *("fee_collector", "distribution", "bonded_tokens_pool"),
        *("not_bonded_tokens_pool", "mint", "gov", "wasm"),
    )
)


def _holder(address: bytes) -> bytes:
    return bytes([len(address)]) + address


def _balance_key(address: bytes, denomination: str) -> bytes:
    return BALANCE_KEY + _holder(address) + denomination.encode()


def balance(context: Context, address: bytes, denomination: str) -> int:
    """What an address has of one coin; costs a read."""
    return int(context.bank.get(_balance_key(address, denomination)) or b"0")


def all_balances(context: Context, address: bytes) -> Coins:
    """What an address has; costs a walk."""
    prefix = BALANCE_KEY + _holder(address)
    iterator = context.bank.iterate(prefix, prefix_end(prefix))
    found = []
    while iterator.entry is not None:
        key, value = iterator.entry
        found.append((key[len(prefix) :].decode(), int(value)))
        iterator.move()
    return tuple(found)


def supply(context: Context, denomination: str) -> int:
    """How much of a coin there is; costs a read."""
    return int(context.bank.get(SUPPLY_KEY + denomination.encode()) or b"0")


def check_send_enabled(context: Context, coins: Coins) -> None:
    """Pay for the question whether these coins can be sent; here, all can."""
    for denomination, _ in coins:
        context.bank.has(SEND_ENABLED_KEY + denomination.encode())
    context.bank.get(PARAMS_KEY)


def check_not_blocked(context: Context, address: bytes) -> None:
    """Raise CosmosError for the account of a module."""
    if address in BLOCKED:
        text = context.addresses.text(address)
        raise CosmosError(UNAUTHORIZED, f"{text} is not allowed to receive funds")


def send(context: Context, sender: bytes, receiver: bytes, coins: Coins) -> None:
    """Move coins; the receiver gets an account if it has none."""
    _subtract(context, sender, coins)
    _add(context, receiver, coins)
    if not has_account(context, receiver):
        create_account(context, receiver)
    text = context.addresses.text
    amount = coins_text(coins)
    context.emit(
        "transfer",
        ("recipient", text(receiver)),
        ("sender", text(sender)),
        ("amount", amount),
    )


def send_message(
    context: Context, sender: bytes, receiver: bytes, coins: Coins
) -> None:
    """Move coins as a message of a sender: the rules for receivers apply."""
    check_send_enabled(context, coins)
    check_not_blocked(context, receiver)
    send(context, sender, receiver, coins)
    context.emit("message", ("sender", context.addresses.text(sender)))


def burn(context: Context, owner: bytes, coins: Coins) -> None:
    """Destroy coins of `owner`."""
    send(context, owner, BURNER, coins)
    _subtract(context, BURNER, coins)
    bank = context.bank
    for denomination, amount in coins:
        key = SUPPLY_KEY + denomination.encode()
        left = int(bank.get(key) or b"0") - amount
        if left:
            bank.set(key, str(left).encode())
        else:
            bank.delete(key)
    burner = context.addresses.text(BURNER)
    context.emit("burn", ("burner", burner), ("amount", coins_text(coins)))


def mint(context: Context, receiver: bytes, coins: Coins) -> None:
    """Create coins for `receiver`, as a genesis or a faucet does."""
    bank = context.bank
    _add(context, receiver, coins)
    for denomination, amount in coins:
        key = SUPPLY_KEY + denomination.encode()
        total = int(bank.get(key) or b"0") + amount
        bank.set(key, str(total).encode())


def _subtract(context: Context, address: bytes, coins: Coins) -> None:
    find_account(context, address)
    for denomination, amount in coins:
        before = balance(context, address, denomination)
        if before < amount:
            raise CosmosError(
                INSUFFICIENT_FUNDS,
                f"spendable balance {before}{denomination} is smaller than"
                f" {amount}{denomination}",
            )
        _set_balance(context, address, denomination, before - amount)
    text = context.addresses.text(address)
    context.emit("coin_spent", ("spender", text), ("amount", coins_text(coins)))


def _add(context: Context, address: bytes, coins: Coins) -> None:
    for denomination, amount in coins:
        total = balance(context, address, denomination) + amount
        _set_balance(context, address, denomination, total)
    text = context.addresses.text(address)
    context.emit("coin_received", ("receiver", text), ("amount", coins_text(coins)))


def _set_balance(
    context: Context, address: bytes, denomination: str, amount: int
) -> None:
    bank = context.bank
    index = INDEX_KEY + denomination.encode() + b"\0" + _holder(address)
    key = _balance_key(address, denomination)
    if amount:
        if context.rules.sdk >= FIRST_WITH_INDEXED_MAP:
            bank.set(index, b"")
        elif not bank.has(index):
            bank.set(index, b"\0")
        bank.set(key, str(amount).encode())
    else:
        bank.delete(index)
        bank.delete(key)
