"""Values on their way to wasmtime and back: every type, and both ends of its range."""

import ctypes
from typing import Any

import pytest

from contractvm.errors import InternalError
from contractvm.wasm.engines.wasmtime.values import (
    OpaqueReference,
    get_value,
    get_values,
    make_places,
    places_at,
    put_arguments,
    put_results,
    put_value,
)
from contractvm.wasm.structure.types import FuncType, ValType

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


@pytest.mark.parametrize(
    ("types", "result", "values"),
    [
        ((), None, ()),
        ((I32,), 5, (5,)),
        ((EXTERNREF,), None, (None,)),
        ((I32, I64), (5, 2**64 - 1), (5, 2**64 - 1)),
        ((I64, FUNCREF, I32), (7, None, 2**32 - 1), (7, None, 2**32 - 1)),
    ],
)
def test_results_are_none_or_one_or_a_tuple(
    types: tuple[ValType, ...], result: object, values: tuple[Any, ...]
) -> None:
    places = make_places(len(types) + 1)
    address = ctypes.addressof(places)
    put_results(address, result, FuncType((), types))
    assert get_values(address, types) == values
    assert len(places_at(address, len(types))) == len(types)


@pytest.mark.parametrize(
    ("types", "result", "reason"),
    [
        ((), 5, "a host func without results returned a value"),
        ((I32,), None, "None is not a value of type i32"),
        ((I32,), (5,), "is not a value of type i32"),
        ((I32, I64), None, "a host func must return a tuple of 2"),
        ((I32, I64), [5, 6], "a host func must return a tuple of 2"),
        ((I32, I64), (5,), "a host func must return a tuple of 2"),
        ((I32, I64), (5, 6, 7), "a host func must return a tuple of 2"),
    ],
)
def test_results_of_another_form_are_our_own_fault(
    types: tuple[ValType, ...], result: object, reason: str
) -> None:
    places = make_places(3)
    with pytest.raises(InternalError, match=reason):
        put_results(ctypes.addressof(places), result, FuncType((), types))
