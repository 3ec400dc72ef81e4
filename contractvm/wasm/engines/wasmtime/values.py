"""Conversion of values between Python and wasmtime: unsigned ints, floats as bits."""

import ctypes
from collections.abc import Sequence
from ctypes import byref
from enum import Enum
from typing import Any

from wasmtime import _ffi as ffi

from contractvm.errors import InternalError
from contractvm.wasm.structure.types import FuncType, ValType

KINDS = {
    ValType.I32: ffi.WASMTIME_I32.value,
    ValType.I64: ffi.WASMTIME_I64.value,
    ValType.F32: ffi.WASMTIME_F32.value,
    ValType.F64: ffi.WASMTIME_F64.value,
    ValType.FUNCREF: ffi.WASMTIME_FUNCREF.value,
    ValType.EXTERNREF: ffi.WASMTIME_EXTERNREF.value,
}
NARROW = (ValType.I32, ValType.F32)


def kinds_of(val_types: Sequence[ValType]) -> bytes:
    """wasmtime's kinds of values of these types, a byte for each."""
    return bytes(KINDS[val_type] for val_type in val_types)


def make_places(count: int) -> Any:
    """A buffer for values in wasmtime's layout."""
    return (ffi.wasmtime_val_t * count)()


def places_at(address: int, count: int) -> Any:
    """The values in a buffer of wasmtime's."""
    return (ffi.wasmtime_val_t * count).from_address(address) if count else ()


class OpaqueReference(Enum):
    """A reference as Python sees it, opaque."""

    REFERENCE = "reference"


def put_value(place: Any, value: object, val_type: ValType) -> None:
    """Write a number, or None for a null reference; InternalError for a wrong type."""
    if val_type.is_reference:
        if value is not None:
            raise InternalError("only null references go into this engine")
        ctypes.memset(byref(place), 0, ctypes.sizeof(place))
        place.kind = KINDS[val_type]
        return
    width = 32 if val_type in NARROW else 64
    if not isinstance(value, int) or value >> width:
        raise InternalError(f"{value!r} is not a value of type {val_type.text}")
    place.kind = KINDS[val_type]
    # The union's members begin at one place; ctypes cuts to the width, without a check.
    if width == 32:
        place.of.i32 = value
    else:
        place.of.i64 = value


def get_value(place: Any, val_type: ValType) -> int | OpaqueReference | None:
    """Read a number, or whether a reference is null."""
    if val_type in NARROW:
        return int(place.of.i32) & 0xFFFF_FFFF
    if val_type.is_reference:
        is_func = val_type is ValType.FUNCREF
        reference = place.of.funcref if is_func else place.of.externref
        return OpaqueReference.REFERENCE if reference.store_id else None
    return int(place.of.i64) & 0xFFFF_FFFF_FFFF_FFFF


def put_arguments(arguments: Sequence[object], func_type: FuncType) -> Any:
    """The arguments of a call in a new buffer."""
    if len(arguments) != len(func_type.params):
        raise InternalError(
            f"{len(arguments)} arguments for a func of the type {func_type}"
        )
    places = make_places(len(arguments))
    for index, val_type in enumerate(func_type.params):
        put_value(places[index], arguments[index], val_type)
    return places


def get_values(
    address: int, val_types: Sequence[ValType]
) -> tuple[int | OpaqueReference | None, ...]:
    """The values at an address, in order."""
    places = places_at(address, len(val_types))
    return tuple(
        get_value(places[index], val_type) for index, val_type in enumerate(val_types)
    )
