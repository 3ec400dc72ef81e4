"""Bounded: recursion stops at the same call, whatever the engine's own stack."""

import pytest
import wasmtime

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import (
    DEFAULT_MAX_STACK_HEIGHT,
    FRAME_HEIGHT,
    GAS_EXPORT,
    GREATEST_MAX_STACK_HEIGHT,
    STACK_HEIGHT_EXPORT,
)
from contractvm.wasm.structure.module import Func, Module
from contractvm.wasm.structure.types import FuncType, ValType
from tests.helpers.metered_runs import Runner, is_valid, metered
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_module

UNREACHABLE = str(wasmtime.TrapCode.UNREACHABLE)
FREE = schedule_with({})
# A call's height: one parameter, two operands at most.
RECURSION = """(module (global $depth (export "depth") (mut i32) (i32.const 0))
    (func $f (export "f") (param i32)
      (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
      (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))))))"""
RECURSION_HEIGHT = 1 + 2 + FRAME_HEIGHT


def limited(source: str, limit: int) -> Runner:
    options = InstrumentationOptions(max_stack_height=limit)
    instrumented = metered(wat_to_module(source), FREE, options)
    assert is_valid(instrumented)
    return Runner(instrumented, GAS_EXPORT)


def height(runner: Runner) -> int:
    return runner.exports[STACK_HEIGHT_EXPORT].value(runner.store)


@pytest.mark.parametrize(("calls", "trap"), [(5, None), (6, UNREACHABLE)])
def test_recursion_stops_above_the_limit(calls: int, trap: str | None) -> None:
    runner = limited(RECURSION, 5 * RECURSION_HEIGHT)
    done = runner.call("f", calls - 1)
    assert (done.trap, done.globals) == (trap, {"depth": min(calls, 5)})


def test_a_trap_by_the_limit_leaves_the_height_above_it() -> None:
    runner = limited(RECURSION, 5 * RECURSION_HEIGHT)
    runner.call("f", 5)
    assert height(runner) == 6 * RECURSION_HEIGHT > 5 * RECURSION_HEIGHT


def test_the_limit_is_exact_to_one_value() -> None:
    assert limited(RECURSION, 2 * RECURSION_HEIGHT).call("f", 1).trap is None
    assert limited(RECURSION, 2 * RECURSION_HEIGHT - 1).call("f", 1).trap == UNREACHABLE


def test_without_a_limit_there_is_no_counter() -> None:
    options = InstrumentationOptions(max_stack_height=None)
    module = wat_to_module(RECURSION)
    instrumented = metered(module, FREE, options)
    assert instrumented.funcs == module.funcs
    assert [export.name for export in instrumented.exports] == [
        *("depth", "f", GAS_EXPORT)
    ]


WAYS_OUT = """(module
    (func (export "f") (param i32) (result i32)
      (if (i32.eq (local.get 0) (i32.const 0)) (then (return (i32.const 10))))
      (drop (br_if 0 (i32.const 11) (i32.eq (local.get 0) (i32.const 1))))
      (block
        (br_if 0 (i32.eq (local.get 0) (i32.const 2)))
        (if (i32.eq (local.get 0) (i32.const 3)) (then (br 2 (i32.const 13))))
        (loop
          (if (i32.eq (local.get 0) (i32.const 4)) (then (return (i32.const 14)))))
        (block (result i32)
          (br_table 0 2 (i32.const 15) (i32.sub (local.get 0) (i32.const 5))))
        (return))
      (i32.const 12)))"""


@pytest.mark.parametrize(
    ("argument", "result"),
    [(0, 10), (1, 11), (2, 12), (3, 13), (4, 14), (5, 15), (6, 15)],
)
def test_every_way_out_lowers_the_height_again(argument: int, result: int) -> None:
    runner = limited(WAYS_OUT, 100)
    assert runner.call("f", argument).results == [result]
    assert height(runner) == 0


def test_several_results_pass_through_the_added_block() -> None:
    source = """(module (func (export "f") (param i32) (result i32 i64 i32)
        (if (local.get 0) (then (return (i32.const 1) (i64.const 2) (i32.const 3))))
        i32.const 4 i64.const 5 i32.const 6))"""
    runner = limited(source, 100)
    assert runner.call("f", 1).results == [1, 2, 3]
    assert runner.call("f", 0).results == [4, 5, 6]
    assert height(runner) == 0


def test_the_added_blocks_type_is_shared_and_may_be_the_modules_own() -> None:
    source = """(module (type (func (param i32) (result i32 i32)))
        {} (func (type 0) local.get 0 local.get 0)
        (func (type 0) local.get 0 local.get 0))"""
    without = metered(wat_to_module(source.format("")), FREE)
    has_it = metered(
        wat_to_module(source.format("(type (func (result i32 i32)))")), FREE
    )
    assert without.types == has_it.types
    assert len(has_it.types) == 2


def test_a_call_counts_parameters_locals_and_operands() -> None:
    source = """(module (func (export "f") (param i32 i64) (local i32 i32 i32)
        i32.const 1 i32.const 2 i32.const 3 i32.const 4 drop drop drop drop))"""
    enough = 2 + 3 + 4 + FRAME_HEIGHT
    assert limited(source, enough).call("f", 0, 0).trap is None
    assert limited(source, enough - 1).call("f", 0, 0).trap == UNREACHABLE


def module_with_locals(count: int) -> Module:
    func = Func(0, ((count, ValType.I64),), b"\x0b")
    return Module(types=(FuncType((), ()),), funcs=(func,))


@pytest.mark.parametrize(
    "limit", [1, DEFAULT_MAX_STACK_HEIGHT, GREATEST_MAX_STACK_HEIGHT]
)
def test_a_height_that_does_not_fit_stays_one_above_the_limit(limit: int) -> None:
    options = InstrumentationOptions(max_stack_height=limit)
    module = module_with_locals(2**32 - 1)
    code = metered(module, FREE, options).funcs[0].code
    assert code == metered(module_with_locals(2**31), FREE, options).funcs[0].code


@pytest.mark.parametrize("limit", [0, -1, GREATEST_MAX_STACK_HEIGHT + 1])
def test_a_limit_outside_its_range_is_refused(limit: int) -> None:
    with pytest.raises(ValueError, match="max_stack_height"):
        InstrumentationOptions(max_stack_height=limit)


def test_the_default_limit_stops_endless_recursion_before_the_native_stack() -> None:
    """wasmtime has 1 MiB here; its own stack end would be another trap."""
    source = '(module (func $f (export "f") (param i32) (call $f (local.get 0))))'
    runner = limited(source, DEFAULT_MAX_STACK_HEIGHT)
    assert runner.call("f", 0).trap == UNREACHABLE
    assert height(runner) > DEFAULT_MAX_STACK_HEIGHT
