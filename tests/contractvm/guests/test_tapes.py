"""Tapes: a run recorded on one engine gives the same on the other, in all parts."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from contractvm.errors import TrapCode
from contractvm.guests.conversions import I32
from contractvm.guests.errors import GuestError
from contractvm.guests.frame import Context
from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import HostFunctionSpec, host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import (
    DeadlineExceeded,
    HostFailed,
    RanOutOfGas,
    Returned,
    Trapped,
)
from contractvm.guests.result import Result
from contractvm.guests.tape import MAGIC, ReplayDiverged, Tape, TapeError
from contractvm.runtime.engine_selection import other_engine
from tests.helpers.guest_programs import UNITS_PER_GAS, load

SOURCE = """(import "env" "ask" (func $ask (param i32 i32 i64) (result i32)))
  (import "env" "poke" (func $poke (param i32)))
  (import "guests" "take" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "question")
  (func (export "go") (param i64) (result i32)
    (local $n i32)
    (local.set $n (call $ask (i32.const 0) (i32.const 8) (local.get 0)))
    (call $poke (i32.const 50))
    (drop (call $take (i32.const 100) (local.get $n)))
    (i32.add (local.get $n) (i32.load8_u (i32.const 51))))
  (func (export "spin") (loop (br 0)))"""


@host_function
def ask(text: str, n: int) -> bytes:
    if n == 1:
        raise GuestError(5)
    if n == 2:
        raise OSError("no answer")
    return f"{text} {n}".encode()


@host_function(charge=3)
def poke(context: Context, at: I32) -> None:
    context.charge(4)
    context.write(at, b"\x07\x09")


def never(*_: object) -> None:
    raise AssertionError("a replay calls no host function")


def guest(engine: str) -> Guest:
    return load(SOURCE, [ask, poke], engine)


def silent_guest(engine: str) -> Guest:
    """The same module, with host functions that must not be called."""
    return load(SOURCE, [replace_call(ask), replace_call(poke)], engine)


def replace_call(spec: HostFunctionSpec) -> HostFunctionSpec:
    return dataclasses.replace(spec, call=never)


def record(engine: str, call: str = "go", argument: int = 7, **options: Any) -> Result:
    arguments = (argument,) if call == "go" else ()
    result = guest(engine).run(call, arguments, record=True, **options)
    assert result.tape is not None
    return result


def replayed(result: Result, engine: str) -> Result:
    assert result.tape is not None
    return silent_guest(engine).replay(result.tape)


def test_a_tape_replays_on_the_other_engine(engine: str, tmp_path: Path) -> None:
    result = record(engine)
    assert (result.outcome, result.value) == (Returned(), len("question 7") + 9)
    assert result.tape is not None
    result.tape.save(tmp_path / "run.tape")
    tape = Tape.load(tmp_path / "run.tape")
    assert tape == result.tape
    again = silent_guest(other_engine(engine)).replay(tape)
    assert again == result.replaced(tape=None, engine=other_engine(engine))


def test_what_a_tape_holds_of_a_call() -> None:
    tape = record("interpreter").tape
    assert tape is not None
    asked, poked = tape.calls
    assert (asked.name, asked.arguments) == ("env.ask", (0, 8, 7))
    assert (asked.pointers, asked.contents) == ((0,), (b"question",))
    assert (asked.results, asked.answer) == ((10,), b"question 7")
    assert (asked.units, asked.charged) == (0, 22 * UNITS_PER_GAS)
    assert (poked.writes, poked.results) == (((50, b"\x07\x09"),), ())
    assert (poked.units, poked.charged) == (asked.charged, 7 * UNITS_PER_GAS)


@pytest.mark.parametrize(
    ("argument", "outcome"),
    [
        (1, Trapped(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)),
        (2, HostFailed("ask", "OSError: no answer")),
    ],
)
def test_refusals_and_failures_replay(argument: int, outcome: Any, engine: str) -> None:
    if argument == 1:
        result = record(engine, argument=1)
        # The refusal is -5: the guest takes what is not there, and adds 9.
        assert result.value == -5 + 9
    else:
        result = record(engine, argument=argument)
        assert result.outcome == outcome
    again = replayed(result, other_engine(engine))
    assert (again.outcome, again.value) == (result.outcome, result.value)
    assert again.units_used == result.units_used


@pytest.mark.parametrize("gas", [0, 5, 21, 22, 28, 29, 30, 49, 50, 100])
def test_a_run_out_of_gas_at_any_point_replays(gas: int, engine: str) -> None:
    result = record(engine, limits=Limits(gas=gas))
    assert isinstance(result.outcome, RanOutOfGas) is (gas < 50)
    again = replayed(result, other_engine(engine))
    assert again == result.replaced(tape=None, engine=other_engine(engine))


def test_a_run_that_was_stopped_replays_to_where_it_stopped(engine: str) -> None:
    limits = Limits(gas=2**62 // UNITS_PER_GAS, seconds=0.03)
    result = record(engine, "spin", limits=limits)
    assert isinstance(result.outcome, DeadlineExceeded)
    again = replayed(result, other_engine(engine))
    assert again.outcome == result.outcome
    assert again.units_used == result.units_used


def test_an_async_run_replays_without_a_loop(engine: str) -> None:
    @host_function(name="ask")
    async def ask_slowly(text: str, n: int) -> bytes:
        await asyncio.sleep(0)
        return f"{text} {n}".encode()

    slow = load(SOURCE, [ask_slowly, poke], engine)
    result = asyncio.run(slow.arun("go", (7,), record=True))
    assert result.tape == record(engine).tape
    assert replayed(result, other_engine(engine)).value == result.value


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "env.other"}, "name"),
        ({"arguments": (0, 8, 8)}, "arguments"),
        ({"contents": (b"Question",)}, "contents"),
        ({"units": 1}, "units"),
    ],
)
def test_a_changed_call_is_noticed(changes: Any, field: str, engine: str) -> None:
    tape = record(engine).tape
    assert tape is not None
    first, second = tape.calls
    changed = replace(tape, calls=(replace(first, **changes), second))
    with pytest.raises(ReplayDiverged) as caught:
        silent_guest(engine).replay(changed)
    assert (caught.value.index, caught.value.field) == (0, field)


def test_a_changed_answer_is_noticed(engine: str) -> None:
    tape = record(engine).tape
    assert tape is not None
    first, second = tape.calls
    for changed_call, index, field in (
        (replace(first, results=(9,)), None, "value"),
        (replace(first, charged=first.charged + 1), 1, "units"),
    ):
        changed = replace(tape, calls=(changed_call, second))
        with pytest.raises(ReplayDiverged) as caught:
            silent_guest(engine).replay(changed)
        assert (caught.value.index, caught.value.field) == (index, field)


def test_missing_and_superfluous_calls_are_noticed(engine: str) -> None:
    tape = record(engine).tape
    assert tape is not None
    first, second = tape.calls
    for calls, index in (((first,), 1), ((first, second, second), 2)):
        with pytest.raises(ReplayDiverged) as caught:
            silent_guest(engine).replay(replace(tape, calls=calls))
        assert (caught.value.index, caught.value.field) == (index, "call")


def test_a_tape_of_something_else_is_refused(engine: str) -> None:
    tape = record(engine).tape
    assert tape is not None
    other = load('(func (export "go"))', [], engine)
    with pytest.raises(TapeError, match=r"^the tape is of another module$"):
        other.replay(tape)
    for what, changes in (
        ("schedule", {"schedule": bytes(32)}),
        ("metering", {"metering": "other-1"}),
        ("ABI", {"abi": "other"}),
    ):
        with pytest.raises(TapeError, match=f"^the tape is of another {what}$"):
            guest(engine).replay(replace(tape, **changes))


def test_secret_answers_are_not_kept(engine: str) -> None:
    secret = host_function(ask.call, name="ask", secret=True)
    result = load(SOURCE, [secret, poke], engine).run("go", (7,), record=True)
    assert result.tape is not None
    assert [call.name for call in result.tape.calls] == ["env.poke"]
    assert b"question 7" not in msgspec.msgpack.encode(result.tape)
    with pytest.raises(TapeError, match=r"^the answers of env\.ask are secret"):
        guest(engine).replay(result.tape)


def test_damaged_files_are_no_tapes(tmp_path: Path) -> None:
    tape = record("interpreter").tape
    assert tape is not None
    path = tmp_path / "run.tape"
    tape.save(path)
    data = path.read_bytes()
    for damaged in (b"", b"x", MAGIC, data[:-1], MAGIC + b"\x91" * 100_000):
        path.write_bytes(damaged)
        with pytest.raises(TapeError):
            Tape.load(path)
    path.write_bytes(MAGIC + msgspec.msgpack.encode(replace(tape, format=2)))
    with pytest.raises(TapeError, match=r"^format 2, not 1$"):
        Tape.load(path)
