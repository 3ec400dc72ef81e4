"""Traces of transactions: messages, host calls and their effects, in order.

A trace is of a second run, whose result must be that of the first. It is bounded: what
is beyond its limits is counted, and the run goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import structs

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from contractvm.errors import ContractVmError
from contractvm.hosts.evm.frame import Frame
from contractvm.hosts.evm.interface import CallResult, Message
from contractvm.hosts.evm.memory_arguments import READ, WRITTEN, Ranges, length_of
from contractvm.hosts.interface import HostFunction, HostInterface
from contractvm.wasm.engines.suspension import Suspension

MAX_HOST_CALLS = 100_000
MAX_BYTES = 64 * 1024 * 1024
# Of each range of memory so much is kept; the length is told.
MAX_KEPT = 4_096


@dataclass(frozen=True, slots=True)
class MemoryRange:
    """Bytes that a host function read or wrote; `length` is more if they were cut."""

    content: bytes
    length: int


@dataclass(slots=True)
class HostStep:
    """A call of a host function; units are what was left before and after it.

    `before` is what a slot held that was written. `end` is None if the call did not
    return.
    """

    name: str
    arguments: tuple[int, ...]
    read: tuple[MemoryRange, ...]
    start: int
    end: int | None = None
    written: tuple[MemoryRange, ...] = ()
    result: Any = None
    before: bytes | None = None


@dataclass(slots=True)
class CallStep:
    """A message, with what happened in it; `left_out` host calls are not recorded."""

    message: Message
    steps: "list[HostStep | CallStep]" = field(default_factory=list)
    left_out: int = 0
    result: CallResult | None = None
    code: bytes = b""
    recipient: bytes = b""


class CallTrace(TransactionObserver):
    """Records a transaction; `root` is its message."""

    def __init__(self, max_host_calls: int = MAX_HOST_CALLS) -> None:
        self.root: CallStep | None = None
        self.left_out = 0
        self._left = max_host_calls
        self._bytes_left = MAX_BYTES
        self._open: list[CallStep] = []

    def begin(self, message: Message) -> MessageObserver | None:
        """A message is a step of the one that sends it."""
        step = CallStep(message, recipient=message.recipient)
        if self._open:
            self._open[-1].steps.append(step)
        else:
            self.root = step
        self._open.append(step)
        return CodeNote(step)

    def end(self, result: CallResult) -> None:
        """It has ended."""
        self._open.pop().result = result

    def observed(self, interface: HostInterface) -> HostInterface:
        """The same functions, each noted."""
        functions = tuple(
            structs.replace(entry, run=self._noted(entry))
            if entry.takes_frame
            else entry
            for entry in interface.functions
        )
        return replace(interface, functions=functions)

    def _noted(self, entry: HostFunction) -> Callable[..., Any]:
        def run(frame: Frame, *arguments: int) -> Any:
            step = self._host_step(frame, entry.name, arguments)
            if step is None:
                return entry.run(frame, *arguments)
            return self._finish(step, frame, entry.run(frame, *arguments))

        return run

    def _host_step(
        self, frame: Frame, name: str, arguments: tuple[int, ...]
    ) -> HostStep | None:
        call = self._open[-1]
        if not self._left or self._bytes_left <= 0:
            call.left_out += 1
            self.left_out += 1
            return None
        self._left -= 1
        read = self._ranges(frame, READ.get(name, ()), arguments)
        step = HostStep(name, arguments, read, frame.meter.left)
        if name == "storageStore" and len(read) > 1:
            step.before = frame.host.load_storage(frame.address, read[0].content)
        call.steps.append(step)
        return step

    def _finish(self, step: HostStep, frame: Frame, result: Any) -> Any:
        """Note how the call ended, or have that noted when its message is over."""
        if isinstance(result, Suspension):
            complete = result.complete
            return Suspension(
                result.request,
                lambda outcome: self._finish(step, frame, complete(outcome)),
            )
        step.end = frame.meter.left
        step.result = result
        step.written = self._ranges(frame, WRITTEN.get(step.name, ()), step.arguments)
        return result

    def _ranges(
        self, frame: Frame, ranges: Ranges, arguments: tuple[int, ...]
    ) -> tuple[MemoryRange, ...]:
        """The bytes of these ranges; empty for one that leaves the memory."""
        found = []
        for place, length in ranges:
            size = length_of(length, arguments)
            try:
                content = frame.memory.read(arguments[place], min(size, MAX_KEPT))
            except ContractVmError:
                content = b""
            self._bytes_left -= len(content)
            found.append(MemoryRange(content, size))
        return tuple(found)


class CodeNote(MessageObserver):
    """Notes the code that a message runs, and the account that a creation makes."""

    def __init__(self, step: CallStep) -> None:
        self._step = step

    def code_found(self, message: Message, code: bytes) -> None:
        """See MessageObserver."""
        self._step.code, self._step.recipient = code, message.recipient
