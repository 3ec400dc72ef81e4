"""Raw results of host functions, values of guests, and gas that a function charges."""

from types import SimpleNamespace
from typing import Any

import pytest

from contractvm.errors import LimitExceeded
from contractvm.guests.frame import CallCounter, Context
from contractvm.guests.host_functions import _raw_results, _unpacked
from contractvm.guests.instance import _number
from contractvm.wasm.structure.types import FuncType, ValType

I32, I64, F32, F64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64


@pytest.mark.parametrize(
    ("results", "value", "expected"),
    [
        ((), None, ()),
        ((), (), ()),
        ((I32,), 0, (0,)),
        ((I32,), 2**32 - 1, (2**32 - 1,)),
        ((F32,), (2**32 - 1,), (2**32 - 1,)),
        ((I64,), 2**64 - 1, (2**64 - 1,)),
        ((F64, I32), (2**64 - 1, 1), (2**64 - 1, 1)),
    ],
)
def test_results_that_fit(
    results: tuple[ValType, ...], value: Any, expected: tuple[int, ...]
) -> None:
    assert _raw_results(FuncType((), results), value) == expected


@pytest.mark.parametrize(
    ("results", "value", "error"),
    [
        ((), 1, TypeError),
        ((I32,), None, TypeError),
        ((I32,), (1, 2), TypeError),
        ((I32,), True, TypeError),
        ((I32,), "1", TypeError),
        ((I32,), -1, ValueError),
        ((I32,), 2**32, ValueError),
        ((F32,), 2**32, ValueError),
        ((I64,), 2**64, ValueError),
        ((I64,), -1, ValueError),
        ((F64, I32), (0, 2**32), ValueError),
    ],
)
def test_results_that_do_not_fit(
    results: tuple[ValType, ...], value: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        _raw_results(FuncType((), results), value)


def test_results_as_an_engine_takes_them() -> None:
    assert _unpacked(()) is None
    assert _unpacked((0,)) == 0
    assert _unpacked((1, 2)) == (1, 2)


def test_a_reference_has_no_conversion() -> None:
    with pytest.raises(TypeError, match="no conversion for values of type FUNCREF"):
        _number(ValType.FUNCREF)


def test_a_function_charges_gas_in_units_and_never_less_than_none() -> None:
    charged: list[int] = []
    meter = SimpleNamespace(charge=charged.append, to_units=lambda gas: 10 * gas)
    frame: Any = SimpleNamespace(meter=meter)
    context = Context(frame)
    context.charge(0)
    context.charge(3)
    with pytest.raises(ValueError, match="gas is -1, below 0"):
        context.charge(-1)
    assert charged == [0, 30]


def test_calls_are_counted_by_name_up_to_the_limit() -> None:
    counter = CallCounter(3)
    assert counter.last_call == ""
    for name in ("a", "b", "a"):
        counter.count_call(name)
    with pytest.raises(LimitExceeded) as caught:
        counter.count_call("c")
    assert (caught.value.which, caught.value.limit) == ("host_calls", 3)
    assert (counter.host_calls, counter.last_call) == ({"a": 2, "b": 1}, "a")
