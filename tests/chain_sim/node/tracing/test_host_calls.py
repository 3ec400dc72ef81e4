"""Traces of host calls: their entries, their bounds, and the calls within them."""

from types import SimpleNamespace
from typing import Any

import pytest

from chain_sim.node.tracing import host_calls
from chain_sim.node.tracing.host_calls import HostCallTracer
from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.hosts.interface import HostFunction
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.types import FuncType, ValType

ADDRESS = b"\xaa" * 20
NUMBERS = FuncType((ValType.I32, ValType.I64), (ValType.I32,))
INPUTS = (1).to_bytes(4, "big") + (2).to_bytes(8, "big")


class OutsideMemory:
    """A memory whose every range is outside."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, pointer: int, size: int) -> bytes:
        raise self._error


def frame_with(memory: object = None) -> Any:
    return SimpleNamespace(
        address=ADDRESS, meter=SimpleNamespace(left=500), memory=memory
    )


def wrapped(tracer: HostCallTracer, name: str, value: Any) -> Any:
    """The host function `name` as the tracer has it; it returns a value."""
    frame = frame_with()

    def run(_: Any, *arguments: int) -> Any:
        frame.meter.left -= 10
        return value

    function = HostFunction("host", name, NUMBERS, run, takes_frame=True)
    call = tracer._wrapped(function)
    return lambda: call(frame, 1, 2)


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "args": "0x" + INPUTS.hex(),
        "outs": "0x0000000000000007",
        "startInk": 500,
        "address": "0x" + ADDRESS.hex(),
        "endInk": 490,
        **more,
    }


def test_calls_within_a_call_are_its_steps() -> None:
    tracer = HostCallTracer()
    outer = wrapped(tracer, "outer", Suspension("first", lambda outcome: outcome))()
    assert outer.request == "first"
    assert wrapped(tracer, "inner", 7)() == 7
    # The driver may be asked for more before there is a result.
    again = outer.complete(Suspension("second", lambda outcome: outcome + 2))
    assert again.request == "second"
    assert wrapped(tracer, "second", 7)() == 7
    assert again.complete(5) == 7
    assert wrapped(tracer, "after", 7)() == 7
    steps = [entry("inner"), entry("second")]
    assert tracer.entries == [entry("outer", steps=steps), entry("after")]


def test_calls_too_deep_are_steps_of_the_deepest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert host_calls.MAX_DEPTH == 200
    monkeypatch.setattr(host_calls, "MAX_DEPTH", 1)
    tracer = HostCallTracer()
    waits = Suspension("more", lambda outcome: outcome)
    first = wrapped(tracer, "first", waits)()
    second = wrapped(tracer, "second", waits)()
    assert wrapped(tracer, "third", 7)() == 7
    assert second.complete(7) == 7
    assert wrapped(tracer, "fourth", 7)() == 7
    assert first.complete(7) == 7
    assert wrapped(tracer, "fifth", 7)() == 7
    steps = [entry("second"), entry("third"), entry("fourth")]
    assert tracer.entries == [entry("first", steps=steps), entry("fifth")]


def test_entries_end_at_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_calls.MAX_ENTRIES == 100_000
    monkeypatch.setattr(host_calls, "MAX_ENTRIES", 2)
    tracer = HostCallTracer()
    for name in ("a", "b", "c", "d"):
        assert wrapped(tracer, name, 7)() == 7
    assert tracer.entries == [entry("a"), entry("b"), {"name": "truncated"}]


def test_entries_end_at_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert host_calls.MAX_BYTES == 33_554_432
    monkeypatch.setattr(host_calls, "MAX_BYTES", 2 * len(INPUTS))
    tracer = HostCallTracer()
    for name in ("a", "b", "c", "d", "e"):
        assert wrapped(tracer, name, 7)() == 7
    assert tracer.entries == [*map(entry, "abc"), {"name": "truncated"}]


@pytest.mark.parametrize(
    "error", [Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS), OutOfGas(1, 1)]
)
def test_what_a_pointer_shows_outside_of_memory_is_nothing(error: Exception) -> None:
    assert host_calls.read(frame_with(OutsideMemory(error)), 5, 6) == b""
    with pytest.raises(KeyError):
        host_calls.read(frame_with(OutsideMemory(KeyError())), 5, 6)
