"""An ABI is a value: one more needs nothing but a class and a row in the table.

The one here has functions with state of its own, an argument in bytes that they read, a
way of its own to pass bytes to host functions, and a function that a capability serves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from contractvm.errors import ExecutionStopped
from contractvm.guests import abis
from contractvm.guests.abi import Costs, NoAbi
from contractvm.guests.capabilities.infer import Infer
from contractvm.guests.frame import GuestFrame
from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import host_function
from contractvm.guests.limits import Limits
from contractvm.guests.options import AbiKeywords, RunOptions
from contractvm.guests.outcomes import Failed, Outcome
from contractvm.guests.passing import BY_POINTER, ByPointer, Passing, PassingFrame
from contractvm.guests.requirements import Requirements
from contractvm.guests.services import Services
from contractvm.guests.tape import ReplayDiverged, TapeError
from contractvm.hosts.interface import func_type
from contractvm.runtime.engine_selection import ENGINES, other_engine
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.structure.types import FuncType, ValType
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, HostCost
from tests.helpers.source_tree import ROOT
from tests.helpers.wat import wat_to_wasm

INFER = ("capability:infer", "infer")
SOURCE = """(module
  (import "toy" "next" (func $next (result i64)))
  (import "toy" "size" (func $size (result i32)))
  (import "toy" "think" (func $think (param i32 i32) (result i32)))
  (import "toy" "give_up" (func $give_up))
  (import "toy:user" "mark" (func $mark (param i64) (result i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "toy")
  (func (export "main") (result i64)
    (drop (call $next))
    (i64.add
      (i64.mul (call $next) (i64.const 1000))
      (i64.add (i64.extend_i32_u (call $size))
        (i64.mul (i64.const 100) (i64.extend_i32_u
          (call $think (i32.const 0) (i32.const 3)))))))
  (func (export "marked") (result i64) (call $mark (i64.const 3)))
  (func (export "fail") (call $give_up)))"""


class GaveUp(ExecutionStopped):
    """The guest gave up."""


class ToyFrame(GuestFrame):
    """Numbers that have been given, and the argument of the last call."""

    def __init__(self, options: RunOptions, costs: Costs, services: Services) -> None:
        super().__init__(options.limits, costs)
        self.services = services
        self.number = int(options.config.get("first", "0"))
        self.argument = b""
        self.granted: list[int] = []

    def grant(self, units: int) -> None:
        super().grant(units)
        self.granted.append(units)


def toy_next(frame: ToyFrame) -> int:
    frame.count_call("next")
    frame.meter.charge(7)
    frame.number += 1
    return frame.number


def toy_size(frame: ToyFrame) -> int:
    return len(frame.argument)


def toy_think(frame: ToyFrame, pointer: int, length: int) -> int:
    frame.services.call(INFER, frame, frame.memory.read(pointer, length))
    return len(frame.answer)


def toy_give_up(frame: ToyFrame) -> None:
    raise GaveUp(str(frame.number))


class Packed(ByPointer):
    """A pointer and a length in one i64."""

    params = (ValType.I64,)
    result = ValType.I64

    def length(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> int:
        return raw[at] & 0xFFFF

    def read(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> bytes:
        return frame.memory.read(raw[at] >> 32, raw[at] & 0xFFFF)


class ToyAbi(NoAbi):
    name = "toy"
    functions = MappingProxyType(
        {
            ("toy", name): HostFunc(func_type(*letters), run, takes_context=True)
            for name, letters, run in (
                ("next", ("", "I"), toy_next),
                ("size", ("", "i"), toy_size),
                ("think", ("ii", "i"), toy_think),
                ("give_up", ("", ""), toy_give_up),
            )
        }
    )

    def matches(self, requirements: Requirements) -> bool:
        return any(module == "toy" for module, _, _ in requirements.imports)

    def passing_of(self, module: str) -> Passing:
        return Packed() if module == "toy:user" else BY_POINTER

    def frame(
        self, options: RunOptions, costs: Costs, services: Services
    ) -> GuestFrame:
        return ToyFrame(options, costs, services)

    def enter(
        self, frame: GuestFrame, kind: FuncType, arguments: Sequence[Any]
    ) -> Sequence[Any]:
        assert isinstance(frame, ToyFrame)
        frame.argument, *rest = arguments or (b"",)
        return rest

    def leave(self, frame: GuestFrame, kind: FuncType, value: Any) -> Any:
        return f"<{value}>"

    def outputs(self, frame: GuestFrame) -> Mapping[str, Any]:
        assert isinstance(frame, ToyFrame)
        return {"stdout": b"%d" % frame.number}

    def pack(self, options: RunOptions) -> bytes:
        return options.config.get("first", "0").encode()

    def unpack(self, data: bytes) -> AbiKeywords:
        return {"config": {"first": str(int(data))}}

    def digest(self, frame: GuestFrame) -> bytes:
        assert isinstance(frame, ToyFrame)
        return sha256(b"%d" % frame.number).digest()

    def outcome_of(self, error: Exception) -> Outcome | None:
        return Failed(str(error)) if isinstance(error, GaveUp) else None


@host_function(module="toy:user")
def mark(text: str) -> str:
    return text + "!"


@pytest.fixture(autouse=True)
def _row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abis, "ABIS", (ToyAbi(), *abis.ABIS))


def priced() -> GasSchedule:
    """A schedule that has prices of the ABI's functions, as Guest.load requires."""
    schedule = load_schedule("guests-1")
    costs = {name: HostCost(0) for _, name in ToyAbi.functions}
    return replace(schedule, host_costs={**schedule.host_costs, "toy": costs})


def toy(engine: str) -> Guest:
    wasm = wat_to_wasm(SOURCE)
    return Guest.load(wasm, engine=engine, host=[mark], schedule=priced())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_new_abi_runs_records_and_replays(engine: str) -> None:
    guest = toy(engine)
    assert guest.abi.name == "toy"
    result = guest.run(
        "main",
        (b"four",),
        config={"first": "5"},
        capabilities=[Infer(lambda data: data * 3)],
        record=True,
    )
    # The second number, the 9 bytes that were answered, the 4 of the argument.
    assert (result.value, result.stdout) == ("<7904>", b"7")
    assert result.host_calls == {"next": 2, "infer": 1}
    tape = result.tape
    assert tape is not None
    assert [call.name for call in tape.calls] == ["capability:infer.infer"]
    other = other_engine(engine)
    assert toy(other).replay(tape) == result.replaced(tape=None, engine=other)


def test_its_own_way_of_passing_is_recorded_and_replayed() -> None:
    result = toy("interpreter").run("marked", record=True)
    assert (result.value, result.host_calls) == ("<4>", {"mark": 1})
    assert result.tape is not None
    (call,) = result.tape.calls
    assert (call.arguments, call.contents, call.answer) == ((3,), (b"toy",), b"toy!")
    again = toy("wasmtime").replay(result.tape)
    assert again == result.replaced(tape=None, engine="wasmtime")


def test_its_stops_are_its_outcomes_and_its_options_are_on_the_tape() -> None:
    result = toy("wasmtime").run("fail", config={"first": "8"}, record=True)
    assert result.outcome == Failed("8")
    assert result.tape is not None
    assert toy("interpreter").replay(result.tape).outcome == Failed("8")
    changed = msgspec.structs.replace(result.tape.inputs, state=b"9")
    with pytest.raises(ReplayDiverged) as caught:
        toy("interpreter").replay(msgspec.structs.replace(result.tape, inputs=changed))
    assert caught.value.found == Failed("9")


def test_it_hears_of_more_gas() -> None:
    with toy("interpreter").instance(limits=Limits(gas=3_000)) as instance:
        frame = instance._instance.frame
        used = instance.call("marked").units_used
        instance.call("marked", limits=Limits(gas=2_000))
        assert isinstance(frame, ToyFrame)
        assert frame.granted == [30_000_000, used + 20_000_000 - 30_000_000]


def test_a_tape_is_of_one_abi() -> None:
    result = toy("interpreter").run("marked", record=True)
    assert result.tape is not None
    tape = msgspec.structs.replace(result.tape, abi="none")
    with pytest.raises(TapeError, match="another ABI"):
        toy("interpreter").replay(tape)


def test_only_the_modules_of_abis_name_one() -> None:
    folder = ROOT.joinpath("contractvm", "guests")
    named = [
        path.name
        for path in sorted(folder.rglob("*.py"))
        if any(word in path.read_text().lower() for word in ("wasi", "extism"))
    ]
    assert named == ["abis.py", "extism_abi.py", "wasi_abi.py"]
