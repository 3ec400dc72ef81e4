"""Recording the calls of host functions, and answering them from a tape."""

from typing import Protocol

from msgspec.structs import replace

from contractvm.errors import (
    ExecutionStopped,
    InternalError,
    LimitExceeded,
    OutOfGas,
    Trap,
)
from contractvm.guests.errors import HostRaised, RecordedFailure
from contractvm.guests.outcomes import (
    HostFailed,
    LimitReached,
    Outcome,
    RanOutOfGas,
    Trapped,
)
from contractvm.guests.passing import Passing, PassingFrame
from contractvm.guests.tape import HostCall, ReplayDiverged
from contractvm.runtime.gas_meter import GasMeter
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.structure.types import FuncType


def outcome_of(error: Exception) -> Outcome | None:
    """The outcome of what a host function can end a run with; None for all else."""
    if isinstance(error, LimitExceeded):
        return LimitReached(error.which, error.limit)
    if isinstance(error, HostRaised):
        return HostFailed(error.name, error.text)
    if isinstance(error, Trap):
        return Trapped(error.code, error.detail)
    if isinstance(error, OutOfGas):
        return RanOutOfGas(error.shortfall)
    return None


def raise_again(outcome: Outcome, units_per_gas: int) -> None:
    """Raise what has this outcome: the inverse of `outcome_of`."""
    if isinstance(outcome, LimitReached):
        raise LimitExceeded(outcome.which, outcome.limit)
    if isinstance(outcome, HostFailed):
        raise HostRaised(outcome.function, RecordedFailure(outcome.error))
    if isinstance(outcome, Trapped):
        raise Trap(outcome.code, outcome.detail)
    if isinstance(outcome, RanOutOfGas):
        raise OutOfGas(outcome.short_by, units_per_gas)


class Recorder:
    """Keeps what passes between a guest and its host functions, call after call."""

    def __init__(self) -> None:
        self.calls: list[HostCall] = []
        self.secrets: set[str] = set()
        self._call: HostCall | None = None
        self._writes: list[tuple[int, bytes]] = []

    def begin(self, name: str, arguments: tuple[int, ...], units: int) -> None:
        """A call begins; `units` have been used before."""
        self._writes = []
        self._call = HostCall(name, arguments, (), (), units, 0)

    def read(self, pointers: tuple[int, ...], contents: tuple[bytes, ...]) -> None:
        """The bytes that arguments at these positions pointed to."""
        self._call = replace(self._open, pointers=pointers, contents=contents)

    def write(self, pointer: int, data: bytes) -> None:
        """The function wrote to memory."""
        self._writes.append((pointer, data))

    def end(
        self,
        charged: int,
        answer: bytes,
        ending: tuple[int, ...] | ExecutionStopped,
        *,
        is_secret: bool,
    ) -> None:
        """The call has results, or raised; `charged` is its price in units."""
        call = replace(self._open, charged=charged, writes=tuple(self._writes))
        if is_secret:
            self.secrets.add(call.name)
        elif isinstance(ending, ExecutionStopped):
            self.calls.append(replace(call, ending=outcome_of(ending)))
        else:
            self.calls.append(replace(call, results=ending, answer=answer))
        self._call = None

    @property
    def _open(self) -> HostCall:
        if self._call is None:
            raise InternalError("no call of a host function is being recorded")
        return self._call


class Replayed(PassingFrame, Protocol):
    """What a Player needs of a frame."""

    answer: bytes

    @property
    def meter(self) -> GasMeter:
        """The gas of the run."""

    @property
    def units_used(self) -> int:
        """Units that the run has used so far."""

    def count_call(self, name: str) -> None:
        """Count one call of a host function."""


class Player:
    """Answers the calls of host functions from a tape, in order."""

    def __init__(self, calls: tuple[HostCall, ...]) -> None:
        self._calls = calls
        self._index = 0

    def host_func(
        self, module: str, name: str, func_type: FuncType, passing: Passing
    ) -> HostFunc:
        """A function that answers the calls of an import."""

        def run(frame: Replayed, *arguments: int) -> object:
            return self.answer(module, name, arguments, frame, passing)

        return HostFunc(func_type, run, takes_context=True)

    def has_call(self, name: str) -> bool:
        """Whether a call of `module.name` was recorded."""
        return any(call.name == name for call in self._calls)

    def answer(
        self,
        module: str,
        name: str,
        arguments: tuple[int, ...],
        frame: Replayed,
        passing: Passing,
    ) -> object:
        """Count a call and do what the recorded one did; its results for an engine.

        Raises ReplayDiverged if the recorded call is another.
        """
        frame.count_call(name)
        results = self._results(f"{module}.{name}", arguments, frame, passing)
        return results if len(results) > 1 else results[0] if results else None

    def _results(
        self, name: str, arguments: tuple[int, ...], frame: Replayed, passing: Passing
    ) -> tuple[int, ...]:
        index = self._index
        if index == len(self._calls):
            raise ReplayDiverged(index, "call", None, name)
        call = self._calls[index]
        self._index += 1
        self._compare(index, "name", call.name, name)
        self._compare(index, "arguments", call.arguments, arguments)
        self._compare(index, "units", call.units, frame.units_used)
        for at, expected in zip(call.pointers, call.contents, strict=True):
            found = passing.read(frame, arguments, at)
            self._compare(index, "contents", expected, found)
        for pointer, data in call.writes:
            frame.memory.write(pointer, data)
        frame.meter.charge(call.charged)
        if call.ending is not None:
            raise_again(call.ending, frame.meter.units_per_gas)
        frame.answer = call.answer
        if call.answer:
            passing.give(frame, call.answer)
        return call.results

    def _compare(self, index: int, field: str, expected: object, found: object) -> None:
        if found != expected:
            raise ReplayDiverged(index, field, expected, found)

    def check_end(self) -> None:
        """Raise ReplayDiverged unless all recorded calls were made."""
        if self._index != len(self._calls):
            expected = self._calls[self._index].name
            raise ReplayDiverged(self._index, "call", expected, None)
