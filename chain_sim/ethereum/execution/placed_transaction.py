"""A transaction at its place in a block, and access to the state it meets."""

from collections.abc import Callable
from functools import cached_property
from typing import Protocol, TypeVar

from msgspec import Struct, structs

from chain_sim.ethereum.fee_market import price_paid
from chain_sim.ethereum.forks import Fork
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.evm.interface import BlockEnvironment

BlockHashes = Callable[[int], bytes | None]
S = TypeVar("S", bound=WorldState)


class BlockContext(Struct, frozen=True, dict=True):
    """The context of a transaction: its block and the blocks before it.

    `base_fee` is in wei, and 0 where the fork has no fee market.
    """

    coinbase: Address
    number: int
    timestamp: int
    difficulty: int
    gas_limit: int
    block_hash: BlockHashes
    fork: Fork
    base_fee: int = 0

    @cached_property
    def environment(self) -> BlockEnvironment:
        """The block as contracts see it."""
        return BlockEnvironment(
            coinbase=self.coinbase,
            number=self.number,
            timestamp=self.timestamp,
            difficulty=self.difficulty,
            gas_limit=self.gas_limit,
            base_fee=self.base_fee,
        )


class PlacedTransaction(Struct, frozen=True):
    """A transaction in its block; earlier ones of the block used `gas_before`.

    It need not be signed: `sender` says who sends it. One that is not
    `charged_base_fee`, a call, may pay less, and none of what it pays is burned.
    """

    tx: Transaction
    sender: Address
    context: BlockContext
    gas_before: int = 0
    charged_base_fee: bool = True

    @property
    def gas_price(self) -> int:
        """What it pays for a gas, in wei (EIP-1559: the effective gas price)."""
        context = self.context
        return price_paid(self.tx, context.base_fee, context.fork.fee_market)

    @property
    def burned_fee(self) -> int:
        """The part of the gas price that the coinbase does not get, in wei."""
        return self.context.base_fee if self.charged_base_fee else 0

    @property
    def gas_available(self) -> int:
        """What the block's gas limit leaves for it."""
        return self.context.gas_limit - self.gas_before


class OpenState(Protocol):
    """Opens one and the same state, each time as a new object."""

    def __call__(self, kind: type[S], /) -> S:
        """The state as an object of this class."""


class RepeatableTransaction(PlacedTransaction, frozen=True, kw_only=True):
    """A transaction that can be run any number of times from the state it meets."""

    open_state: OpenState

    def with_gas_limit(self, gas_limit: int) -> "RepeatableTransaction":
        """The same with another gas limit."""
        tx = structs.replace(self.tx, gas_limit=gas_limit)
        return structs.replace(self, tx=tx)
