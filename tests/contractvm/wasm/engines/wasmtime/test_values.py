"""Values on their way to wasmtime and back: every type, and both ends of its range."""

import ctypes
from typing import Any

import pytest

from contractvm.errors import InternalError
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.wasmtime.engine import WasmtimeEngine
from contractvm.wasm.engines.wasmtime.values import (
    OpaqueReference,
    get_value,
    get_values,
    make_places,
    put_arguments,
    put_value,
)
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wat import wat_to_module

I32, I64, F32, F64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64
FUNCREF, EXTERNREF = ValType.FUNCREF, ValType.EXTERNREF


@pytest.mark.parametrize(
    ("val_type", "bits"), [(I32, 32), (F32, 32), (I64, 64), (F64, 64)]
)
def test_numbers_are_unsigned_and_floats_are_bits(val_type: ValType, bits: int) -> None:
    (place,) = make_places(1)
    for value in (0, 1, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1):
        put_value(place, value, val_type)
        assert get_value(place, val_type) == value
    for wrong in (2**bits, -1, None, 1.0, "1"):
        with pytest.raises(
            InternalError, match=f"is not a value of type {val_type.text}"
        ):
            put_value(place, wrong, val_type)


def test_kinds_are_those_of_wasmtime() -> None:
    places = make_places(6)
    for place, val_type in zip(
        places, (I32, I64, F32, F64, FUNCREF, EXTERNREF), strict=True
    ):
        put_value(place, None if val_type.is_reference else 5, val_type)
    assert [place.kind for place in places] == [0, 1, 2, 3, 5, 6]


@pytest.mark.parametrize("val_type", [FUNCREF, EXTERNREF])
def test_only_null_references_go_in(val_type: ValType) -> None:
    (place,) = make_places(1)
    ctypes.memset(ctypes.byref(place), 0xFF, ctypes.sizeof(place))
    assert get_value(place, val_type) is OpaqueReference.REFERENCE
    put_value(place, None, val_type)
    assert get_value(place, val_type) is None
    for wrong in (0, OpaqueReference.REFERENCE):
        with pytest.raises(InternalError, match="only null references"):
            put_value(place, wrong, val_type)


def test_arguments_are_as_many_as_the_type_says() -> None:
    places = put_arguments([5, 6], FuncType((I32, I64), ()))
    address = ctypes.addressof(places)
    assert get_values(address, (I32, I64)) == (5, 6)
    assert len(put_arguments([], FuncType((), ()))) == 0
    for wrong in ([], [5], [5, 6, 7]):
        reason = f"{len(wrong)} arguments for a func of the type"
        with pytest.raises(InternalError, match=reason):
            put_arguments(wrong, FuncType((I32, I64), ()))


def through_a_host_func(types: tuple[ValType, ...], result: object) -> Any:
    """What code gets from a host func of these results that returned `result`."""
    shown = "".join(f" (result {one.text})" for one in types)
    module = wat_to_module(
        f'(module (import "env" "f" (func $f{shown}))'
        f' (func (export "go"){shown} (call $f)))'
    )
    engine = WasmtimeEngine()
    heights = validate_module(module).operand_heights
    func = HostFunc(FuncType((), types), lambda: result)
    instance = engine.instantiate(
        engine.compile(module, heights), {("env", "f"): func}, max_memory_pages=1
    )
    return instance.start("go").resume()


@pytest.mark.parametrize(
    ("types", "result", "values"),
    [
        ((), None, ()),
        ((I32,), 5, (5,)),
        ((EXTERNREF,), None, (None,)),
        ((I32, I64), (5, 2**64 - 1), (5, 2**64 - 1)),
        ((I32,), 2**32 - 1, (2**32 - 1,)),
        ((F32,), 0x7FC0_0001, (0x7FC0_0001,)),
        ((F64,), 2**64 - 1, (2**64 - 1,)),
        ((I64, FUNCREF, I32), (7, None, 2**32 - 1), (7, None, 2**32 - 1)),
    ],
)
def test_results_are_none_or_one_or_a_tuple(
    types: tuple[ValType, ...], result: object, values: tuple[Any, ...]
) -> None:
    assert through_a_host_func(types, result) == values


@pytest.mark.parametrize(
    ("types", "result", "reason"),
    [
        ((), 5, "a host func without results returned a value"),
        ((I32,), None, "None is not a value of type i32"),
        ((I32,), (5,), "is not a value of type i32"),
        ((I32,), 2**32, "4294967296 is not a value of type i32"),
        ((I32,), -1, "-1 is not a value of type i32"),
        ((F32,), 2**32, "4294967296 is not a value of type f32"),
        ((I64,), 2**64, "18446744073709551616 is not a value of type i64"),
        ((I64,), -(2**63), "is not a value of type i64"),
        ((F64,), 2**64, "is not a value of type f64"),
        ((F64,), 1.0, "1.0 is not a value of type f64"),
        ((FUNCREF,), 0, "only null references go into this engine"),
        ((EXTERNREF,), "text", "only null references go into this engine"),
        ((I32, I64), (5, -1), "-1 is not a value of type i64"),
        ((I32, I64), None, "a host func must return a tuple of 2"),
        ((I32, I64), [5, 6], "a host func must return a tuple of 2"),
        ((I32, I64), (5,), "a host func must return a tuple of 2"),
        ((I32, I64), (5, 6, 7), "a host func must return a tuple of 2"),
    ],
)
def test_results_of_another_form_are_our_own_fault(
    types: tuple[ValType, ...], result: object, reason: str
) -> None:
    with pytest.raises(InternalError, match=reason):
        through_a_host_func(types, result)


@pytest.mark.parametrize("value", [0, 1, 2**31, 2**32 - 1])
def test_a_host_func_gets_numbers_unsigned_and_references_opaque(value: int) -> None:
    module = wat_to_module(
        """(module
        (import "env" "f"
          (func $f (param i32 i64 f32 f64 funcref funcref externref)))
        (elem declare func $go)
        (func $go (export "go") (param i32)
          (call $f (local.get 0) (i64.extend_i32_s (local.get 0))
            (f32.reinterpret_i32 (local.get 0))
            (f64.reinterpret_i64 (i64.extend_i32_s (local.get 0)))
            (ref.null func) (ref.func $go) (ref.null extern))))"""
    )
    engine = WasmtimeEngine()
    seen: list[Any] = []
    params = (I32, I64, F32, F64, FUNCREF, FUNCREF, EXTERNREF)
    func = HostFunc(FuncType(params, ()), lambda *values: seen.append(values))
    instance = engine.instantiate(
        engine.compile(module, validate_module(module).operand_heights),
        {("env", "f"): func},
        max_memory_pages=1,
    )
    instance.start("go", value).resume()
    wide = value if value < 2**31 else value + 2**64 - 2**32
    assert seen == [(value, wide, value, wide, None, OpaqueReference.REFERENCE, None)]
