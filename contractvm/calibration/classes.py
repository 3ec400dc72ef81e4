"""Classes of instructions that are priced alike, and the assumed cost of each.

An instruction belongs to one class. `supposed` are nanoseconds on a machine of 2026,
and only matter where the programs say little: the fit leans on them gently, so that no
price becomes zero because its instruction always occurs next to the same other.
"""

from dataclasses import dataclass

WIDTHS = ("i32", "i64")


@dataclass(frozen=True, slots=True)
class InstructionClass:
    """Instructions with one price; those with a size of their own are pieces."""

    name: str
    supposed: float
    mnemonics: tuple[str, ...]


def wide(text: str) -> tuple[str, ...]:
    """The mnemonics of both widths: `add` is i32.add and i64.add."""
    return tuple(f"{width}.{name}" for width in WIDTHS for name in text.split())


CLASSES = (
    InstructionClass("constant", 0.1, (*wide("const"), "f32.const", "f64.const")),
    InstructionClass("local.get", 0.12, ("local.get",)),
    InstructionClass("local.set", 0.2, ("local.set",)),
    InstructionClass("local.tee", 0.2, ("local.tee",)),
    InstructionClass("drop", 0.1, ("drop",)),
    InstructionClass("global", 0.8, ("global.get", "global.set")),
    InstructionClass("add and bits", 0.7, wide("add sub and or xor")),
    InstructionClass("shift", 0.7, wide("shl shr_s shr_u")),
    InstructionClass("rotate", 0.7, wide("rotl rotr")),
    InstructionClass("multiply", 0.8, wide("mul")),
    InstructionClass(
        "divide i32", 2.0, ("i32.div_s", "i32.div_u", "i32.rem_s", "i32.rem_u")
    ),
    InstructionClass(
        "divide i64", 2.5, ("i64.div_s", "i64.div_u", "i64.rem_s", "i64.rem_u")
    ),
    InstructionClass("count bits", 0.9, wide("clz ctz popcnt")),
    InstructionClass(
        "compare",
        0.7,
        (*wide("eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u"), "ref.is_null"),
    ),
    InstructionClass(
        "convert",
        0.7,
        (
            "i32.wrap_i64",
            "i64.extend_i32_s",
            *wide("extend8_s extend16_s"),
            "i64.extend32_s",
        ),
    ),
    InstructionClass(
        "reinterpret",
        0.05,
        (
            "i64.extend_i32_u",
            *("i32.reinterpret_f32", "i64.reinterpret_f64"),
            *("f32.reinterpret_i32", "f64.reinterpret_i64"),
        ),
    ),
    InstructionClass("select", 1.0, ("select", "select t")),
    InstructionClass(
        "load",
        0.8,
        (
            *wide("load load8_s load8_u load16_s load16_u"),
            *("i64.load32_s", "i64.load32_u", "f32.load", "f64.load"),
        ),
    ),
    InstructionClass(
        "store",
        0.8,
        (
            *wide("store store8 store16"),
            *("i64.store32", "f32.store", "f64.store"),
        ),
    ),
    InstructionClass("structure", 0.03, ("nop", "block", "end", "unreachable")),
    InstructionClass("loop", 0.3, ("loop",)),
    InstructionClass("if", 0.7, ("if",)),
    InstructionClass("else", 0.7, ("else",)),
    InstructionClass("br", 0.7, ("br",)),
    InstructionClass("br_if", 0.7, ("br_if",)),
    InstructionClass("br_table", 3.0, ("br_table",)),
    InstructionClass("return", 1.0, ("return",)),
    InstructionClass("call", 4.0, ("call",)),
    InstructionClass("call_indirect", 6.0, ("call_indirect",)),
)
CLASS_OF = {mnemonic: entry.name for entry in CLASSES for mnemonic in entry.mnemonics}
