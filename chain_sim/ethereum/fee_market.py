"""Fee markets: the base fee of each block, as a rule of a fork."""

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from chain_sim.ethereum.primitives.errors import UnknownFeeMarket
from chain_sim.ethereum.primitives.transactions import Transaction

DEFAULT_BASE_FEE = 1_000_000_000  # wei, as other local chains start with
MAX_BASE_FEE = 2**256 - 1


class FeeMarket(Struct, frozen=True):
    """A base fee that follows demand; `name` is what genesis files call it.

    A block that uses 1 / `elasticity` of its gas limit leaves the base fee as it is; an
    empty one lowers it by 1 / `change_denominator`, or leaves it if that is 0. Without
    `has_tips` a transaction pays the base fee, whatever it offers beyond.
    """

    name: str
    elasticity: int
    change_denominator: int
    has_tips: bool = True

    def next_base_fee(self, gas_limit: int, gas_used: int, base_fee: int) -> int:
        """The base fee, in wei, of the block after one with these figures.

        The formula is EIP-1559's, but a base fee of zero stays zero, so that a chain
        that starts with it is free, and none has more than 256 bits.
        """
        target = gas_limit // self.elasticity
        if base_fee == 0 or gas_used == target or self.change_denominator == 0:
            return base_fee
        change = base_fee * abs(gas_used - target) // max(target, 1)
        change //= self.change_denominator
        if gas_used > target:
            return min(base_fee + max(change, 1), MAX_BASE_FEE)
        return base_fee - change


def price_paid(tx: Transaction, base_fee: int, market: FeeMarket | None) -> int:
    """What a transaction pays for a gas, in wei; `base_fee` is 0 without a market."""
    price = tx.effective_gas_price(base_fee)
    return price if market is None or market.has_tips else min(price, base_fee)


EIP_1559 = FeeMarket("eip1559", elasticity=2, change_denominator=8)
# The minimum base fee, which only a crowded chain leaves.
ARBITRUM = FeeMarket("arbitrum", elasticity=1, change_denominator=0, has_tips=False)
FEE_MARKETS: Mapping[str, FeeMarket] = MappingProxyType(
    {market.name: market for market in (EIP_1559, ARBITRUM)}
)


def find_fee_market(name: str) -> FeeMarket:
    """The fee market of that name; raises UnknownFeeMarket."""
    if name not in FEE_MARKETS:
        raise UnknownFeeMarket(name, tuple(FEE_MARKETS))
    return FEE_MARKETS[name]
