"""Runs on an event loop: async host functions, many at once, cancelled tasks."""

import asyncio
from threading import get_ident
from typing import Any

import pytest

from contractvm.guests.errors import GuestError
from contractvm.guests.host_functions import host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import Cancelled, HostFailed, Returned
from tests.helpers.guest_programs import UNITS_PER_GAS, load

WAITER = """(import "env" "wait" (func $wait (param i64) (result i64)))
  (func (export "go") (param i64) (result i64)
    (i64.add (call $wait (local.get 0)) (call $wait (i64.const 100))))
  (func (export "spin") (loop (br 0)))"""
LONG = Limits(gas=2**62 // UNITS_PER_GAS)


@host_function
async def wait(n: int) -> int:
    await asyncio.sleep(0.001)
    return n + 1


def test_the_guest_waits_for_async_host_functions(engine: str) -> None:
    result = asyncio.run(load(WAITER, [wait], engine).arun("go", (5,)))
    assert (result.outcome, result.value) == (Returned(), 107)
    assert result.units_by_host == 2 * 20 * UNITS_PER_GAS
    assert result.host_calls == {"wait": 2}


def test_async_functions_run_on_the_callers_loop(engine: str) -> None:
    threads = []

    @host_function(name="wait")
    async def where(n: int) -> int:
        threads.append(get_ident())
        return n

    asyncio.run(load(WAITER, [where], engine).arun("go", (1,)))
    assert set(threads) == {get_ident()}


def test_guests_that_wait_hold_no_thread() -> None:
    """More guests wait at once than the loop has threads."""
    waiting = 0
    greatest = 0
    everyone = 200

    async def main() -> list[Any]:
        all_wait = asyncio.Event()

        @host_function(name="wait")
        async def together(n: int) -> int:
            nonlocal waiting, greatest
            waiting += 1
            greatest = max(greatest, waiting)
            if waiting == everyone:
                all_wait.set()
            await all_wait.wait()
            return n

        guest = load(WAITER, [together])
        return await asyncio.gather(
            *[guest.arun("go", (number,)) for number in range(everyone)]
        )

    results = asyncio.run(main())
    assert [result.value for result in results] == [n + 100 for n in range(everyone)]
    assert greatest >= everyone


def test_run_refuses_async_functions_at_the_start() -> None:
    with pytest.raises(TypeError, match=r"^wait is async: it needs arun or acall$"):
        load(WAITER, [wait]).run("go", (1,))


def test_refusals_and_exceptions_of_async_functions(engine: str) -> None:
    @host_function(name="wait")
    async def refuse(n: int) -> int:
        await asyncio.sleep(0)
        raise GuestError(9)

    @host_function(name="wait")
    async def fail(n: int) -> int:
        await asyncio.sleep(0)
        raise LookupError("gone")

    refused = asyncio.run(load(WAITER, [refuse], engine).arun("go", (1,)))
    assert refused.value == -18
    failed = asyncio.run(load(WAITER, [fail], engine).arun("go", (1,)))
    assert failed.outcome == HostFailed("wait", "LookupError: gone")
    assert isinstance(failed.exception, LookupError)


def test_a_cancelled_task_stops_the_guest(engine: str) -> None:
    async def main() -> Any:
        run = load(WAITER, [wait], engine).new_run("spin", limits=LONG)
        task = asyncio.create_task(run.arun())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return run.result

    result = asyncio.run(main())
    assert result.outcome == Cancelled(result.units_used)


def test_a_task_cancelled_while_it_waits_cancels_the_host_function(engine: str) -> None:
    seen = []
    has_begun = asyncio.Event()

    @host_function(name="wait")
    async def for_ever(n: int) -> int:
        has_begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return n

    async def main() -> None:
        task = asyncio.create_task(load(WAITER, [for_ever], engine).arun("go", (1,)))
        await has_begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["cancelled"]


def test_calls_of_an_instance_may_wait(engine: str) -> None:
    async def main() -> list[Any]:
        with load(WAITER, [wait], engine).instance() as instance:
            return [(await instance.acall("go", n)).value for n in range(3)]

    assert asyncio.run(main()) == [102, 103, 104]
