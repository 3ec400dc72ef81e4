"""Templates of injected code: what instrumentation writes and the interpreter fuses.

The interpreter runs each of these sequences as one operation, so both use this file:
`metering` renders the templates, the interpreter's matcher reads them. Any change to
one must raise INSTRUMENTATION_VERSION.
"""

from enum import Enum


class Hole(Enum):
    """An immediate that a template leaves open.

    All are indices but AMOUNT (what is charged, or a frame's height) and LIMIT.
    """

    AMOUNT = 0
    GAS = 1  # the global that holds the gas left
    LOCAL = 2  # the local that holds the gas left too, or a float
    HEIGHT = 3  # the global that holds the stack height
    LIMIT = 4  # the greatest stack height
    STATUS = 5  # the global that says that gas ran out
    SCRATCH = 6  # a global that holds an operand for a moment
    HOOK = 7  # the func to call before memory grows

    # That of Enum is written in Python.
    __hash__ = object.__hash__


# Mnemonic and first immediate of each instruction, 0 where it has none.
Template = tuple[tuple[str, int | Hole], ...]

EMPTY_BLOCK_TYPE = -64

TRAP_IF: Template = (("if", EMPTY_BLOCK_TYPE), ("unreachable", 0), ("end", 0))

SUBTRACT: Template = (
    ("i64.sub", 0),
    ("global.set", Hole.GAS),
    ("global.get", Hole.GAS),
    ("i64.const", 0),
    ("i64.lt_s", 0),
    *TRAP_IF,
)

# A charge: subtract the amount, and trap below zero.
CHARGE: Template = (
    ("global.get", Hole.GAS),
    ("i64.const", Hole.AMOUNT),
    *SUBTRACT,
)

# Compare first: a counter that is too low stays unchanged, and a status says so.
OUT_OF_GAS: Template = (
    ("if", EMPTY_BLOCK_TYPE),
    ("i32.const", 1),
    ("global.set", Hole.STATUS),
    ("unreachable", 0),
    ("end", 0),
)
FLAGGED_CHARGE: Template = (
    ("global.get", Hole.GAS),
    ("i64.const", Hole.AMOUNT),
    ("i64.lt_u", 0),
    *OUT_OF_GAS,
    ("global.get", Hole.GAS),
    ("i64.const", Hole.AMOUNT),
    ("i64.sub", 0),
    ("global.set", Hole.GAS),
)

STORE_LOCAL: Template = (("local.get", Hole.LOCAL), ("global.set", Hole.GAS))

# The same where a local holds the counter too: both hold what is left.
LOCAL_CHARGE: Template = (
    ("local.get", Hole.LOCAL),
    ("i64.const", Hole.AMOUNT),
    ("i64.sub", 0),
    ("local.tee", Hole.LOCAL),
    ("i64.const", 0),
    ("i64.lt_s", 0),
    ("if", EMPTY_BLOCK_TYPE),
    *STORE_LOCAL,
    ("unreachable", 0),
    ("end", 0),
    *STORE_LOCAL,
)

# The counter into the local: at a func's start, and after each call.
LOCAL_LOAD: Template = (("global.get", Hole.GAS), ("local.set", Hole.LOCAL))

# The body of a func that charges the amount times its i32 argument, and returns it.
# The product of a 32-bit count and a price below 2^31 stays below 2^63.
SIZED_CHARGER: Template = (
    ("global.get", Hole.GAS),
    ("local.get", 0),
    ("i64.extend_i32_u", 0),
    ("i64.const", Hole.AMOUNT),
    ("i64.mul", 0),
    *SUBTRACT,
    ("local.get", 0),
    ("end", 0),
)

# After an instruction that may make a NaN: the canonical one instead. Only a NaN is not
# equal to itself.
CANONICAL_F32: Template = (
    ("local.tee", Hole.LOCAL),
    ("f32.const", 0x7FC0_0000),
    ("local.get", Hole.LOCAL),
    ("local.get", Hole.LOCAL),
    ("f32.eq", 0),
    ("select", 0),
)
CANONICAL_F64: Template = (
    ("local.tee", Hole.LOCAL),
    ("f64.const", 0x7FF8 << 48),
    ("local.get", Hole.LOCAL),
    ("local.get", Hole.LOCAL),
    ("f64.eq", 0),
    ("select", 0),
)

# At a func's entry: add the frame's height, and trap above the limit.
STACK_ENTER: Template = (
    ("global.get", Hole.HEIGHT),
    ("i32.const", Hole.AMOUNT),
    ("i32.add", 0),
    ("global.set", Hole.HEIGHT),
    ("global.get", Hole.HEIGHT),
    ("i32.const", Hole.LIMIT),
    ("i32.gt_u", 0),
    *TRAP_IF,
)

# At its exit: subtract the frame's height.
STACK_LEAVE: Template = (
    ("global.get", Hole.HEIGHT),
    ("i32.const", Hole.AMOUNT),
    ("i32.sub", 0),
    ("global.set", Hole.HEIGHT),
)
