"""Settings for a chain's next block: base fee, gas limit and coinbase."""

from msgspec import structs

from chain_sim.ethereum.blocks.genesis import MAX_BLOCK_GAS
from chain_sim.ethereum.blocks.next_block import NextBlock
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.primitives.arguments import AddressLike, as_address
from chain_sim.ethereum.primitives.errors import EditOutOfRange, NoFeeMarket
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import MAX_UINT_256
from gas_schedule.arguments import as_int


class NextBlockSettings:
    """What the next block is to have; kept in the database until it is made.

    A revert restores what was set at the snapshot, another branch forgets it.
    """

    def __init__(self, head: Head) -> None:
        self._head = head

    @property
    def base_fee(self) -> int | None:
        """The base fee that the next block will have, in wei; None if there is none."""
        head = self._head
        return head.next_context().base_fee if head.fork.fee_market else None

    @property
    def gas_limit(self) -> int:
        """The gas limit that the next block will have."""
        return self._head.next_context().gas_limit

    @property
    def coinbase(self) -> Address:
        """The coinbase that the next block will have."""
        return self._head.next_context().coinbase

    def set_base_fee(self, base_fee: int) -> None:
        """In wei, for the next block; later ones follow from it.

        Raises NoFeeMarket and EditOutOfRange.
        """
        if self._head.fork.fee_market is None:
            raise NoFeeMarket
        checked = require_base_fee(base_fee)
        self._set(structs.replace(self._head.next_block, base_fee=checked))

    def set_gas_limit(self, gas_limit: int) -> None:
        """For the next block and those after it; raises EditOutOfRange."""
        checked = require_gas_limit(gas_limit)
        self._set(structs.replace(self._head.next_block, gas_limit=checked))

    def set_coinbase(self, coinbase: AddressLike) -> None:
        """For the next block and those after it."""
        changed = structs.replace(self._head.next_block, coinbase=as_address(coinbase))
        self._set(changed)

    def _set(self, changed: NextBlock) -> None:
        self._head.set_next(changed)


def require_base_fee(base_fee: int) -> int:
    """The base fee in wei, if a block can have it; raises EditOutOfRange."""
    if not 0 <= as_int(base_fee, "base_fee", "an int, in wei") <= MAX_UINT_256:
        raise EditOutOfRange("base fee", MAX_UINT_256, base_fee)
    return base_fee


def require_gas_limit(gas_limit: int) -> int:
    """The gas limit, if a block can have it; raises EditOutOfRange."""
    if not 1 <= as_int(gas_limit, "gas_limit") <= MAX_BLOCK_GAS:
        raise EditOutOfRange("gas limit", MAX_BLOCK_GAS, gas_limit)
    return gas_limit
