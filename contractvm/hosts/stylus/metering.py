"""Arbitrum Stylus's metering as a value: where ink is charged, and how it looks."""

from contractvm.hosts.stylus.frame_heights import count_operands
from contractvm.metering.rules import (
    GREATEST_UNSIGNED,
    BlockRule,
    ChargeShape,
    GrowHook,
    Metering,
    SizedRule,
    StackRule,
)
from contractvm.wasm.structure.templates import (
    EMPTY_BLOCK_TYPE,
    FLAGGED_CHARGE,
    OUT_OF_GAS,
    Hole,
    Template,
)

# What the meter adds to each block, in ink.
HEADER = 2_450
# Words of a frame beside its operands and declared locals.
FRAME_WORDS = 4

# Subtract, and compare with the previous value: it grows when it wraps.
INLINE_SIZED: Template = (
    ("global.set", Hole.SCRATCH),
    ("global.get", Hole.GAS),
    ("global.get", Hole.GAS),
    ("global.get", Hole.SCRATCH),
    ("i64.extend_i32_u", 0),
    ("i64.const", Hole.AMOUNT),
    ("i64.mul", 0),
    ("i64.sub", 0),
    ("global.set", Hole.GAS),
    ("global.get", Hole.GAS),
    ("i64.lt_u", 0),
    *OUT_OF_GAS,
    ("global.get", Hole.SCRATCH),
)
CALL_HOOK: Template = (
    ("global.set", Hole.SCRATCH),
    ("global.get", Hole.SCRATCH),
    ("call", Hole.HOOK),
    ("global.get", Hole.SCRATCH),
)
# The counter goes down: at the limit of 0 it stays there.
ENTER_FRAME: Template = (
    ("global.get", Hole.HEIGHT),
    ("i32.const", Hole.AMOUNT),
    ("i32.le_u", 0),
    ("if", EMPTY_BLOCK_TYPE),
    ("i32.const", 0),
    ("global.set", Hole.HEIGHT),
    ("unreachable", 0),
    ("end", 0),
    ("global.get", Hole.HEIGHT),
    ("i32.const", Hole.AMOUNT),
    ("i32.sub", 0),
    ("global.set", Hole.HEIGHT),
)
LEAVE_FRAME: Template = (
    ("global.get", Hole.HEIGHT),
    ("i32.const", Hole.AMOUNT),
    ("i32.add", 0),
    ("global.set", Hole.HEIGHT),
)

BLOCK_ENDS = frozenset(
    {
        *("end", "else", "return", "loop", "if"),
        *("br", "br_if", "br_table", "call", "call_indirect"),
    }
)
STYLUS_METERING = Metering(
    name="stylus",
    version=1,
    blocks=BlockRule(
        ends=BLOCK_ENDS,
        counts_dead=True,
        header=HEADER,
        max_units=GREATEST_UNSIGNED,
        saturates=True,
    ),
    charge=ChargeShape(FLAGGED_CHARGE),
    sized=SizedRule(INLINE_SIZED, is_called=False),
    stack=StackRule(
        ENTER_FRAME,
        LEAVE_FRAME,
        frame=FRAME_WORDS,
        counts_params=False,
        is_wrapped=False,
        counts_down=True,
        operand_heights=count_operands,
    ),
    grow_hook=GrowHook("vm_hooks", "pay_for_memory_grow", CALL_HOOK),
    initial_work_is_free=True,
)
