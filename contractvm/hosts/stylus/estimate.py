"""Estimates without a chain: to deploy, activate and start a module as a program."""

from dataclasses import dataclass

from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.stylus.activation import (
    DataPricer,
    ProgramCosts,
    cached_gas,
    init_gas,
    module_gas,
    program_costs,
)
from contractvm.hosts.stylus.costs import ActivationCosts, DataPricing
from contractvm.hosts.stylus.deployment import build_init_code, read_init_code
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import ProgramFigures, check_program
from contractvm.hosts.stylus.page_prices import OpenPages
from contractvm.hosts.stylus.parameters import (
    HAS_ACTIVATION_GAS,
    HAS_RECENT_PROGRAMS,
    StylusParameters,
)
from contractvm.hosts.stylus.program_code import pack_program
from gas_schedule.schedule import GasSchedule

WORD_BYTES = 32
# The call data of an activation: a selector, 12 zeros, an address without a zero.
ACTIVATION_ZEROS, ACTIVATION_BYTES = 12, 24
# A first activation reads and writes this many words of ArbOS's state.
STATE_READS, STATE_WRITES, STATE_WORDS = 7, 4, 3
FEE_PERCENT = 120  # what cargo-stylus sends


@dataclass(frozen=True, slots=True)
class ProgramEstimate:
    """Sizes in bytes, gas in gas, the fee in wei on a chain that is not in demand.

    `first_start` is the gas before a program that was not called in its block,
    `repeated_start` before one that was, `cached_start` before a cached one; all with
    the pages that it begins with. `deploy_gas` is None if the code is too large.
    """

    wasm_bytes: int
    code_bytes: int
    figures: ProgramFigures
    costs: ProgramCosts
    deploy_gas: int | None
    activation_gas: int
    data_fee: int
    first_start: int
    repeated_start: int
    cached_start: int

    @property
    def fee_to_send(self) -> int:
        """The fee and a fifth, in wei; what is too much comes back."""
        return self.data_fee * FEE_PERCENT // 100


def estimate_program(
    wasm: bytes, parameters: StylusParameters, schedule: GasSchedule, now: int
) -> ProgramEstimate:
    """The estimate at a time in seconds; raises as `check_program`."""
    costs = schedule.section(ActivationCosts)
    figures = check_program(wasm, TYPES, parameters)
    found = program_costs(figures, parameters, costs)
    code = pack_program(wasm)
    is_small = len(code) <= parameters.max_code_bytes
    pricing = schedule.section(DataPricing)
    pricer = DataPricer.fresh(pricing)
    fee, _ = pricer.charged(found.asm_bytes, now, pricing.accuracy_divisor)
    pages = OpenPages().price(figures.pages, parameters)
    cached = cached_gas(found.cached, parameters, costs)
    first = init_gas(found.init, parameters, costs)
    if parameters.version > 1:
        first += cached
    repeats = parameters.arbos >= HAS_RECENT_PROGRAMS
    return ProgramEstimate(
        wasm_bytes=len(wasm),
        code_bytes=len(code),
        figures=figures,
        costs=found,
        deploy_gas=_deploy_gas(code, schedule) if is_small else None,
        activation_gas=_activation_gas(figures, parameters, schedule),
        data_fee=fee,
        first_start=first + pages,
        repeated_start=(cached if repeats else first) + pages,
        cached_start=cached + pages,
    )


def _call_data_gas(zeros: int, others: int, costs: TransactionCosts) -> int:
    return zeros * costs.data_zero_byte + others * costs.data_nonzero_byte


def _deploy_gas(code: bytes, schedule: GasSchedule) -> int:
    """The gas of the transaction with cargo-stylus's init code."""
    costs = schedule.section(TransactionCosts)
    init_code = build_init_code(code)
    ran = read_init_code(init_code)
    zeros = init_code.count(0)
    return (
        costs.base
        + costs.create
        + _call_data_gas(zeros, len(init_code) - zeros, costs)
        + costs.init_code_word * -(-len(init_code) // WORD_BYTES)
        + (0 if ran is None else ran.gas)
        + costs.code_deposit_per_byte * len(code)
    )


def _activation_gas(
    figures: ProgramFigures, parameters: StylusParameters, schedule: GasSchedule
) -> int:
    """The gas of the transaction that activates a program for the first time."""
    costs = schedule.section(ActivationCosts)
    transaction = schedule.section(TransactionCosts)
    gas = transaction.base + _call_data_gas(
        ACTIVATION_ZEROS, ACTIVATION_BYTES, transaction
    )
    if parameters.arbos >= HAS_ACTIVATION_GAS:
        gas += costs.storage_read + parameters.activation_gas
    gas += costs.gas_base + costs.open_state + costs.params_read + costs.program_event
    gas += STATE_READS * costs.storage_read + STATE_WRITES * costs.storage_write
    gas += STATE_WORDS * costs.argument_word
    return gas + module_gas(figures, parameters, costs)
