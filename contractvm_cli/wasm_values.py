"""Wasm integers as text: arguments on the command line, results on stdout."""

import re
from typing import Any

from contractvm.wasm.structure.types import ValType
from contractvm_cli.failures import CommandFailed

# Room for 64 bits and some zeros.
INTEGER = re.compile(r"-?([0-9]{1,80}|0x[0-9a-fA-F]{1,80})")
BITS = {ValType.I32: 32, ValType.I64: 64}


def parse_wasm_value(val_type: ValType, text: str, position: int) -> int:
    """The unsigned value of an argument; CommandFailed names it by its position."""
    bits = BITS.get(val_type)
    if bits is None:
        raise CommandFailed(
            f"argument {position} is a {val_type.text}: only i32 and i64 can be given"
        )
    if not INTEGER.fullmatch(text):
        raise CommandFailed(
            f"argument {position} must be an {val_type.text}: {text!r} is not an"
            " integer, decimal or 0x"
        )
    number = int(text, 16 if "0x" in text else 10)
    if not -(1 << bits - 1) <= number < 1 << bits:
        raise CommandFailed(
            f"argument {position} must be an {val_type.text}: {text} does not fit"
            f" in {bits} bits"
        )
    return number % (1 << bits)


def signed(val_type: ValType, value: int) -> int:
    """The value as a two's complement number."""
    bits = BITS[val_type]
    return value - (1 << bits) if value >> bits - 1 else value


def value_document(val_type: ValType, value: Any) -> dict[str, Any]:
    """A result for JSON; references have no value outside the module."""
    if val_type not in BITS:
        return {"type": val_type.text, "value": None, "signed": None}
    return {"type": val_type.text, "value": value, "signed": signed(val_type, value)}


def value_text(val_type: ValType, value: Any) -> str:
    """A result as text."""
    if val_type not in BITS:
        return f"{val_type.text} {'null' if value is None else 'reference'}"
    number = signed(val_type, value)
    shown = f"{val_type.text} {value}"
    return shown if number == value else f"{shown} (signed {number})"
