"""Calls on wasmtime that wait for the host: depth, ends, and what is freed."""

import gc
import resource
import signal
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from contractvm.errors import InternalError, Trap
from contractvm.wasm.engines.suspension import Suspension
from tests.helpers.compiled import instantiate_compiled, invoke
from tests.helpers.instances import I32, host

ASK = """(module
  (import "e" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $seen (export "seen") (mut i64) (i64.const 0))
  (func $sum (export "sum") (param i32 i32) (result i32)
    (i32.add (local.get 0) (i32.mul (call $ask (local.get 1)) (i32.const 10))))
  (func (export "twice") (param i32) (result i32)
    (call $sum (call $sum (i32.const 1) (local.get 0)) (local.get 0)))
  (func (export "load") (result i32)
    (i32.add (call $ask (i32.const 0)) (i32.load8_u (i32.const 3))))
  (func (export "trap") (drop (call $ask (i32.const 0))) unreachable))"""


def suspending(value: int) -> Suspension:
    return Suspension(value, lambda answer: answer)


def with_ask(call: Any = suspending) -> Any:
    return instantiate_compiled(ASK, {("e", "ask"): host((I32,), (I32,), call)})


@pytest.fixture
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_execution_waits_for_the_result_of_a_suspension() -> None:
    execution = with_ask().start("sum", 1, 2)
    waiting = execution.resume()
    assert isinstance(waiting, Suspension)
    assert waiting.request == 2
    assert execution.is_suspended
    assert execution.resume(4) == (41,)
    assert not execution.is_suspended


def test_suspension_two_frames_deep_keeps_them_both() -> None:
    execution = with_ask().start("twice", 7)
    execution.resume()
    assert isinstance(execution.resume(2), Suspension)
    assert execution.resume(3) == (51,)


def test_memory_and_globals_are_at_hand_while_a_call_waits() -> None:
    instance = with_ask()
    execution = instance.start("load")
    execution.resume()
    instance.exports["memory"].write(3, b"\x2a")
    instance.exports["seen"].value = 9
    assert execution.resume(100) == (142,)
    assert instance.exports["seen"].value == 9


@pytest.mark.parametrize("value", [None, -1, 1 << 32, "4"])
def test_wrong_result_after_a_suspension_ends_the_execution(value: Any) -> None:
    instance = with_ask()
    execution = instance.start("sum", 1, 2)
    execution.resume()
    for _ in range(2):
        with pytest.raises(InternalError):
            execution.resume(value)
    assert isinstance(instance.start("sum", 1, 2).resume(), Suspension)


def test_executions_of_other_instances_are_resumed_in_any_order() -> None:
    executions = [with_ask().start("twice", n) for n in range(50)]
    for execution in executions:
        execution.resume()
    for n, execution in reversed(list(enumerate(executions))):
        execution.resume(n)
    for n, execution in sorted(enumerate(executions), key=lambda item: item[0] % 7):
        assert execution.resume(2 * n) == (1 + 10 * n + 20 * n,)


def test_of_an_instance_s_executions_only_the_last_to_begin_goes_on() -> None:
    instance = with_ask()
    first, second = instance.start("sum", 1, 2), instance.start("sum", 3, 4)
    first.resume()
    second.resume()
    for _ in range(2):
        with pytest.raises(InternalError, match="a call inside this one is not over"):
            first.resume(1)
    assert second.resume(1) == (13,)
    assert first.resume(1) == (11,)
    for execution in (first, second):
        with pytest.raises(InternalError, match="the execution is over, or running"):
            execution.resume(1)


def test_an_execution_does_not_begin_where_the_instance_is_running() -> None:
    """A signal handler is called while the code runs on, and waits for no host."""

    def interrupt(number: int, frame: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0)
        instance.start("f").resume()

    instance = instantiate_compiled(f"(module {ENDLESS['a loop']})")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(InternalError, match="the instance is running"):
            invoke_until_alarm(instance, 0.02)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("dropped", [0, 1])
def test_a_dropped_execution_takes_with_it_what_began_inside(dropped: int) -> None:
    instance = with_ask()
    executions = [instance.start("sum", n, 2) for n in range(3)]
    for execution in executions:
        execution.resume()
    executions[dropped].abandon()
    for execution in executions[dropped:]:
        with pytest.raises(InternalError, match="the execution is over"):
            execution.resume(1)
    for n in reversed(range(dropped)):
        assert executions[n].resume(4) == (40 + n,)
    assert isinstance(instance.start("sum", 1, 2).resume(), Suspension)


def test_a_host_func_that_leaves_a_call_open_inside_its_own_is_our_bug() -> None:
    def call(value: int) -> object:
        if value == 7:
            return suspending(value)
        left_open.append(instance.start("sum", 0, 7))
        left_open[-1].resume()
        return value

    left_open: list[Any] = []
    instance = with_ask(call)
    execution = instance.start("sum", 1, 2)
    with pytest.raises(InternalError, match="a call inside this one is not over"):
        execution.resume()
    for each in (execution, *left_open):
        with pytest.raises(InternalError, match="the execution is over"):
            each.resume()
    assert isinstance(instance.start("sum", 1, 7).resume(), Suspension)


def test_host_func_may_run_another_instance() -> None:
    def call(value: int) -> int:
        if value == 0:
            return 1
        return int(invoke(with_ask(call), "sum", 0, value - 1)[0])

    assert invoke(with_ask(call), "sum", 0, 3) == (10**4,)


def test_execution_that_is_over_or_has_not_begun_takes_no_value() -> None:
    execution = with_ask(lambda value: 1).start("sum", 1, 2)
    with pytest.raises(InternalError):
        execution.resume(5)
    execution = with_ask(lambda value: 1).start("sum", 1, 2)
    assert execution.resume() == (11,)
    with pytest.raises(InternalError):
        execution.resume()


def test_suspension_in_a_start_func_is_our_bug() -> None:
    source = """(module (import "e" "f" (func $f (result i32)))
      (start $s) (func $s (drop (call $f))))"""
    call = host((), (I32,), lambda: Suspension(None, lambda answer: answer))
    with pytest.raises(InternalError):
        instantiate_compiled(source, {("e", "f"): call})


def test_instance_goes_on_after_a_trap_and_after_a_dropped_call() -> None:
    instance = with_ask()
    execution = instance.start("trap")
    execution.resume()
    with pytest.raises(Trap):
        execution.resume(1)
    execution = instance.start("sum", 1, 2)
    execution.resume()
    del execution
    execution = instance.start("sum", 1, 2)
    execution.resume()
    assert execution.resume(5) == (51,)


# Depth, and what is left over


def test_calls_nest_1024_deep_in_a_thread_of_any_size() -> None:
    def nest() -> None:
        executions = []
        for n in range(1_024):
            executions.append(with_ask().start("sum", n, 2))
            executions[-1].resume()
        value = 0
        while executions:
            (value,) = executions.pop().resume(value & 0xFF)
        results.append(value)

    results: list[int] = []
    expected = 0
    for n in reversed(range(1_024)):
        expected = n + 10 * (expected & 0xFF)
    threading.stack_size(256 << 10)
    try:
        thread = threading.Thread(target=nest)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert results == [expected]


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def mappings() -> int:
    with open("/proc/self/maps") as file:
        return len(file.readlines())


def fails(error: type[Exception], instance: Any, name: str, *arguments: int) -> None:
    with pytest.raises(error):
        invoke(instance, name, *arguments)


WORKS = {
    "called to the end": lambda instance: invoke(instance, "sum", 1, 2),
    "trapped": lambda instance: fails(Trap, instance, "trap"),
    "raised": lambda instance: fails(KeyError, instance, "twice", 9),
    "dropped while suspended": lambda instance: instance.start("sum", 1, 77).resume(),
    "only made": lambda instance: None,
}


@pytest.mark.usefixtures("_without_collector")
@pytest.mark.parametrize("name", WORKS)
def test_a_thousand_instances_leave_nothing_behind(name: str) -> None:
    def answer(value: int) -> object:
        if value == 9:
            raise KeyError
        return suspending(value) if value == 77 else 1

    def once() -> None:
        instance = with_ask(answer)
        instance.exports["memory"].write(0, b"\1" * 65_536)
        WORKS[name](instance)

    for _ in range(30):
        once()
    before, mapped, threads = resident_bytes(), mappings(), threading.active_count()
    for _ in range(1_000):
        once()
    # Each has a page of memory and a stack; together they would be over 64 MiB.
    assert resident_bytes() - before < 8 << 20
    assert mappings() - mapped < 50
    assert threading.active_count() == threads


@pytest.mark.usefixtures("_without_collector")
def test_a_host_func_is_freed_with_its_suspended_execution() -> None:
    class Anchor:
        def __call__(self, value: int) -> Suspension:
            return suspending(value)

    anchor = Anchor()
    watched = weakref.ref(anchor)
    execution = with_ask(anchor).start("sum", 1, 2)
    del anchor
    execution.resume()
    assert watched() is not None
    del execution
    assert watched() is None


# Signals


class Interrupted(Exception):
    pass


ENDLESS = {
    "a loop": '(func (export "f") (loop $l (br $l)))',
    "calls without a loop": """(func $f (export "f") (call $g (i32.const 200)))
      (func $g (param i32) (if (local.get 0) (then
        (call $g (i32.sub (local.get 0) (i32.const 1)))
        (call $g (i32.sub (local.get 0) (i32.const 1))))))""",
}


def invoke_until_alarm(instance: Any, seconds: float) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    invoke(instance, "f")


@pytest.mark.parametrize("name", ENDLESS)
def test_a_signal_ends_a_contract_that_would_not_end(name: str) -> None:
    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    instance = instantiate_compiled(f"(module {ENDLESS[name]})")
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(Interrupted):
            invoke_until_alarm(instance, 0.02)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_looking_up_changes_no_result() -> None:
    """The loop runs for several ticks."""
    instance = instantiate_compiled("""(module
      (func (export "f") (param i64) (result i64) (local i64)
        (loop $l
          (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 31)) (i64.const 7)))
          (br_if $l (i64.ne (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))
            (i64.const 0))))
        (local.get 1)))""")
    count = 200_000_000
    # 7 * (31^n - 1) / 30, in 64 bits
    expected = 7 * ((pow(31, count, 30 << 64) - 1) // 30) % (1 << 64)
    assert invoke(instance, "f", count) == (expected,)


def test_other_threads_run_while_a_contract_does() -> None:
    """Only one of these ends it."""

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    def stop() -> None:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    instance = instantiate_compiled(f"(module {ENDLESS['a loop']})")
    before = signal.signal(signal.SIGUSR1, interrupt)
    timer = threading.Timer(0.02, stop)
    try:
        timer.start()
        with pytest.raises(Interrupted):
            invoke(instance, "f")
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_signals_that_come_at_host_calls_only_end_the_call() -> None:
    """They once could be raised on wasmtime's stack, and ended the process."""

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    calls = []
    source = """(module (import "e" "f" (func $f))
      (func (export "f") (loop $l (call $f) (br $l))))"""
    imports = {("e", "f"): host((), (), lambda: calls.append(1))}
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(100):
            instance = instantiate_compiled(source, imports)
            with pytest.raises(Interrupted):
                invoke_until_alarm(instance, 0.001)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(calls) > 100
