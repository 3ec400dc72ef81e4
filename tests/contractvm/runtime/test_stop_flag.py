"""A stop flag ends a run on each engine, from any thread, and the gas stays exact."""

from threading import Timer
from typing import Any

import pytest

from contractvm.errors import Stopped
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.runtime.engine_selection import ENGINES, make_engine
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.validation.profile import Profile
from tests.helpers.instances import host
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

TURN = 7
# More turns than any machine does in the time that a test may take, so that a flag
# which nobody looks at fails the test.
GAS = TURN * 20_000_000_000
SOURCE = wat_to_wasm("""(module
  (import "e" "ask" (func $ask))
  (global $turns (export "turns") (mut i64) (i64.const 0))
  (func (export "turn")
    (loop
      (global.set $turns (i64.add (global.get $turns) (i64.const 1)))
      (br 0)))
  (func (export "fill")
    (loop
      (global.set $turns (i64.add (global.get $turns) (i64.const 1)))
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 0x100_0000))
      (br 0)))
  (memory 256)
  (func (export "ask") (loop (call $ask) (br 0)))
  (func (export "once") (call $ask))
  (func $dig (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $dig (i32.sub (local.get 0) (i32.const 1)))
                     (call $dig (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 1))))
  (func (export "dig") (drop (call $dig (i32.const 60)))))""")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Pipeline:
    return Pipeline(
        make_engine(request.param),
        schedule_with({"i64.add": TURN}, local=0),
        Profile(name="any"),
        InstrumentationOptions(max_stack_height=100_000),
    )


def start(engine: Pipeline, flag: StopFlag, ask: Any = lambda: None) -> MeteredRun:
    imports = {("e", "ask"): host((), (), ask)}
    return engine.start(engine.prepare(SOURCE), imports, GAS, stop_flag=flag)


def test_a_flag_that_is_set_ends_a_loop(engine: Pipeline) -> None:
    flag = StopFlag()
    flag.set("the answer came")
    run = start(engine, flag)
    run.begin("turn")
    with pytest.raises(Stopped) as caught:
        run.resume()
    assert caught.value.reason == "the answer came"
    assert str(caught.value) == "stopped: the answer came"


def test_the_gas_of_a_stopped_run_is_that_of_what_has_run(engine: Pipeline) -> None:
    """A turn is paid for before it begins, and it may be stopped between the two."""
    flag = StopFlag()
    run = start(engine, flag)
    timer = Timer(0.05, flag.set, ("time is up",))
    timer.start()
    run.begin("turn")
    with pytest.raises(Stopped):
        run.resume()
    timer.join()
    turns = run.instance.export("turns").value
    assert turns > 0
    assert GAS - run.meter.left in (turns * TURN, (turns + 1) * TURN)


def test_a_flag_ends_a_loop_whose_turns_take_long(engine: Pipeline) -> None:
    """Seconds pass before a look at the flag if only turns are counted."""
    flag = StopFlag()
    flag.set("at once")
    run = start(engine, flag)
    run.begin("fill")
    with pytest.raises(Stopped):
        run.resume()
    if engine.engine_name == "interpreter":
        assert run.instance.export("turns").value == 1


def test_a_flag_ends_recursion_without_loops(engine: Pipeline) -> None:
    flag = StopFlag()
    timer = Timer(0.05, flag.set, ("time is up",))
    timer.start()
    run = start(engine, flag)
    run.begin("dig")
    with pytest.raises(Stopped):
        run.resume()
    timer.join()


def test_a_flag_set_in_a_host_func_ends_the_run_after_it(engine: Pipeline) -> None:
    flag = StopFlag()
    calls = []

    def ask() -> None:
        calls.append(len(calls))
        if len(calls) == 3:
            flag.set("enough")

    run = start(engine, flag, ask)
    run.begin("ask")
    with pytest.raises(Stopped):
        run.resume()
    assert calls == [0, 1, 2]


def test_a_flag_set_while_a_call_is_suspended_ends_it_when_it_is_resumed(
    engine: Pipeline,
) -> None:
    flag = StopFlag()
    run = start(engine, flag, lambda: Suspension(None, lambda value: value))
    run.begin("ask")
    assert isinstance(run.resume(), Suspension)
    flag.set("closing")
    with pytest.raises(Stopped):
        run.resume()


def test_the_first_reason_is_kept(engine: Pipeline) -> None:
    flag = StopFlag()
    assert not flag.is_set
    flag.set("first")
    flag.set("second")
    assert flag.is_set
    run = start(engine, flag)
    run.begin("ask")
    with pytest.raises(Stopped, match=r"^stopped: first$"):
        run.resume()


def test_a_flag_that_is_not_set_changes_nothing(engine: Pipeline) -> None:
    run = start(engine, StopFlag())
    run.begin("once")
    assert run.resume() == ()
    assert run.meter.left == GAS
