"""Values in scripts, and the results that they accept."""

from functools import lru_cache
from typing import Any

from contractvm.errors import ContractVmError

Described = dict[str, Any]  # a value as the converter describes it

WIDTHS = {"i32": 32, "f32": 32, "i64": 64, "f64": 64}
CANONICAL_NAN = {"f32": 0x7FC0_0000, "f64": 0x7FF8_0000_0000_0000}


class UnknownValue(ContractVmError):
    """A value of a type that this engine does not support."""

    def __init__(self, type_name: str) -> None:
        super().__init__(f"a value of type {type_name}")
        self.type_name = type_name


@lru_cache(maxsize=1024)
def extern_value(number: str) -> tuple[str, str]:
    """The object that stands for `(ref.extern number)`."""
    return ("extern", number)


def parse_value(described: Described) -> object:
    """An argument as the engine takes it: unsigned, floats as their bits."""
    type_name, text = described["type"], described.get("value")
    if type_name in WIDTHS and isinstance(text, str):
        return int(text) & ((1 << WIDTHS[type_name]) - 1)
    if text == "null" or type_name == "refnull":
        return None
    if type_name == "externref" and isinstance(text, str):
        return extern_value(text)
    raise UnknownValue(type_name)


def results_match(results: tuple[object, ...], expected: list[Described]) -> bool:
    """True if every result is what the script wants."""
    return len(results) == len(expected) and all(
        _matches(value, wanted) for value, wanted in zip(results, expected, strict=True)
    )


def _matches(value: object, wanted: Described) -> bool:
    type_name, text = wanted["type"], wanted.get("value")
    if type_name == "either":
        return any(_matches(value, one) for one in wanted["values"])
    if text in ("nan:canonical", "nan:arithmetic"):
        return isinstance(value, int) and _is_nan(value, type_name, text)
    if text is None and type_name in ("funcref", "externref"):
        return value is not None  # any reference of that type
    return value == parse_value(wanted)


def _is_nan(bits: int, type_name: str, pattern: str) -> bool:
    """True for the canonical NaN of either sign; an arithmetic one may add payload."""
    canonical = CANONICAL_NAN[type_name]
    if pattern == "nan:canonical":
        sign = 1 << (WIDTHS[type_name] - 1)
        return bits & ~sign == canonical
    return bits & canonical == canonical


def describe_results(results: tuple[object, ...]) -> str:
    """For a message; floats are shown as bits, as the converter shows them."""
    return f"({', '.join(map(str, results))})"


def describe_expected(expected: list[Described]) -> str:
    """For a message."""
    return f"({', '.join(map(_describe, expected))})"


def _describe(wanted: Described) -> str:
    if wanted["type"] == "either":
        return " or ".join(map(_describe, wanted["values"]))
    return f"{wanted['type']} {wanted.get('value', 'any')}"
