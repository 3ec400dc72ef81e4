"""Threads on the interpreter: they take turns, and nothing is half done at a turn."""

from collections.abc import Callable
from typing import Any

from contractvm.errors import InternalError
from contractvm.wasm.engines.suspension import Suspension
from tests.helpers.instances import I32, host, instantiate_wat
from tests.helpers.threads import in_another_thread, in_threads, switching_often

SOURCE = """(module
  (import "e" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (table 1 1_000 funcref)
  (func (export "sum") (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.mul (call $ask (local.get 1)) (i32.const 10))))
  (func (export "grow") (param i32) (result i32) (local i32)
    (loop $again
      (if (i32.eqz (i32.rem_u (local.get 1) (i32.const 10_000)))
        (then
          (drop (memory.grow (i32.const 1)))
          (drop (table.grow (ref.null func) (i32.const 1)))))
      (i32.store
        (i32.sub (i32.mul (memory.size) (i32.const 65_536)) (i32.const 4))
        (local.get 1))
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get 1) (local.get 0))))
    (local.get 1)))"""


def with_ask(call: Callable[[int], object]) -> Any:
    return instantiate_wat(SOURCE, {("e", "ask"): host((I32,), (I32,), call)})


def test_an_execution_is_not_resumed_where_it_runs_already() -> None:
    refused = []

    def call(value: int) -> int:
        refused.append(in_another_thread(execution.resume))
        return value

    execution = with_ask(call).start("sum", 1, 2)
    assert execution.resume() == (21,)
    (error,) = refused
    assert isinstance(error, InternalError)
    assert str(error) == "the execution is running"


def test_an_execution_that_runs_is_not_made_anew() -> None:
    def call(value: int) -> int:
        # All of it is made before: this changes nothing.
        execution.__init__(execution.core, execution.func_index, 1, 2)
        return value

    execution = with_ask(call).start("sum", 1, 2)
    assert execution.resume() == (21,)


def test_an_execution_goes_from_thread_to_thread() -> None:
    def suspend(value: int) -> Suspension:
        return Suspension(value, lambda answer: answer)

    instance = in_another_thread(lambda: with_ask(suspend))
    execution = in_another_thread(lambda: instance.start("sum", 1, 2))
    assert in_another_thread(execution.resume).request == 2
    assert in_another_thread(lambda: execution.resume(5)) == (51,)
    waiting = [instance.start("sum", 1, 2)]
    waiting[0].resume()
    assert in_another_thread(waiting.clear) is None


def test_executions_of_one_instance_take_turns_while_its_memory_grows() -> None:
    """Its memory is moved under those that wait for their turn."""
    instance = with_ask(abs)
    with switching_often():
        works = [instance.start("grow", 500_000) for _ in range(4)]
        results = in_threads([work.resume for work in works])
    assert results == [(500_000,)] * 4
    assert instance.export("memory").pages == 1 + 4 * 50
