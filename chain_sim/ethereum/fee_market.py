"""Fee markets: the base fee of each block, as a rule of a fork."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from chain_sim.ethereum.primitives.errors import UnknownFeeMarket

DEFAULT_BASE_FEE = 1_000_000_000  # wei, as other local chains start with
MAX_BASE_FEE = 2**256 - 1


class FeeMarket(Struct, frozen=True):
    """A base fee that follows demand; `name` is what genesis files call it.

    A block that uses 1 / `elasticity` of its gas limit leaves the base fee as it is; an
    empty one lowers it by 1 / `change_denominator`.
    """

    name: str
    elasticity: int
    change_denominator: int

    def next_base_fee(self, gas_limit: int, gas_used: int, base_fee: int) -> int:
        """The base fee, in wei, of the block after one with these figures.

        The formula is EIP-1559's, but a base fee of zero stays zero, so that a chain
        that starts with it is free, and none has more than 256 bits.
        """
        target = gas_limit // self.elasticity
        if base_fee == 0 or gas_used == target:
            return base_fee
        change = base_fee * abs(gas_used - target) // max(target, 1)
        change //= self.change_denominator
        if gas_used > target:
            return min(base_fee + max(change, 1), MAX_BASE_FEE)
        return base_fee - change


EIP_1559 = FeeMarket("eip1559", elasticity=2, change_denominator=8)
FEE_MARKETS: Mapping[str, FeeMarket] = MappingProxyType(
    {market.name: market for market in (EIP_1559,)}
)


def find_fee_market(name: str) -> FeeMarket:
    """The fee market of that name; raises UnknownFeeMarket."""
    if name not in FEE_MARKETS:
        raise UnknownFeeMarket(name, tuple(FEE_MARKETS))
    return FEE_MARKETS[name]
