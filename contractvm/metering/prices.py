"""Schedule and block rule as tables for the compiled planner."""

from array import array
from functools import cache

from msgspec import Struct

from contractvm.metering.body_planner import (
    IS_COUNTED,
    IS_ENDER,
    IS_ENDER_IF_JOINED,
    IS_HOOKED,
    IS_PRICED,
    IS_SIZED,
    IS_STRUCTURE,
)
from contractvm.metering.rules import STANDARD_METERING, BlockRule, Metering
from contractvm.wasm.structure.opcodes import OPCODES, SLOT_COUNT, slot_of
from gas_schedule.file_format import SIZED_BY_BYTE, SIZED_BY_ELEMENT
from gas_schedule.schedule import GasSchedule, InstructionCost

# Instructions that take the count of pages, bytes or elements on top of the stack.
MEMORY_GROW = "memory.grow"
SIZED = SIZED_BY_BYTE | SIZED_BY_ELEMENT | {MEMORY_GROW}
# Instructions whose immediates have the count.
COUNTED = frozenset({"br_table", "call_indirect"})

STRUCTURE = frozenset(
    {
        *("unreachable", "block", "loop", "if", "else", "end"),
        *("br", "br_if", "br_table", "return", "call", "call_indirect"),
    }
)

# Slot and mnemonic of each instruction.
SLOTS = tuple([(slot_of(info.opcode), info.mnemonic) for info in OPCODES])
SIZED_SLOTS = tuple([entry for entry in SLOTS if entry[1] in SIZED])
COUNTED_SLOTS = tuple([entry for entry in SLOTS if entry[1] in COUNTED])


class OpcodePrices(Struct, frozen=True):
    """By slot: flags, units for executing once, and for each that is counted.

    `per_unit` is for each page, byte or element, `per_item` for each entry of a
    `br_table`, its default not counted, and each parameter of a `call_indirect`.
    `local` is for each declared local of a func, `carried_value` for each value that
    an instruction carries to where control goes.
    """

    flags: bytes
    base: "array[int]"
    per_unit: "array[int]"
    per_item: "array[int]"
    local: int
    carried_value: int


def opcode_prices(
    schedule: GasSchedule,
    metering: Metering = STANDARD_METERING,
    *,
    is_hooked: bool = False,
) -> OpcodePrices:
    """The schedule's costs by opcode; with `is_hooked` a hook charges for growth.

    Raises ValueError for a cost that the metering cannot charge.
    """
    flags = bytearray(_rule_flags(metering.blocks))
    base = array("Q", [0]) * SLOT_COUNT
    per_unit = array("Q", [0]) * SLOT_COUNT
    per_item = array("Q", [0]) * SLOT_COUNT
    instructions = dict(schedule.instructions)
    for slot, mnemonic in SLOTS:
        cost = instructions.get(mnemonic)
        if cost is None:
            flags[slot] &= ~IS_PRICED
        else:
            base[slot] = cost.base
    for slot, mnemonic in SIZED_SLOTS:
        if is_hooked and mnemonic == MEMORY_GROW:
            flags[slot] |= IS_HOOKED
            continue
        per_unit[slot] = _per_unit(mnemonic, instructions, schedule)
        if metering.sized is not None:
            flags[slot] |= IS_SIZED
        elif per_unit[slot]:
            raise ValueError(
                f"the metering {metering.identity} charges nothing by size: {mnemonic}"
            )
    for slot, mnemonic in COUNTED_SLOTS:
        cost = instructions.get(mnemonic)
        if cost is not None:
            # It has entries or parameters: one of these is 0.
            per_item[slot] = cost.per_entry + cost.per_param
            flags[slot] |= IS_COUNTED * (per_item[slot] > 0)
    return OpcodePrices(
        bytes(flags),
        base,
        per_unit,
        per_item,
        schedule.local,
        schedule.carried_value,
    )


def _per_unit(
    mnemonic: str, instructions: dict[str, InstructionCost], schedule: GasSchedule
) -> int:
    if mnemonic == MEMORY_GROW:
        return schedule.memory_page
    cost = instructions.get(mnemonic)
    # An instruction has one size, so at most one of these is not zero.
    return 0 if cost is None else cost.per_byte + cost.per_element


@cache
def _rule_flags(blocks: BlockRule) -> bytes:
    """The flags of each opcode, as if all of them were priced."""
    flags = bytearray(SLOT_COUNT)
    for slot, mnemonic in SLOTS:
        flags[slot] |= IS_PRICED
        flags[slot] |= IS_STRUCTURE * (mnemonic in STRUCTURE)
        flags[slot] |= IS_ENDER * (mnemonic in blocks.ends)
        flags[slot] |= IS_ENDER_IF_JOINED * (
            mnemonic == "end" and blocks.ends_where_joined
        )
    return bytes(flags)
