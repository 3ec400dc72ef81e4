"""The classes in which a report adds up instructions, derived from the opcode table."""

from contractvm.wasm.structure.opcodes import OPCODES, Feature, Immediate, OpcodeInfo
from gas_schedule.file_format import SIZED_BY_BYTE, SIZED_BY_ELEMENT

COMPARISONS = ("eqz", "eq", "ne", "lt", "gt", "le", "ge")
DIVISIONS = ("div", "rem")
# By the part before the dot; the numeric types have rules of their own.
BY_PREFIX = {
    "local": "variables",
    "global": "variables",
    "table": "tables",
    "elem": "tables",
    "memory": "memory size and bulk",
    "data": "memory size and bulk",
    "ref": "references",
}


def instruction_class(mnemonic: str) -> str:
    """The class of an instruction, as reports name it."""
    return CLASSES[mnemonic]


def classify(info: OpcodeInfo) -> str:
    """The class of a row of the opcode table."""
    prefix, dot, operation = info.mnemonic.partition(".")
    if not dot:
        return classify_plain(info)
    if prefix in BY_PREFIX:
        return BY_PREFIX[prefix]
    if info.immediate is Immediate.MEM_ARG:
        return "memory loads" if info.results else "memory stores"
    return classify_numeric(info, prefix, operation.partition("_")[0])


def classify_numeric(info: OpcodeInfo, val_type: str, stem: str) -> str:
    """The class of an instruction on numbers; `stem` is its name without a sign."""
    if not info.params:
        return "constants"
    if stem in COMPARISONS:
        return f"{info.params[0].text} comparisons"
    if info.params[0:1] != info.results or info.feature is Feature.SIGN_EXTENSION:
        return "conversions"
    if stem in DIVISIONS and val_type in ("i32", "i64"):
        return f"{val_type} divisions"
    return f"{val_type} arithmetic"


def classify_plain(info: OpcodeInfo) -> str:
    """The class of an instruction without a dot in its name."""
    if info.immediate in (Immediate.FUNC, Immediate.TYPE_TABLE):
        return "calls"
    if info.mnemonic.startswith(("drop", "select")):
        return "parametric"
    return "control"


CLASSES = {info.mnemonic: classify(info) for info in OPCODES}
CLASS_ORDER = tuple(dict.fromkeys(CLASSES[info.mnemonic] for info in OPCODES))


def size_name(mnemonic: str) -> str:
    """What a sized instruction counts, as reports name it."""
    if mnemonic in SIZED_BY_BYTE:
        return f"{mnemonic} bytes"
    return f"{mnemonic} {'elements' if mnemonic in SIZED_BY_ELEMENT else 'pages'}"
