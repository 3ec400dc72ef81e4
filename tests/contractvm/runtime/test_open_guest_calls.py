"""Open guest calls: how they end midway, which thread may continue, what they leave."""

import gc
import resource
import signal
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from contractvm.errors import InternalError
from contractvm.runtime.engine_selection import ENGINES
from contractvm.wasm.engines.suspension import Suspension
from tests.helpers.guest_calls import (
    ADD,
    CALL,
    HEIGHT,
    PLENTY,
    GuestContract,
    ask_guest,
    first_result,
)
from tests.helpers.threads import in_another_thread, in_threads


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def waiting_inside(contract: GuestContract, value: int) -> Suspension:
    """A guest call inside each call, to the last, which waits for the driver."""
    if value == 0:
        return Suspension("message", lambda answer: answer)
    return ask_guest("ask", value - 1, first_result)


class Interrupted(Exception):
    pass


# Abandonment


@pytest.mark.parametrize("depth", [0, 1, 2, 8])
def test_calls_left_open_end_where_the_next_one_begins(engine: str, depth: int) -> None:
    contract = GuestContract(engine, waiting_inside)
    for turn in range(1, 50):
        assert isinstance(contract.call("ask", depth), Suspension)
        assert contract.height == (depth + 1) * HEIGHT
        assert contract.run.meter.left == PLENTY - turn * (depth + 1) * CALL
    assert contract.run.resume(7) == (7 + 1_000 * (depth + 1),)
    assert contract.height == 0


def test_an_execution_is_abandoned_with_what_is_inside(engine: str) -> None:
    """As the drivers do it on each engine, the innermost first."""
    contract = GuestContract(engine, waiting_inside)
    instance = contract.run.instance
    outer, inner = instance.start("ask", 0), instance.start("ask", 0)
    outer.resume()
    inner.resume()
    inner.abandon()
    inner.abandon()
    with pytest.raises(InternalError, match="the execution is over"):
        inner.resume(1)
    assert outer.resume(4) == (1_004,)
    outer.abandon()
    unbegun = instance.start("ask", 0)
    unbegun.abandon()
    with pytest.raises(InternalError, match="the execution is over"):
        unbegun.resume()
    assert instance.start("allocate", 3).resume() == (1_024,)


def test_a_running_execution_is_not_abandoned(engine: str) -> None:
    messages = []

    def ask(contract: GuestContract, value: int) -> int:
        with pytest.raises(InternalError) as raised:
            executions[0].abandon()
        messages.append(str(raised.value))
        return 6

    contract = GuestContract(engine, ask)
    executions = [contract.run.instance.start("ask", 0)]
    assert executions[0].resume() == (1_006,)
    assert messages == ["the execution is running"]


def test_a_host_func_that_raises_after_its_guest_call_ends_all(engine: str) -> None:
    class Refusal(Exception):
        pass

    def ask(contract: GuestContract, value: int) -> int | Suspension:
        def refuse(outcome: object) -> int:
            raise refusal

        return ask_guest("ask", value - 1, refuse) if value else 0

    refusal = Refusal("no")
    contract = GuestContract(engine, ask)
    for _ in range(3):
        with pytest.raises(Refusal) as raised:
            contract.call("ask", 3)
        assert raised.value is refusal
        with pytest.raises(InternalError):
            contract.run.resume(1)
    assert contract.call("allocate", 3) == (1_024,)
    assert contract.height == 0
    assert contract.run.meter.left == PLENTY - 3 * (4 * CALL + ADD) - ADD


@pytest.mark.usefixtures("_without_collector")
@pytest.mark.parametrize("depth", [0, 1, 8])
def test_a_run_that_is_dropped_frees_all_its_calls(engine: str, depth: int) -> None:
    class Anchor:
        def __call__(self, contract: GuestContract, value: int) -> Suspension:
            return waiting_inside(contract, value)

    anchor = Anchor()
    watched = weakref.ref(anchor)
    contract = GuestContract(engine, anchor)
    del anchor
    assert isinstance(contract.call("ask", depth), Suspension)
    assert watched() is not None
    del contract
    assert watched() is None


@pytest.mark.parametrize("depth", [0, 3])
def test_a_signal_ends_a_guest_call_that_would_not_end(engine: str, depth: int) -> None:
    """There is no other limit of time; code that checks for it continues."""

    def interrupt(number: int, frame: object) -> None:
        raise Interrupted

    def ask(contract: GuestContract, value: int) -> Suspension:
        name = "ask" if value else "forever"
        return ask_guest(name, max(value - 1, 0), first_result)

    contract = GuestContract(engine, ask)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(Interrupted):
            contract.call("ask", depth)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert contract.run.meter.left == PLENTY - (depth + 1) * CALL
    assert contract.call("allocate", 3) == (1_024,)
    assert contract.height == 0


SPIN = """(module (import "e" "ask" (func $ask (param i32) (result i32)))
  (memory 1)
  (func (export "ask") (param i32) (result i32) (call $ask (local.get 0)))
  (func (export "spin") (param i32) (result i32) (local i32)
    (loop $l
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1)))"""


def test_looking_up_inside_a_guest_call_changes_no_result(engine: str) -> None:
    """On wasmtime the inner loop runs for several ticks, during which both wait."""
    turns = 150_000_000 if engine == "wasmtime" else 3_000_000
    gas = 10**12

    def ask(contract: GuestContract, value: int) -> Suspension:
        return ask_guest("spin", value, first_result)

    contract = GuestContract(engine, ask, gas, source=SPIN)
    assert contract.call("ask", turns) == (turns * (turns + 1) // 2 % 2**32,)
    assert contract.run.meter.left == gas - CALL - turns * ADD


# Threads


def test_guest_calls_go_from_thread_to_thread(engine: str) -> None:
    contract = in_another_thread(lambda: GuestContract(engine, waiting_inside))
    waiting = in_another_thread(lambda: contract.call("ask", 3))
    assert isinstance(waiting, Suspension)
    assert in_another_thread(lambda: contract.memory.pages) == 1
    assert in_another_thread(lambda: contract.run.resume(6)) == (4_006,)


def test_runs_with_guest_calls_work_in_many_threads_at_once(engine: str) -> None:
    def ask(contract: GuestContract, value: int) -> int | Suspension:
        return ask_guest("ask", value - 1, first_result) if value else 5

    def work() -> list[object]:
        contract = GuestContract(engine, ask)
        return [contract.call("ask", n % 9) for n in range(200)]

    expected = [(5 + 1_000 * (n % 9 + 1),) for n in range(200)]
    assert in_threads([work] * 4) == [expected] * 4


def test_open_calls_are_dropped_in_any_thread(engine: str) -> None:
    held: list[Any] = [GuestContract(engine, waiting_inside)]
    assert isinstance(held[0].call("ask", 3), Suspension)
    held.append(held)  # a cycle, for the collector alone
    del held
    assert isinstance(in_another_thread(gc.collect), int)


# What is left over


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def mappings() -> int:
    with open("/proc/self/maps") as file:
        return len(file.readlines())


def go_on(contract: GuestContract) -> None:
    assert contract.call("ask", 3) == (4_000,)


def leave_open(contract: GuestContract) -> None:
    assert isinstance(contract.call("ask", 103), Suspension)


def stop(contract: GuestContract) -> None:
    with pytest.raises(KeyError):
        contract.call("ask", 203)


@pytest.mark.parametrize("work", [go_on, leave_open, stop])
def test_thousands_of_guest_calls_leave_nothing_behind(engine: str, work: Any) -> None:
    def ask(contract: GuestContract, value: int) -> int | Suspension:
        if value == 200:
            raise KeyError
        if value == 100:
            return Suspension("message", lambda answer: answer)
        return ask_guest("ask", value - 1, first_result) if value else 0

    contract = GuestContract(engine, ask)
    for _ in range(100):
        work(contract)
    gc.collect()
    before, mapped, threads = resident_bytes(), mappings(), threading.active_count()
    for _ in range(3_000):
        work(contract)
    gc.collect()
    # Nine thousand stacks of at least a page each: over 36 MiB.
    assert resident_bytes() - before < 8 << 20
    assert mappings() - mapped < 50
    assert threading.active_count() == threads
