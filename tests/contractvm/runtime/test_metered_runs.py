"""Metered runs on each engine: why they end, the gas left, and running on."""

from typing import Any

import pytest

from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import STACK_HEIGHT_EXPORT, START_EXPORT
from contractvm.runtime.engine_selection import ENGINES, make_engine
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.validation.profile import Profile
from tests.helpers.instances import host
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

LIMIT = 500
GAS = 1_000
ANY = Profile(name="any")
SOURCE = wat_to_wasm("""(module
  (import "e" "ask" (func $ask))
  (func $down (export "down") (param i32)
    (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "forever") (call $down (i32.const -1)))
  (func (export "ask") (call $ask))
  (func (export "trap") unreachable)
  (func (export "pay") (drop (i32.const 1)) (drop (i32.const 1)))
  (start $begin) (func $begin (drop (i32.const 1))))""")


class Refusal(Exception):
    pass


def refuse() -> None:
    raise Refusal


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Pipeline:
    return Pipeline(
        make_engine(request.param),
        schedule_with({"i32.const": 100}, local=0),
        ANY,
        InstrumentationOptions(max_stack_height=LIMIT, defer_start=True),
    )


def start(engine: Pipeline, ask: Any = lambda: None, gas: int = GAS) -> MeteredRun:
    return engine.start(engine.prepare(SOURCE), {("e", "ask"): host((), (), ask)}, gas)


def end(run: MeteredRun, name: str, *arguments: int) -> Any:
    run.begin(name, *arguments)
    return run.resume()


def test_a_trap_of_a_host_function_keeps_its_cause(engine: Pipeline) -> None:
    cause, trap = OSError("away"), Trap(TrapCode.HOST_REFUSED, "no")

    def ask() -> None:
        raise trap from cause

    with pytest.raises(Trap) as caught:
        end(start(engine, ask), "ask")
    assert caught.value is trap
    assert caught.value.__cause__ is cause


def test_deferred_start_func_is_charged(engine: Pipeline) -> None:
    run = start(engine)
    assert end(run, START_EXPORT) == ()
    assert run.meter.left == GAS - 100


@pytest.mark.parametrize(("gas", "left"), [(200, 0), (201, 1)])
def test_gas_is_enough_at_its_price(engine: Pipeline, gas: int, left: int) -> None:
    run = start(engine, gas=gas)
    assert end(run, "pay") == ()
    assert run.meter.left == left


@pytest.mark.parametrize("gas", [0, 1, 199])
def test_gas_that_is_short_says_by_how_much(engine: Pipeline, gas: int) -> None:
    run = start(engine, gas=gas)
    with pytest.raises(OutOfGas) as raised:
        end(run, "pay")
    assert raised.value.shortfall == 200 - gas
    assert run.meter.left == 0


def test_unreachable_of_the_contract_itself_is_a_trap(engine: Pipeline) -> None:
    run = start(engine)
    with pytest.raises(Trap) as raised:
        end(run, "trap")
    assert raised.value.code is TrapCode.UNREACHABLE
    assert run.meter.left == GAS


STOPS = {
    "recursion": ("forever", lambda: None, Trap),
    "a trap": ("trap", lambda: None, Trap),
    "an exception of the host": ("ask", refuse, Refusal),
}


@pytest.mark.parametrize("name", STOPS)
def test_a_run_that_was_stopped_begins_again_at_height_0(
    engine: Pipeline, name: str
) -> None:
    export, ask, error = STOPS[name]
    run = start(engine, ask, 1_000_000)
    for _ in range(3):
        with pytest.raises(error) as raised:
            end(run, export)
        if name == "recursion":
            assert raised.value.code is TrapCode.CALL_STACK_EXHAUSTED
        assert run.instance.exports[STACK_HEIGHT_EXPORT].value > 0
    assert end(run, "pay") == ()
    assert run.instance.exports[STACK_HEIGHT_EXPORT].value == 0


def test_a_run_that_was_left_while_suspended_begins_again(
    engine: Pipeline,
) -> None:
    run = start(engine, lambda: Suspension("request", lambda answer: answer))
    for _ in range(2 * LIMIT):
        suspension = end(run, "ask")
        assert isinstance(suspension, Suspension)
    assert run.resume() == ()
    assert run.instance.exports[STACK_HEIGHT_EXPORT].value == 0
