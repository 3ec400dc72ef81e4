"""Table of the precompiled contracts: names, prices and functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chain_sim.ethereum.precompiles.bn128 import bn128_add, bn128_mul, bn128_pairing
from chain_sim.ethereum.precompiles.ecrecover import ecrecover
from chain_sim.ethereum.precompiles.hashes import identity, ripemd160, sha256
from chain_sim.ethereum.precompiles.modexp import (
    modexp,
    modexp_2565_gas,
    modexp_gas,
)
from contractvm.hosts.evm.costs import PrecompileCosts

PAIR_BYTES = 192

RunPrecompile = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Precompile:
    """One contract.

    `gas_cost(data, costs)` is the price in gas under a schedule; computing it takes no
    work or memory that the price does not cover. `run(data)`, to be called only after
    that is paid, returns the output or raises PrecompileFailure.
    """

    name: str
    gas_cost: Callable[[bytes, PrecompileCosts], int]
    run: RunPrecompile


def fixed_cost(name: str) -> Callable[[bytes, PrecompileCosts], int]:
    """A fixed price."""

    def gas_cost(data: bytes, costs: PrecompileCosts) -> int:  # noqa: ARG001 (one form for all)
        price: int = getattr(costs, name)
        return price

    return gas_cost


def cost_per_word(name: str) -> Callable[[bytes, PrecompileCosts], int]:
    """A base price, and a price per word of 32 bytes, rounded up."""

    def gas_cost(data: bytes, costs: PrecompileCosts) -> int:
        word_count = (len(data) + 31) // 32
        base: int = getattr(costs, f"{name}_base")
        per_word: int = getattr(costs, f"{name}_per_word")
        return base + word_count * per_word

    return gas_cost


def pairing_cost(data: bytes, costs: PrecompileCosts) -> int:
    """A base price, and a price per complete pair of points."""
    pair_count = len(data) // PAIR_BYTES
    return costs.bn128_pairing_base + pair_count * costs.bn128_pairing_per_point


ROWS = (
    Precompile("ecrecover", fixed_cost("ecrecover"), ecrecover),
    Precompile("sha256", cost_per_word("sha256"), sha256),
    Precompile("ripemd160", cost_per_word("ripemd160"), ripemd160),
    Precompile("identity", cost_per_word("identity"), identity),
    Precompile("modexp", modexp_gas, modexp),
    Precompile("modexp_2565", modexp_2565_gas, modexp),
    Precompile("bn128_add", fixed_cost("bn128_add"), bn128_add),
    Precompile("bn128_mul", fixed_cost("bn128_mul"), bn128_mul),
    Precompile("bn128_pairing", pairing_cost, bn128_pairing),
)

PRECOMPILES: Mapping[str, Precompile] = MappingProxyType(
    {row.name: row for row in ROWS}
)
"""By name; the chain's fork says which it has, and at which addresses."""
