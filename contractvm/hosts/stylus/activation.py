"""The prices of a program's activation and start, and the fee for its data."""

from dataclasses import dataclass, replace

from contractvm.errors import RefusedModule
from contractvm.hosts.stylus.costs import ActivationCosts, DataPricing, at_rate
from contractvm.hosts.stylus.module_rules import ProgramFigures
from contractvm.hosts.stylus.parameters import PAYS_FOR_BYTES, StylusParameters

MAX_UINT_16, MAX_UINT_32, MAX_UINT_64 = 2**16 - 1, 2**32 - 1, 2**64 - 1
BIPS = 10_000  # hundredths of a percent in one
PERCENT = 100
# Reads and writes of ArbOS's state in a first activation, the data pricer's among them:
# the program, five of the pricer, the network's fee account; module hash, two of the
# pricer, the program.
READS, WRITES = 7, 4


@dataclass(frozen=True, slots=True)
class ProgramCosts:
    """What a program costs before it runs: estimated bytes of native code, and gas."""

    asm_bytes: int
    init: int
    cached: int


def program_costs(
    figures: ProgramFigures, parameters: StylusParameters, costs: ActivationCosts
) -> ProgramCosts:
    """The estimates; raises RefusedModule for one that ArbOS cannot store."""
    asm = (
        costs.asm_base
        + at_rate(figures.funcs, costs.asm_func_rate)
        + at_rate(figures.types, costs.asm_type_rate)
        + at_rate(figures.wasm_bytes, costs.asm_byte_rate)
    )
    cached = (
        at_rate(figures.funcs, costs.cached_func_rate)
        + at_rate(figures.types, costs.cached_type_rate)
        + at_rate(figures.wasm_bytes, costs.cached_byte_rate)
        + at_rate(figures.global_count, costs.cached_global_rate)
        + at_rate(figures.segment_bytes, costs.cached_segment_rate)
        + figures.pages * costs.cached_page
    )
    init = (
        at_rate(figures.funcs, costs.init_func_rate)
        + at_rate(figures.types, costs.init_type_rate)
        + at_rate(figures.wasm_bytes, costs.init_byte_rate)
    )
    if parameters.version == 1:
        init += cached
    for what, number, most in (
        ("estimated bytes of native code", asm, MAX_UINT_32),
        ("gas to start", init, MAX_UINT_16),
        ("gas to start when cached", cached, MAX_UINT_16),
    ):
        if number > most:
            raise RefusedModule(f"{number} {what}, {most} allowed")
    return ProgramCosts(asm, init, cached)


def init_gas(cost: int, parameters: StylusParameters, costs: ActivationCosts) -> int:
    """The gas of starting a program that is not cached."""
    base = parameters.min_init_gas * costs.min_init_unit
    return base + _scaled(cost, parameters.init_cost_scalar, costs)


def cached_gas(cost: int, parameters: StylusParameters, costs: ActivationCosts) -> int:
    """The gas of starting a cached program, and from version 2 on of any."""
    base = parameters.min_cached_init_gas * costs.min_cached_unit
    return base + _scaled(cost, parameters.cached_cost_scalar, costs)


def _scaled(cost: int, scalar: int, costs: ActivationCosts) -> int:
    """The cost times the scalar, rounded up."""
    return -(-cost * scalar * costs.scalar_percent // PERCENT)


def module_gas(
    figures: ProgramFigures, parameters: StylusParameters, costs: ActivationCosts
) -> int:
    """The part of activation's gas that depends on the module."""
    units = [
        at_rate(figures.funcs, costs.gas_func_rate),
        at_rate(figures.payload_bytes, costs.gas_payload_rate),
        at_rate(figures.element_bytes, costs.gas_element_rate),
        figures.pages * costs.gas_page,
        at_rate(figures.operators, costs.gas_operator_rate),
    ]
    if parameters.arbos >= PAYS_FOR_BYTES:
        units.append(at_rate(figures.wasm_bytes, costs.gas_byte_rate))
    return costs.gas_per_unit * sum(units)


@dataclass(frozen=True, slots=True)
class DataPricer:
    """The state that the data fee depends on: demand in bytes, prices in wei."""

    demand: int
    bytes_per_second: int
    last_update: int
    min_price: int
    inertia: int

    @classmethod
    def fresh(cls, pricing: DataPricing) -> "DataPricer":
        """The state of a chain on which nothing was activated."""
        return cls(
            0,
            pricing.bytes_per_second,
            pricing.last_update,
            pricing.min_price,
            pricing.inertia_divisor,
        )

    def at(self, demand: int, last_update: int) -> "DataPricer":
        """The same prices with this demand, at this second."""
        return replace(self, demand=demand, last_update=last_update)

    def charged(
        self, asm_bytes: int, now: int, accuracy: int
    ) -> "tuple[int, DataPricer]":
        """The fee in wei for this many bytes at the second `now`, and the new state."""
        elapsed = min(MAX_UINT_32, max(0, now - self.last_update))
        paid_off = min(MAX_UINT_32, self.bytes_per_second * elapsed)
        demand = min(MAX_UINT_32, max(0, self.demand - paid_off) + asm_bytes)
        multiplier = approximate_exp(BIPS * demand // self.inertia, accuracy)
        price = min(MAX_UINT_64, self.min_price * multiplier // BIPS)
        fee = min(MAX_UINT_64, price * asm_bytes)
        return fee, replace(self, demand=demand, last_update=now)


def approximate_exp(bips: int, accuracy: int) -> int:
    """The exponential of `bips` in bips, by `accuracy` terms of its series."""
    result = BIPS + bips // accuracy
    for term in range(accuracy - 1, 0, -1):
        result = BIPS + result * bips // (term * BIPS)
    return result
