"""Calls of wasmtime with values as bits, below its Python interface.

That interface asks for the types at each call, which takes most of a short call's time,
and gives f32 as a Python float, which quiets signalling NaNs.
"""

import ctypes
from collections.abc import Sequence
from typing import Any

import wasmtime
from wasmtime import _ffi as ffi
from wasmtime._func import enter_wasm

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


def put(store: wasmtime.Store, place: Any, value: Any, val_type: ValType) -> None:
    """Write a value: bits of a number, or an object for a reference."""
    if val_type.is_reference:
        made = (
            wasmtime.Val.externref(value)
            if val_type is ValType.EXTERNREF
            else wasmtime.Val.funcref(value)
        )
        # Its memory is copied, its root with it.
        ctypes.memmove(
            ctypes.byref(place),
            ctypes.byref(made._new_raw(store)),
            ctypes.sizeof(ffi.wasmtime_val_t),
        )
        return
    place.kind = KINDS[val_type]
    if val_type in NARROW:
        place.of.i32 = value
    else:
        place.of.i64 = value


def got(store: wasmtime.Store, place: Any, val_type: ValType) -> Any:
    """A value as `put` takes it."""
    if val_type.is_reference:
        return wasmtime.Val._from_raw(store, place).value
    if val_type in NARROW:
        return place.of.i32 & 0xFFFF_FFFF
    return place.of.i64 & 0xFFFF_FFFF_FFFF_FFFF


def call(
    store: wasmtime.Store,
    func: wasmtime.Func,
    func_type: FuncType,
    arguments: Sequence[Any],
) -> list[Any]:
    """The results; raises as the Python interface does."""
    params = (ffi.wasmtime_val_t * len(arguments))()
    for place, value, val_type in zip(params, arguments, func_type.params, strict=True):
        put(store, place, value, val_type)
    results = (ffi.wasmtime_val_t * len(func_type.results))()
    try:
        with enter_wasm(store) as trap:
            error = ffi.wasmtime_func_call(
                store._context(),
                ctypes.byref(func._func),
                params,
                len(params),
                results,
                len(results),
                trap,
            )
            if error:
                raise wasmtime.WasmtimeError._from_ptr(error)
    finally:
        for place, val_type in zip(params, func_type.params, strict=True):
            if val_type.is_reference:
                ffi.wasmtime_val_unroot(ctypes.byref(place))
    return [
        got(store, place, val_type)
        for place, val_type in zip(results, func_type.results, strict=True)
    ]


def set_global(
    store: wasmtime.Store, cell: wasmtime.Global, value: int, val_type: ValType
) -> None:
    """Set a global of a number type."""
    place = ffi.wasmtime_val_t()
    put(store, place, value, val_type)
    error = ffi.wasmtime_global_set(
        store._context(), ctypes.byref(cell._global), ctypes.byref(place)
    )
    if error:
        raise wasmtime.WasmtimeError._from_ptr(error)


def get_global(store: wasmtime.Store, cell: wasmtime.Global, val_type: ValType) -> Any:
    """The value of a global."""
    place = ffi.wasmtime_val_t()
    ffi.wasmtime_global_get(
        store._context(), ctypes.byref(cell._global), ctypes.byref(place)
    )
    return got(store, place, val_type)
