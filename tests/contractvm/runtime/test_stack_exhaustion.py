"""The counted stack limit on both engines: full to the last value, then one above."""

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import (
    DEFAULT_MAX_STACK_HEIGHT,
    FRAME_HEIGHT,
    STACK_HEIGHT_EXPORT,
)
from contractvm.runtime.engine_selection import ENGINES, make_engine
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.validation.profile import Profile
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

ANY = Profile(name="any")
# The instance's global costs as much as a `global.set`.
GAS = 1_000_007
LEFT_AT_START = 1_000_000
# `f` has one parameter, five locals and two operands at most: a height of 16 values.
HEIGHT = 1 + 5 + 2 + FRAME_HEIGHT
# `leaf` is as high; `high_leaf` is one value higher.
SOURCE = """(module
  (global $depth (export "depth") (mut i32) (i32.const 0))
  (func $leaf (local i64 i64 i64 i64 i64 i64) (drop (i32.add (i32.const 1)
    (i32.const 2))))
  (func $high_leaf (local i64 i64 i64 i64 i64 i64 i64) (drop (i32.add (i32.const 1)
    (i32.const 2))))
  (func $f (export "f") (param i32) (local i64 i64 i64 i64 i64)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))
  (func $g (export "g") (param i32) (local i64 i64 i64 i64 i64)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (if (local.get 0) (then (call $g (i32.sub (local.get 0) (i32.const 1))))
      (else (call $leaf))))
  (func $h (export "h") (param i32) (local i64 i64 i64 i64 i64)
    (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
    (if (local.get 0) (then (call $h (i32.sub (local.get 0) (i32.const 1))))
      (else (call $high_leaf)))))"""
WASM = wat_to_wasm(SOURCE)
EXHAUSTED = TrapCode.CALL_STACK_EXHAUSTED


def ends(
    engine: str, export: str, calls: int, limit: int
) -> tuple[TrapCode | None, int, int, int]:
    """Why it stopped, the gas left, the calls that began, and the height at the end."""
    options = InstrumentationOptions(max_stack_height=limit)
    schedule = schedule_with({"global.set": 7}, local=0)
    pipeline = Pipeline(make_engine(engine), schedule, ANY, options)
    run = pipeline.start(pipeline.prepare(WASM), {}, GAS)
    run.begin(export, calls - 1)
    code = None
    try:
        run.resume()
    except Trap as trap:
        code = trap.code
    exports = run.instance.exports
    depth, height = (exports[name].value for name in ("depth", STACK_HEIGHT_EXPORT))
    return code, run.meter.left, depth, height


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("calls", [1, 2, 100, DEFAULT_MAX_STACK_HEIGHT // HEIGHT])
def test_stack_is_exhausted_one_call_above_the_limit(engine: str, calls: int) -> None:
    assert HEIGHT == 16
    limit = calls * HEIGHT
    assert ends(engine, "f", calls, limit) == (
        None,
        LEFT_AT_START - 7 * calls,
        calls,
        0,
    )
    stopped = (EXHAUSTED, LEFT_AT_START - 7 * calls, calls, limit + HEIGHT)
    assert ends(engine, "f", calls + 1, limit) == stopped


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("calls", [1, 99, DEFAULT_MAX_STACK_HEIGHT // HEIGHT - 1])
def test_stack_is_exhausted_one_value_above_the_limit(engine: str, calls: int) -> None:
    limit = (calls + 1) * HEIGHT
    left = LEFT_AT_START - 7 * calls
    assert ends(engine, "g", calls, limit) == (None, left, calls, 0)
    assert ends(engine, "h", calls, limit) == (EXHAUSTED, left, calls, limit + 1)
    assert ends(engine, "h", calls, limit + 1) == (None, left, calls, 0)
    assert ends(engine, "g", calls, limit - 1) == (EXHAUSTED, left, calls, limit)
