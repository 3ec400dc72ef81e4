"""Threads on the engine wasmtime: any may use an instance, one at a time."""

import gc
import threading
from collections.abc import Callable
from typing import Any

import pytest

from contractvm.errors import InternalError
from contractvm.wasm.engines.claim import Claim
from contractvm.wasm.engines.suspension import Suspension
from tests.helpers.compiled import instantiate_compiled, invoke
from tests.helpers.instances import I32, host
from tests.helpers.threads import in_another_thread, in_threads, switching_often

SOURCE = """(module
  (import "e" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (table (export "table") 3 funcref)
  (global (export "seen") (mut i64) (i64.const 7))
  (func (export "sum") (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.mul (call $ask (local.get 1)) (i32.const 10))))
  (func (export "spin") (param i32) (result i32) (local i32)
    (loop $again
      (drop (memory.grow (i32.const 0)))
      (i32.store (i32.const 8) (local.get 1))
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get 1) (local.get 0))))
    (local.get 1)))"""
IN_USE = "the instance is in use by another thread"


def with_ask(call: Callable[[int], object]) -> Any:
    return instantiate_compiled(SOURCE, {("e", "ask"): host((I32,), (I32,), call)})


def suspending(value: int) -> Suspension:
    return Suspension(value, lambda answer: answer)


def set_global(instance: Any) -> None:
    instance.exports["seen"].value = 9


USES: dict[str, Callable[[Any], object]] = {
    "read": lambda instance: instance.export("memory").read(0, 4),
    "write": lambda instance: instance.export("memory").write(0, b"\1"),
    "size": lambda instance: instance.export("memory").pages,
    "digest": lambda instance: instance.export("memory").digest(),
    "global": lambda instance: instance.export("seen").value,
    "set global": set_global,
    "table": lambda instance: instance.export("table").size,
    "call": lambda instance: instance.start("spin", 1).resume(),
    "new export": lambda instance: instance._make("sum", instance._export_types["sum"]),
}


@pytest.mark.parametrize("name", USES)
def test_another_thread_is_refused_while_a_call_runs_and_let_in_after_it(
    name: str,
) -> None:
    refused = []

    def call(value: int) -> int:
        refused.append(in_another_thread(lambda: USES[name](instance)))
        instance.export("memory").read(0, 4)  # this thread may
        return value

    instance = with_ask(call)
    _ = instance.exports  # so that asking for one is no use of the store
    assert invoke(instance, "sum", 1, 2) == (21,)
    (error,) = refused
    assert isinstance(error, InternalError)
    assert str(error) == IN_USE
    assert not isinstance(
        in_another_thread(lambda: USES[name](instance)), InternalError
    )


def test_an_execution_is_not_resumed_where_it_runs_already() -> None:
    refused = []

    def call(value: int) -> int:
        refused.append(in_another_thread(execution.resume))
        return value

    execution = with_ask(call).start("sum", 1, 2)
    assert execution.resume() == (21,)
    assert [str(error) for error in refused] == [IN_USE]


def test_an_execution_goes_from_thread_to_thread() -> None:
    instance = in_another_thread(lambda: with_ask(suspending))
    execution = in_another_thread(lambda: instance.start("sum", 1, 2))
    assert in_another_thread(execution.resume).request == 2
    assert in_another_thread(lambda: instance.export("memory").pages) == 1
    assert in_another_thread(lambda: execution.resume(5)) == (51,)


def test_a_suspended_execution_is_dropped_in_any_thread() -> None:
    instance = with_ask(suspending)
    waiting = [instance.start("sum", 1, 2)]
    waiting[0].resume()
    assert in_another_thread(waiting.clear) is None
    execution = instance.start("sum", 3, 4)
    assert execution.resume().request == 4
    assert execution.resume(6) == (63,)


def test_an_instance_is_collected_in_any_thread() -> None:
    held: list[Any] = [with_ask(suspending)]
    execution = held[0].start("sum", 1, 2)
    execution.resume()
    held += [held, execution]  # a cycle, for the collector alone
    del held, execution
    assert isinstance(in_another_thread(gc.collect), int)


def test_a_drop_waits_for_who_reads_the_instance() -> None:
    instance = with_ask(suspending)
    waiting = [instance.start("sum", 1, 2)]
    waiting[0].resume()
    with instance.store.claim:
        thread = threading.Thread(target=waiting.clear)
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
    thread.join()
    assert invoke(with_ask(lambda value: value), "spin", 3) == (3,)
    assert instance.start("spin", 3).resume() == (3,)


def test_threads_that_race_for_an_instance_have_their_result_or_are_refused() -> None:
    instance = with_ask(suspending)
    memory = instance.export("memory")

    def call() -> object:
        return instance.start("spin", 999).resume()

    def calls() -> set[object]:
        return {outcome(call) for _ in range(1_000)}

    def reads() -> set[object]:
        return {outcome(lambda: len(memory.read(0, 65_536))) for _ in range(2_000)}

    def outcome(work: Callable[[], object]) -> object:
        try:
            return work()
        except InternalError as error:
            return str(error)

    with switching_often():
        found = in_threads([calls, calls, calls, reads])
    assert set().union(*found[:3]) <= {(999,), IN_USE}
    assert found[3] <= {65_536, IN_USE}
    assert instance.start("spin", 5).resume() == (5,)


def test_instances_of_their_own_run_in_many_threads_at_once() -> None:
    def work() -> list[object]:
        return [invoke(with_ask(abs), "spin", 1_000 + n) for n in range(50)]

    expected = [(1_000 + n,) for n in range(50)]
    assert in_threads([work] * 4) == [expected] * 4


def test_a_claim_is_one_threads_as_often_as_it_likes_and_ends_with_its_block() -> None:
    def use() -> int:
        with claim:
            return 1

    claim = Claim("taken")
    with claim, claim:
        assert use() == 1
        assert str(in_another_thread(use)) == "taken"
    assert in_another_thread(use) == 1
    with pytest.raises(KeyError), claim:
        raise KeyError
    assert in_another_thread(use) == 1
