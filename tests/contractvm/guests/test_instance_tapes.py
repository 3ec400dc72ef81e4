"""Tapes of instances: several calls, their limits, what the caller wrote."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contractvm.errors import TrapCode
from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import (
    DeadlineExceeded,
    LimitReached,
    RanOutOfGas,
    Returned,
    Trapped,
)
from contractvm.guests.run import GuestInstance
from contractvm.guests.tape import ReplayDiverged, Tape, TapeError
from contractvm.runtime.engine_selection import other_engine
from tests.helpers.guest_programs import UNITS_PER_GAS, load

SOURCE = """(import "env" "add" (func $add (param i64 i64) (result i64)))
  (memory (export "memory") 1)
  (global $sum (mut i64) (i64.const 0))
  (func (export "more") (param i64) (result i64)
    (global.set $sum (call $add (global.get $sum) (local.get 0)))
    (global.get $sum))
  (func (export "malloc") (param i32) (result i32) (i32.const 64))
  (func (export "echo") (param i32 i32) (result i64)
    (i64.or (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
      (i64.extend_i32_u (local.get 1))))
  (func (export "at") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "spin") (loop (br 0)))
  (func (export "fail") unreachable)"""


@host_function
def add(a: int, b: int) -> int:
    return a + b


@host_function(name="add")
def never(a: int, b: int) -> int:
    raise AssertionError("a replay calls no host function")


def guest(engine: str) -> Guest:
    return load(SOURCE, [add], engine)


def silent(engine: str) -> Guest:
    return load(SOURCE, [never], engine)


def recorded(engine: str, work: Any, **options: Any) -> tuple[Tape, Any]:
    """The tape of what `work` did with an instance, and its last result."""
    with guest(engine).instance(record=True, **options) as instance:
        result = work(instance)
        return instance.tape, result


def several(instance: GuestInstance) -> Any:
    instance.call("more", 3)
    instance.call("echo", b"abc", returns=bytes)
    instance.memory.write(500, b"\x2a")
    assert instance.call("at", 500).value == 42
    instance.call("more", 4, limits=Limits(gas=77))
    return instance.call("echo", "text", returns=str)


def test_several_calls_replay_on_the_other_engine(engine: str, tmp_path: Path) -> None:
    tape, last = recorded(engine, several)
    assert (last.outcome, last.value) == (Returned(), "text")
    assert [(step.call, step.arguments, step.returns) for step in tape.steps] == [
        ("more", (3,), ""),
        ("echo", (b"abc",), "bytes"),
        ("at", (500,), ""),
        ("more", (4,), ""),
        ("echo", ("text",), "str"),
    ]
    assert tape.steps[2].writes == ((500, b"\x2a"),)
    limits = tape.steps[3].limits
    assert limits is not None
    assert limits["gas"] == 77
    assert [call.arguments for call in tape.calls] == [(0, 3), (3, 4)]
    tape.save(tmp_path / "tape")
    other = other_engine(engine)
    again = silent(other).replay(Tape.load(tmp_path / "tape"))
    assert again == last.replaced(engine=other)


def test_a_run_is_a_tape_of_one_call() -> None:
    tape = guest("interpreter").run("more", (5,), record=True).tape
    assert tape is not None
    alone, _ = recorded("wasmtime", lambda instance: instance.call("more", 5))
    assert tape == alone


def changed(tape: Tape, index: int, **fields: Any) -> Tape:
    steps = list(tape.steps)
    steps[index] = replace(steps[index], **fields)
    return replace(tape, steps=tuple(steps))


@pytest.mark.parametrize(
    ("index", "fields", "field"),
    [
        (2, {"writes": ((500, b"\x2b"),)}, "value"),
        (2, {"arguments": (501,)}, "value"),
        (0, {"call": "at"}, "value"),
        (3, {"limits": {"gas": 0}}, "outcome"),
        (4, {"returns": ""}, "value"),
    ],
)
def test_a_changed_step_is_noticed(index: int, fields: Any, field: str) -> None:
    tape, _ = recorded("interpreter", several)
    with pytest.raises(ReplayDiverged) as caught:
        silent("interpreter").replay(changed(tape, index, **fields))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "fields",
    [
        {"writes": ((65_536, b"a"),)},
        {"call": "nothing"},
        {"arguments": (1, 2)},
        {"arguments": ("text",)},
        {"returns": "int"},
        {"limits": {"gas": -1}},
        {"limits": {"other": 1}},
        {"limits": {"gas": 2**62}},
    ],
)
def test_a_damaged_step_is_an_error_of_the_tape(fields: Any) -> None:
    tape, _ = recorded("interpreter", several)
    with pytest.raises(TapeError):
        silent("wasmtime").replay(changed(tape, 2, **fields))


def test_nothing_can_be_written_before_the_first_call() -> None:
    tape, _ = recorded("interpreter", several)
    with pytest.raises(TapeError, match="there is no memory"):
        silent("interpreter").replay(changed(tape, 0, writes=((0, b"a"),)))
    with pytest.raises(TapeError, match="there is no call"):
        silent("interpreter").replay(replace(tape, steps=(), calls=()))


def test_calls_after_one_that_failed_are_an_error() -> None:
    tape, _ = recorded("interpreter", lambda one: one.call("fail"))
    assert tape.steps[0].end.outcome == Trapped(TrapCode.UNREACHABLE)
    assert silent("wasmtime").replay(tape).outcome == Trapped(TrapCode.UNREACHABLE)
    with pytest.raises(TapeError, match="has ended"):
        silent("interpreter").replay(replace(tape, steps=tape.steps * 2))


def test_a_call_that_was_stopped_replays_after_others(engine: str) -> None:
    def work(instance: GuestInstance) -> Any:
        instance.call("more", 1)
        gas = 2**62 // UNITS_PER_GAS
        return instance.call("spin", limits=Limits(gas=gas, seconds=0.03))

    tape, last = recorded(engine, work)
    assert isinstance(last.outcome, DeadlineExceeded)
    again = silent(other_engine(engine)).replay(tape)
    assert (again.outcome, again.units_used) == (last.outcome, last.units_used)


@pytest.mark.parametrize(("gas", "calls"), [(39, 1), (40, 2), (41, 2)])
def test_gas_that_calls_share_is_shared_again(gas: int, calls: int) -> None:
    def work(instance: GuestInstance) -> Any:
        return [instance.call("more", 1) for _ in range(2)][-1]

    tape, last = recorded("interpreter", work, limits=Limits(gas=gas))
    assert isinstance(last.outcome, RanOutOfGas) is (calls == 1)
    again = silent("wasmtime").replay(tape)
    assert again == last.replaced(engine="wasmtime")


def test_host_calls_are_counted_over_all_calls() -> None:
    def work(instance: GuestInstance) -> Any:
        instance.call("more", 1)
        return instance.call("more", 1)

    tape, last = recorded("interpreter", work, limits=Limits(host_calls=1))
    assert last.outcome == LimitReached("host_calls", 1)
    assert silent("wasmtime").replay(tape).outcome == last.outcome


def test_async_calls_are_recorded_as_others() -> None:
    async def work() -> Tape:
        with guest("interpreter").instance(record=True) as instance:
            await instance.acall("more", 3)
            await instance.acall("more", 4)
            return instance.tape

    tape = asyncio.run(work())
    assert [step.arguments for step in tape.steps] == [(3,), (4,)]
    assert silent("wasmtime").replay(tape).value == 7


def test_an_instance_without_record_has_no_tape() -> None:
    instance = guest("interpreter").instance()
    with instance, pytest.raises(ValueError, match="is not recorded"):
        _ = instance.tape
