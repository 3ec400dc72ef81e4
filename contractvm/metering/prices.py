"""A schedule's instruction costs in the form that the compiled planner looks up."""

from array import array
from dataclasses import dataclass

from contractvm.wasm.structure.opcodes import OPCODES, SLOT_COUNT, slot_of
from gas_schedule.file_format import SIZED_BY_BYTE, SIZED_BY_ELEMENT
from gas_schedule.schedule import GasSchedule

FORBIDDEN = -1
NOT_SIZED = -1

# Instructions that take the count of pages, bytes or elements on top of the stack.
MEMORY_GROW = "memory.grow"
SIZED = SIZED_BY_BYTE | SIZED_BY_ELEMENT | {MEMORY_GROW}


@dataclass(frozen=True, slots=True)
class OpcodePrices:
    """Units by slot: for executing once, and for each page, byte or element named.

    FORBIDDEN where the schedule names no cost, NOT_SIZED where nothing is named.
    """

    base: "array[int]"
    per_unit: "array[int]"


# Slot and mnemonic of each instruction.
SLOTS = tuple([(slot_of(info.opcode), info.mnemonic) for info in OPCODES])


def opcode_prices(schedule: GasSchedule) -> OpcodePrices:
    """The schedule's costs by opcode."""
    base = array("q", [FORBIDDEN]) * SLOT_COUNT
    per_unit = array("q", [NOT_SIZED]) * SLOT_COUNT
    instructions = dict(schedule.instructions)
    for slot, mnemonic in SLOTS:
        cost = instructions.get(mnemonic)
        if cost is None:
            continue
        base[slot] = cost.base
        if mnemonic == MEMORY_GROW:
            per_unit[slot] = schedule.memory_page
        elif mnemonic in SIZED:
            # An instruction has one size, so at most one of these is not zero.
            per_unit[slot] = cost.per_byte + cost.per_element
    return OpcodePrices(base, per_unit)
