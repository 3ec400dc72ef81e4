"""Forks: the rules that differ between the versions of Ethereum, as data.

What every fork from Byzantium on has in common is code: accounts that are touched and
empty go (EIP-161), a contract is not created over code or a nonce (EIP-684). Prices,
those of refunds and of access included, are the gas schedule's.
"""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from msgspec import Struct, structs

from chain_sim.ethereum.fee_market import FeeMarket, find_fee_market
from chain_sim.ethereum.precompiles.registry import PRECOMPILES, Precompile
from chain_sim.ethereum.primitives.errors import UnknownFork
from chain_sim.ethereum.primitives.text import Address
from contractvm.hosts.stylus.parameters import (
    FIRST_ARBOS,
    LAST_ARBOS,
    SHALLOW_STACK,
    StylusParameters,
    parameters_of,
)


class ForkDefaults(Struct, frozen=True):
    """What a developer's chain of a fork starts with, where it is told nothing else.

    Fees are in wei; `gas_limit` is a block's, `transaction_gas` a transaction's.
    """

    chain_id: int
    schedule: str
    fees: str
    base_fee: int
    gas_limit: int
    transaction_gas: int
    coinbase: Address


class Fork(Struct, frozen=True):
    """The rules of one version of Ethereum; `name` is what genesis files call it.

    `header_fields` is in the order of their RLP. `block_hash_window` is how many
    blocks back a contract can ask for hashes. Without a `fee_market` the coinbase gets
    all that gas costs, and there is no base fee. `stylus` are the rules of Stylus
    programs where the chain runs these. A transaction runs with `max_transaction_gas`
    at most; what it offers beyond is not touched. `defaults` are what a developer's
    chain starts with.
    """

    name: str
    transaction_types: tuple[int, ...]
    header_fields: tuple[str, ...]
    precompiles: Mapping[Address, Precompile]
    max_code_bytes: int
    block_hash_window: int
    fee_market: FeeMarket | None = None
    stylus: StylusParameters | None = None
    max_transaction_gas: int | None = None
    defaults: ForkDefaults | None = None

    def gas_limit(self, given: int | None, block_limit: int) -> int:
        """The gas limit of a transaction: as given, else the most that runs."""
        if given is not None:
            return given
        if self.defaults is None:
            return block_limit
        return min(block_limit, self.defaults.transaction_gas)

    @property
    def title(self) -> str:
        """The name that Ethereum's tests give it."""
        return self.name.capitalize()


def numbered(*names: str) -> Mapping[Address, Precompile]:
    """Precompiled contracts with these names, from address 1 on."""
    return MappingProxyType(
        {
            Address(number.to_bytes(20, "big")): PRECOMPILES[name]
            for number, name in enumerate(names, start=1)
        }
    )


BYZANTIUM = Fork(
    name="byzantium",
    transaction_types=(0,),
    header_fields=(
        "parent_hash",
        "ommers_hash",
        "coinbase",
        "state_root",
        "transactions_root",
        "receipts_root",
        "logs_bloom",
        "difficulty",
        "number",
        "gas_limit",
        "gas_used",
        "timestamp",
        "extra_data",
        "mix_hash",
        "nonce",
    ),
    precompiles=numbered(
        "ecrecover",
        "sha256",
        "ripemd160",
        "identity",
        "modexp",
        "bn128_add",
        "bn128_mul",
        "bn128_pairing",
    ),
    max_code_bytes=24_576,  # EIP-170
    block_hash_window=256,
)


def arbitrum(name: str, arbos: int) -> Fork:
    """Arbitrum with a version of ArbOS; type 3 and later ones are not there."""
    return structs.replace(
        BYZANTIUM,
        name=name,
        precompiles=ARBITRUM_PRECOMPILES,
        stylus=parameters_of(arbos),
        max_transaction_gas=MAX_EXECUTION_GAS if arbos >= SHALLOW_STACK else None,
        defaults=ARBITRUM_DEFAULTS,
    )


MAX_EXECUTION_GAS = 32_000_000
# As Nitro's developer node has them.
ARBITRUM_DEFAULTS = ForkDefaults(
    chain_id=412_346,
    schedule="stylus-1",
    fees="arbitrum",
    base_fee=100_000_000,
    gas_limit=2**50,
    transaction_gas=MAX_EXECUTION_GAS,
    coinbase=Address(bytes.fromhex("a4b000000000000000000073657175656e636572")),
)
ARBITRUM_PRECOMPILES = numbered(
    "ecrecover",
    "sha256",
    "ripemd160",
    "identity",
    "modexp_2565",
    "bn128_add",
    "bn128_mul",
    "bn128_pairing",
)
FORKS: Mapping[str, Fork] = MappingProxyType(
    {
        fork.name: fork
        for fork in (
            BYZANTIUM,
            arbitrum("arbitrum", LAST_ARBOS),
            *(
                arbitrum(f"arbitrum-{arbos}", arbos)
                for arbos in range(FIRST_ARBOS, LAST_ARBOS + 1)
            ),
        )
    }
)


def find_fork(name: str, fees: str | None = None) -> Fork:
    """The fork of that name, with the fee market of the name `fees` if given.

    Raises UnknownFork or UnknownFeeMarket.
    """
    if name not in FORKS:
        raise UnknownFork(name, tuple(FORKS))
    return FORKS[name] if fees is None else _with_fees(name, fees)


@lru_cache
def _with_fees(name: str, fees: str) -> Fork:
    """The rules of the envelope that come with EIP-1559: those of execution stay."""
    fork = FORKS[name]
    return structs.replace(
        fork,
        transaction_types=(*fork.transaction_types, 1, 2),  # EIP-2930, EIP-1559
        header_fields=(*fork.header_fields, "base_fee_per_gas"),
        fee_market=find_fee_market(fees),
    )
