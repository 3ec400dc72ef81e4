"""Host functions of guests: types from annotations, charges, hostile arguments."""

import math
from dataclasses import dataclass
from typing import Any

import pytest

from contractvm.errors import TrapCode
from contractvm.guests.conversions import F32, I32, U32, U64
from contractvm.guests.errors import GuestError
from contractvm.guests.frame import Context
from contractvm.guests.host_functions import HostFunctionSpec, host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import (
    HostFailed,
    LimitReached,
    RanOutOfGas,
    Returned,
    Trapped,
)
from contractvm.hosts.interface import func_type
from tests.helpers.guest_programs import UNITS_PER_GAS, load

CALL = 20
TEXT = """(import "env" "f" (func $f (param i32 i32) (result i32)))
  (import "guests" "take" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "{data}")
  (func (export "go") (param i32 i32) (result i32)
    (call $f (local.get 0) (local.get 1)))
  (func (export "take") (param i32 i32) (result i32)
    (call $take (local.get 0) (local.get 1)))
  (func (export "byte") (param i32) (result i32) (i32.load8_u (local.get 0)))"""


@dataclass
class Point:
    x: int
    y: int


def number(function: Any, kind: str, result: str, engine: str, argument: Any) -> Any:
    """What an export gives that passes its argument to a host function and back."""
    source = f"""(import "env" "f" (func $f (param {kind}) (result {result})))
      (func (export "go") (param {kind}) (result {result}) (call $f (local.get 0)))"""
    return load(source, [host_function(function, name="f")], engine).run(
        "go", (argument,)
    )


@pytest.mark.parametrize(
    ("annotation", "kind", "values"),
    [
        (int, "i64", (0, -1, 2**63 - 1, -(2**63))),
        (I32, "i32", (0, -1, 2**31 - 1, -(2**31))),
        (U32, "i32", (0, 1, 2**31, 2**32 - 1)),
        (U64, "i64", (0, 2**63, 2**64 - 1)),
        (bool, "i32", (False, True)),
        (float, "f64", (0.0, -1.5, 1e300, math.inf)),
        (F32, "f32", (0.0, -1.5, 3.4028234663852886e38, -math.inf)),
    ],
)
def test_numbers_cross_the_border_unchanged(
    annotation: Any, kind: str, values: tuple[Any, ...], engine: str
) -> None:
    for value in values:
        seen = []

        def same(given: Any, value: Any = value, seen: list[Any] = seen) -> Any:
            seen.append(given)
            return value

        same.__annotations__ = {"given": annotation, "return": annotation}
        same.__defaults__ = None
        spec = spec_of(annotation, value, seen)
        source = f"""(import "env" "f" (func $f (param {kind}) (result {kind})))
          (func (export "go") (result {kind})
            (call $f (call $f ({kind}.const 0))))"""
        result = load(source, [spec], engine).run("go")
        assert seen[1] == value
        assert type(seen[1]) is type(value)
        wasm = {"i32": 32, "i64": 64}.get(kind)
        if wasm is None:
            assert result.value == value
        else:
            assert result.value % 2**wasm == int(value) % 2**wasm


def spec_of(annotation: Any, value: Any, seen: list[Any]) -> HostFunctionSpec:
    def f(given: Any) -> Any:
        seen.append(given)
        return value

    f.__annotations__ = {"given": annotation, "return": annotation}
    spec: HostFunctionSpec = host_function(f)
    return spec


def test_nans_are_canonical_in_both_directions(engine: str) -> None:
    seen = []

    @host_function
    def f(given: float) -> float:
        seen.append(given)
        return -math.nan

    source = """(import "env" "f" (func $f (param f64) (result f64)))
      (func (export "go") (result i64)
        (i64.reinterpret_f64 (call $f (f64.reinterpret_i64
          (i64.const 0xfff8000000000123)))))"""
    result = load(source, [f], engine).run("go")
    assert math.isnan(seen[0])
    assert math.copysign(1, seen[0]) == 1
    assert result.value == 0x7FF8_0000_0000_0000


def test_text_is_read_once_and_the_answer_taken_once(engine: str) -> None:
    @host_function
    def f(text: str) -> str:
        return text[::-1]

    guest = load(TEXT.format(data="h\\c3\\a9llo"), [f], engine)
    with guest.instance() as instance:
        said = instance.call("go", 0, 6)
        assert said.value == 6
        assert said.units_by_host == (CALL + 1 + 1) * UNITS_PER_GAS
        assert instance.call("take", 100, 2).value == 4
        rest = instance.call("take", 102, 99)
        assert (rest.value, rest.units_by_host) == (0, (CALL + 1) * UNITS_PER_GAS)
        assert instance.call("take", 102, 99).value == 0
        found = bytes(instance.call("byte", 100 + at).value for at in range(6))
        assert found.decode() == "olléh"


def test_an_answer_that_is_not_taken_is_dropped(engine: str) -> None:
    @host_function
    def f(data: bytes) -> bytes:
        return data

    with load(TEXT.format(data="abc"), [f], engine).instance() as instance:
        assert instance.call("go", 0, 3).value == 3
        assert instance.call("go", 0, 1).value == 1
        assert instance.call("take", 0, 99).value == 0


@pytest.mark.parametrize(
    ("annotation", "sent", "seen", "answered"),
    [
        (dict, '{"b": [1, 2.5], "a": null}', {"b": [1, 2.5], "a": None}, None),
        (list[int], "[3, 4]", [3, 4], None),
        (Point, '{"x": 1, "y": -2}', Point(1, -2), '{"x":1,"y":-2}'),
    ],
)
def test_json_is_decoded_strictly_and_written_without_spaces(
    annotation: Any, sent: str, seen: Any, answered: str | None, engine: str
) -> None:
    given = []

    def f(value: Any) -> Any:
        given.append(value)
        return value

    f.__annotations__ = {"value": annotation, "return": annotation}
    guest = load(TEXT.format(data=sent.replace('"', '\\"')), [host_function(f)], engine)
    with guest.instance() as instance:
        length = instance.call("go", 0, len(sent)).value
        assert given == [seen]
        if answered is not None:
            assert length == len(answered)
            instance.call("take", 200, length)
            found = bytes(instance.call("byte", 200 + at).value for at in range(length))
            assert found.decode() == answered


@pytest.mark.parametrize(
    ("annotation", "data", "reason"),
    [
        (str, "\\ff\\fe", "text that is not UTF-8"),
        (dict, "\\ff\\fe", "JSON: "),
        (dict, "{{}", "JSON: "),
        (dict, "[]", "JSON: Expected `object`, got `array`"),
        (list[int], "[1.5]", "JSON: Expected `int`, got `float`"),
        (list, "[" * 60_000, "JSON: "),
    ],
)
def test_what_cannot_be_decoded_is_the_guests_fault(
    annotation: Any, data: str, reason: str, engine: str
) -> None:
    def f(value: Any) -> bytes:  # pragma: no cover (never called)
        raise AssertionError

    f.__annotations__ = {"value": annotation, "return": bytes}
    length = len(data.replace("\\ff", "?").replace("\\fe", "?"))
    guest = load(TEXT.replace("{data}", data), [host_function(f)], engine)
    outcome = guest.run("go", (0, length)).outcome
    assert isinstance(outcome, Trapped)
    assert outcome.code is TrapCode.HOST_REFUSED
    assert outcome.detail.startswith(reason)


@pytest.mark.parametrize("pointer", [65_535, 65_536, -1])
def test_a_range_outside_memory_traps(pointer: int, engine: str) -> None:
    @host_function
    def f(data: bytes) -> bytes:
        return data

    guest = load(TEXT.format(data=""), [f], engine)
    assert guest.run("go", (65_534, 2)).outcome == Returned()
    for arguments in ((pointer, 2), (0, 65_537)):
        outcome = guest.run("go", arguments).outcome
        assert outcome == Trapped(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)


def test_bytes_of_a_host_call_up_to_their_limit(engine: str) -> None:
    @host_function
    def f(data: bytes) -> bytes:
        return data * 2

    guest = load(TEXT.format(data=""), [f], engine)
    assert guest.run("go", (0, 50), limits=Limits(bytes_per_host_call=100)).value == 100
    for most in (99, 49):
        result = guest.run("go", (0, 50), limits=Limits(bytes_per_host_call=most))
        assert result.outcome == LimitReached("bytes_per_host_call", most)


def test_bytes_that_a_call_returns_up_to_their_limit(engine: str) -> None:
    guest = load(
        """(memory (export "memory") 1)
        (func (export "go") (result i64) (i64.const 50))""",
        engine=engine,
    )
    with guest.instance() as instance:
        exact = Limits(bytes_per_host_call=50)
        assert instance.call("go", returns=bytes, limits=exact).value == bytes(50)
        less = Limits(bytes_per_host_call=49)
        result = instance.call("go", returns=bytes, limits=less)
        assert result.outcome == LimitReached("bytes_per_host_call", 49)


def test_prices_are_charged_before_the_work(engine: str) -> None:
    calls = []

    @host_function(charge=7, per_byte=2, per_word=3)
    def f(data: bytes) -> bytes:
        calls.append(data)
        return data

    guest = load(TEXT.format(data=""), [f], engine)
    before, after = 7 + 33 * 2 + 2 * 3, 33 * 2 + 2 * 3
    exact = guest.run("go", (0, 33), limits=Limits(gas=before + after))
    assert (exact.outcome, exact.gas_used) == (Returned(), before + after)
    assert len(calls) == 1
    short = guest.run("go", (0, 33), limits=Limits(gas=before + after - 1))
    assert short.outcome == RanOutOfGas(UNITS_PER_GAS)
    assert len(calls) == 2
    early = guest.run("go", (0, 33), limits=Limits(gas=before - 1))
    assert early.outcome == RanOutOfGas(UNITS_PER_GAS)
    assert len(calls) == 2


def test_a_refusal_is_a_negative_result(engine: str) -> None:
    @host_function
    def f(data: bytes) -> bytes:
        raise GuestError(len(data))

    assert load(TEXT.format(data=""), [f], engine).run("go", (0, 7)).value == -7

    def refuse(n: int) -> int:
        raise GuestError(2**31 - 1)

    assert number(refuse, "i64", "i64", engine, 1).value == -(2**31) + 1
    for wrong in (0, -1, 2**31):
        with pytest.raises(ValueError, match="not 1 to"):
            GuestError(wrong)


def test_a_refusal_needs_an_integer_result(engine: str) -> None:
    def f(n: int) -> float:
        raise GuestError(1)

    outcome = number(f, "i64", "f64", engine, 1).outcome
    assert outcome == HostFailed(
        "f", "TypeError: a function without an integer result cannot refuse"
    )


def test_an_exception_ends_the_run_and_the_guest_sees_nothing(engine: str) -> None:
    error = RuntimeError("no disk")

    def f(n: int) -> int:
        raise error

    result = number(f, "i64", "i64", engine, 1)
    assert result.outcome == HostFailed("f", "RuntimeError: no disk")
    assert result.exception is error
    assert result.exception.__traceback__ is not None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("5", "TypeError: '5' is not an int"),
        (None, "TypeError: None is not an int"),
        (True, "TypeError: True is not an int"),
        (2**63, "ValueError: 9223372036854775808 does not fit in i64"),
    ],
)
def test_a_result_of_the_wrong_type_is_the_hosts_fault(
    answer: Any, reason: str, engine: str
) -> None:
    def f(n: int) -> int:
        value: int = answer
        return value

    assert number(f, "i64", "i64", engine, 1).outcome == HostFailed("f", reason)


def test_json_that_cannot_be_said_is_the_hosts_fault(engine: str) -> None:
    @host_function
    def f(data: bytes) -> list[float]:
        return [math.nan]

    outcome = load(TEXT.format(data=""), [f], engine).run("go", (0, 0)).outcome
    assert isinstance(outcome, HostFailed)
    assert outcome.error.startswith("ValueError: Out of range float")


def test_the_context_reads_writes_and_charges(engine: str) -> None:
    left = []

    @host_function(charge=0, per_word=0)
    def f(context: Context, data: bytes) -> I32:
        left.append(context.gas_left)
        context.charge(10)
        left.append(context.gas_left)
        context.write(100, context.read(0, 3)[::-1])
        return len(data)

    with load(TEXT.format(data="abc"), [f], engine).instance(
        limits=Limits(gas=50)
    ) as instance:
        result = instance.call("go", 0, 2)
        assert (result.value, result.gas_used) == (2, 10)
        assert left == [50, 40]
        found = bytes(instance.call("byte", 100 + at).value for at in range(3))
        assert found == b"cba"


def test_a_range_of_the_context_outside_memory_traps(engine: str) -> None:
    @host_function
    def f(context: Context, data: bytes) -> I32:
        context.write(65_535, b"ab")
        return 0

    outcome = load(TEXT.format(data=""), [f], engine).run("go", (0, 0)).outcome
    assert outcome == Trapped(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)


def test_raw_functions_take_and_give_unsigned_ints(engine: str) -> None:
    spec = host_function(
        lambda a, b: (b, a), name="swap", func_type=func_type("iI", "Ii")
    )
    guest = load(
        """(import "env" "swap" (func $swap (param i32 i64) (result i64 i32)))
        (func (export "go") (param i32 i64) (result i64 i32)
          (call $swap (local.get 0) (local.get 1)))""",
        [spec],
        engine,
    )
    assert guest.run("go", (-1, -2)).value == (-2, -1)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, "TypeError: 0 results for [i32] -> [i32]"),
        ((1, 2), "TypeError: 2 results for [i32] -> [i32]"),
        (-1, "ValueError: -1 is not 0 to 2^32 - 1"),
        (2**32, "ValueError: 4294967296 is not 0 to 2^32 - 1"),
        (1.0, "TypeError: 1.0 is not an int"),
    ],
)
def test_raw_results_are_checked(answer: Any, error: str, engine: str) -> None:
    spec = host_function(lambda a: answer, name="f", func_type=func_type("i", "i"))
    source = """(import "env" "f" (func $f (param i32) (result i32)))
      (func (export "go") (result i32) (call $f (i32.const 1)))"""
    assert load(source, [spec], engine).run("go").outcome == HostFailed("f", error)


def test_annotations_without_a_conversion_are_refused_with_the_parameters_name() -> (
    None
):
    def none(n) -> int:  # type: ignore[no-untyped-def]
        return 1

    def strange(n: complex) -> int:
        return 1

    def result(n: int) -> set[int]:
        return set()

    with pytest.raises(TypeError, match=r"^the parameter n has no annotation$"):
        host_function(none)
    with pytest.raises(TypeError, match=r"^the parameter n: no conversion for"):
        host_function(strange)
    with pytest.raises(TypeError, match=r"^the result: no conversion for"):
        host_function(result)


def test_a_host_function_is_still_a_function() -> None:
    @host_function(module="app", name="plus", charge=0)
    def add(a: int, b: int) -> int:
        return a + b

    assert add(2, 3) == 5
    assert add.key == ("app", "plus")
