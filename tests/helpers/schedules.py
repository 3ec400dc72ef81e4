"""Schedules for tests, one in which no two costs are equal, so no errors cancel out."""

from dataclasses import replace
from functools import cache
from types import MappingProxyType

from contractvm.wasm.structure.opcodes import OPCODES
from gas_schedule.file_format import SIZED_BY_BYTE, SIZED_BY_ELEMENT
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost


@cache
def distinct_schedule() -> GasSchedule:
    """Every instruction costs another number, floats included.

    Sizes, locals and carried values do too.
    """
    instructions = {}
    for number, info in enumerate(OPCODES):
        cost = InstructionCost(1_000 + 37 * number)
        if info.mnemonic in SIZED_BY_BYTE:
            cost = replace(cost, per_byte=11 + number)
        if info.mnemonic in SIZED_BY_ELEMENT:
            cost = replace(cost, per_element=13 + number)
        instructions[info.mnemonic] = cost
    return replace(
        load_schedule("ewasm-metered"),
        name="distinct",
        memory_page=1_000_003,
        local=17,
        carried_value=23,
        instructions=MappingProxyType(instructions),
    )


def schedule_with(costs: dict[str, int], **changes: int) -> GasSchedule:
    """Every instruction is free except those named; so are memory and locals."""
    instructions = {
        info.mnemonic: InstructionCost(costs.get(info.mnemonic, 0)) for info in OPCODES
    }
    free = replace(load_schedule("ewasm-metered"), memory_page=0, local=0)
    return replace(free, name="test", instructions=instructions, **changes)


def with_section(
    schedule: GasSchedule, name: str, costs: dict[str, int]
) -> GasSchedule:
    """The schedule with some numbers of one section changed."""
    place = schedule.sections[name]
    changed = replace(place, values={**place.values, **costs})
    return replace(schedule, sections={**schedule.sections, name: changed})
