"""Runs that take turns on the loop's own thread, instead of worker threads."""

import asyncio
from concurrent.futures import Executor
from threading import get_ident
from time import monotonic
from typing import Any

import pytest

from contractvm.guests.errors import GuestError
from contractvm.guests.host_functions import host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import Cancelled, DeadlineExceeded, RanOutOfGas
from contractvm.guests.result import Result
from tests.helpers.guest_programs import UNITS_PER_GAS, load

SOURCE = """(import "env" "wait" (func $wait (param i64) (result i64)))
  (func (export "go") (param i64) (result i64)
    (i64.add (call $wait (local.get 0)) (call $wait (i64.const 100))))
  (func (export "often") (param i64)
    (loop (drop (call $wait (local.get 0)))
      (br_if 0 (i32.wrap_i64
        (local.tee 0 (i64.sub (local.get 0) (i64.const 1)))))))
  (func (export "work") (param i64) (result i64) (local i64)
    (loop (local.set 1 (i64.add (local.get 1) (local.get 0)))
      (br_if 0 (i64.ne (i64.const 0)
        (local.tee 0 (i64.sub (local.get 0) (i64.const 1))))))
    (local.get 1))
  (func (export "spin") (loop (br 0)))"""
LONG = Limits(gas=2**62 // UNITS_PER_GAS)


class NoThreads(Executor):
    """Refuses to run anything."""

    def submit(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("an inline run has no thread")


@host_function
async def wait(n: int) -> int:
    return n + 1


def inline(call: str, *arguments: int, **options: Any) -> Result:
    guest = load(SOURCE, [wait])
    return asyncio.run(
        guest.arun(call, arguments, inline=True, executor=NoThreads(), **options)
    )


def test_results_are_those_of_threads_on_both_engines(engine: str) -> None:
    guest = load(SOURCE, [wait], engine)
    for call, arguments in (("go", (5,)), ("often", (7,)), ("work", (1_000_000,))):
        first = asyncio.run(guest.arun(call, arguments, record=True))
        second = asyncio.run(guest.arun(call, arguments, record=True, inline=True))
        assert first == second
        assert first.ok


def test_the_interpreter_needs_no_thread() -> None:
    assert inline("go", 5).value == 107
    assert inline("work", 3_000_000).value == 3_000_000 * 3_000_001 // 2


def test_all_host_functions_run_on_the_loops_thread() -> None:
    threads = []

    @host_function(name="wait")
    def where(n: int) -> int:
        threads.append(get_ident())
        return n

    guest = load(SOURCE, [where])
    asyncio.run(guest.arun("go", (1,), inline=True))
    assert threads == [get_ident()] * 2


def turns_during(call: str, *arguments: int, **options: Any) -> tuple[int, float]:
    """How often another task had its turn during a run, and the seconds."""

    async def main() -> tuple[int, float]:
        guest = load(SOURCE, [wait])
        running = asyncio.create_task(
            guest.arun(call, arguments, inline=True, **options)
        )
        turns, start = 0, monotonic()
        while not running.done():
            turns += 1
            await asyncio.sleep(0)
        return turns, monotonic() - start

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("call", "argument"), [("work", 20_000_000), ("often", 100_000)]
)
def test_others_have_their_turns(call: str, argument: int) -> None:
    """Also where host functions never wait, which give the loop no chance."""
    turns, seconds = turns_during(call, argument, limits=LONG)
    # One in a millisecond or two; this thread may lose the processor in any of them.
    assert turns > 5
    assert turns > seconds / 0.05


def test_guests_are_served_in_turn() -> None:
    ended: list[str] = []

    async def run(name: str, turns: int) -> None:
        await load(SOURCE, [wait]).arun("work", (turns,), inline=True, limits=LONG)
        ended.append(name)

    async def main() -> None:
        await asyncio.gather(run("long", 30_000_000), run("short", 300_000))

    asyncio.run(main())
    assert ended == ["short", "long"]


def test_gas_and_deadlines_end_inline_runs() -> None:
    assert isinstance(inline("spin", limits=Limits(gas=1_000)).outcome, RanOutOfGas)
    limits = Limits(gas=LONG.gas, seconds=0.03)
    result = inline("spin", limits=limits)
    assert result.outcome == DeadlineExceeded(result.units_used)


def test_a_cancelled_task_ends_its_guest_first() -> None:
    async def main() -> Any:
        run = load(SOURCE, [wait]).new_run("spin", limits=LONG, record=True)
        task = asyncio.create_task(run.arun(inline=True))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return run.result

    result = asyncio.run(main())
    assert result.outcome == Cancelled(result.units_used)
    assert result.units_used > 0


def test_refusals_pass_inline() -> None:
    @host_function(name="wait")
    async def refuse(n: int) -> int:
        raise GuestError(9)

    guest = load(SOURCE, [refuse])
    assert asyncio.run(guest.arun("go", (1,), inline=True)).value == -18


def test_one_instance_takes_calls_of_both_kinds() -> None:
    """A call that is not inline has no turns."""

    async def main() -> list[Any]:
        with load(SOURCE, [host_function(plain, name="wait")]).instance() as instance:
            first = await instance.acall("work", 5_000_000, inline=True)
            second = instance.call("work", 5_000_000)
            third = await instance.acall("work", 5_000_000)
            return [first, second, third]

    results = asyncio.run(main())
    assert {result.value for result in results} == {12_500_002_500_000}
    assert len({result.units_used for result in results}) == 1


def plain(n: int) -> int:
    return n
