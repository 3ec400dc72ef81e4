"""Float instructions, each measured alone; those of one group share the greatest price.

Where NaNs are made canonical, that is part of the time. Constants, loads, stores and
reinterpretations belong to the classes of the integers.
"""

from collections.abc import Iterator

from contractvm.calibration.pieces import Piece
from contractvm.wasm.structure.opcodes import OPCODES, OpcodeInfo

OPERATIONS = {
    "float compare": ("eq", "ne", "lt", "gt", "le", "ge"),
    "float sign": ("abs", "neg", "copysign"),
    "float add": ("add", "sub"),
    "float multiply": ("mul",),
    "float divide": ("div",),
    "float root": ("sqrt",),
    "float choice": ("min", "max"),
    "float round": ("ceil", "floor", "trunc", "nearest"),
    "float width": ("demote_f64", "promote_f32"),
    "float from integer": tuple(
        f"convert_{width}_{sign}" for width in ("i32", "i64") for sign in "su"
    ),
    "float to integer": tuple(
        f"{cut}_{width}_{sign}"
        for cut in ("trunc", "trunc_sat")
        for width in ("f32", "f64")
        for sign in "su"
    ),
}
GROUP_OF = {name: group for group, names in OPERATIONS.items() for name in names}
# The local that takes a result and is the first operand, and what else is an operand.
LOCALS = {"i32": ("$x", "$x"), "i64": ("$u", "$v"), "f32": ("$s", "$t")}
LOCALS |= {"f64": ("$d", "$e")}
# Arithmetic that some processors do slowly on numbers close to zero.
SLOW_NEAR_ZERO = frozenset({"add", "mul", "div", "sqrt"})


def group_of(info: OpcodeInfo) -> str | None:
    """The group of a row of the opcode table; None where another class has it."""
    val_type, _, operation = info.mnemonic.partition(".")
    types = [*(info.params or ()), *(info.results or ())]
    if val_type in LOCALS and any(entry.is_float for entry in types):
        return GROUP_OF.get(operation)
    return None


GROUPS = {
    info.mnemonic: group for info in OPCODES if (group := group_of(info)) is not None
}


def float_pieces() -> Iterator[Piece]:
    """A piece for each instruction, and one near zero where that may be slower."""
    for info in OPCODES:
        if info.mnemonic not in GROUPS or not info.params or not info.results:
            continue
        place = LOCALS[info.results[0].text][0]
        kind = info.params[0].text
        first, second = LOCALS[kind]
        is_chained = kind == info.results[0].text
        operands = [first if is_chained else second, second][: len(info.params)]
        read = " ".join(f"(local.get {name})" for name in operands)
        yield Piece(info.mnemonic, f"(local.set {place} ({info.mnemonic} {read}))")
        if info.mnemonic.partition(".")[2] in SLOW_NEAR_ZERO:
            least = f"({kind}.const 0x1p-{130 if kind == 'f32' else 1030})"
            near = " ".join([least] * len(info.params))
            yield Piece(
                near_zero(info.mnemonic),
                f"(local.set {place} ({info.mnemonic} {near}))",
            )


def near_zero(mnemonic: str) -> str:
    """The name of an instruction's piece on numbers close to zero."""
    return f"{mnemonic}: near zero"
