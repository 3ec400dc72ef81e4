"""Counts of how often a program executes each instruction, from the gas of its runs.

Metering is exact, so a schedule that prices one instruction at 1 and all others at 0
counts it. Each run counts two: the second is priced so high that the two counts cannot
mix in the sum.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from contractvm.calibration.running import Program, ProgramRun
from contractvm.metering.prices import SLOTS
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    mark_instructions,
)
from gas_schedule.schedule import GasSchedule, InstructionCost

# The declared locals that calls set to zero, and the values that are carried to where
# control goes, counted like instructions.
LOCAL = "local"
CARRIED_VALUE = "carried value"
SECOND = 2**31

Counts = Mapping[str, int]


def count_executed(engine: Engine, base: GasSchedule, program: Program) -> Counts:
    """How often one call of the program executes each instruction; zeros left out."""
    names = [*mnemonics_of(program.wasm), LOCAL, CARRIED_VALUE]
    counts: dict[str, int] = {}
    for pair in (names[index : index + 2] for index in range(0, len(names), 2)):
        prices = dict(zip(pair, (1, SECOND), strict=False))
        used = ProgramRun(engine, counting_schedule(base, prices), program)()
        seconds, firsts = divmod(used, SECOND)
        counts |= dict(zip(pair, (firsts, seconds), strict=False))
    return {name: count for name, count in counts.items() if count}


def count_all(engine: Engine, base: GasSchedule, program: Program) -> int:
    """How many instructions one call of the program executes."""
    return ProgramRun(engine, every_instruction_at_one(base), program)()


def mnemonics_of(wasm: bytes) -> tuple[str, ...]:
    """The instructions in the module's funcs, in the table's order."""
    seen = bytearray(SEARCH_SLOT_COUNT)
    for func in decode_module(wasm).funcs:
        mark_instructions(func.code, seen)
    return tuple(mnemonic for slot, mnemonic in SLOTS if seen[slot])


def counting_schedule(base: GasSchedule, prices: Mapping[str, int]) -> GasSchedule:
    """Every instruction free, floats too, except for those in `prices`."""
    return replace(
        base,
        memory_page=0,
        local=prices.get(LOCAL, 0),
        carried_value=prices.get(CARRIED_VALUE, 0),
        instructions=MappingProxyType(
            {name: InstructionCost(prices.get(name, 0)) for _, name in SLOTS}
        ),
    )


def every_instruction_at_one(base: GasSchedule) -> GasSchedule:
    """No metered block is free, as under a measured schedule."""
    return counting_schedule(base, {name: 1 for _, name in SLOTS})
