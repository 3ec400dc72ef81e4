"""Traces of transactions: messages, host calls and their effects, in order.

A trace is of a second run, whose result must be that of the first. It is bounded: what
is beyond its limits is counted, and the run goes on.
"""

from collections.abc import Callable, Iterator
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
from contractvm.runtime.original_stack import original_stack
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import Instance
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.interpreter.instance import ModuleInstance
from contractvm.wasm.interpreter.register_stack import RegisterStack

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
    return. `offset` is that of the call in the content of the code section of the
    message's module, None where it is not known.
    """

    name: str
    arguments: tuple[int, ...]
    read: tuple[MemoryRange, ...]
    start: int
    end: int | None = None
    written: tuple[MemoryRange, ...] = ()
    result: Any = None
    before: bytes | None = None
    offset: int | None = None
    word: int | None = None


@dataclass(slots=True)
class CallStep:
    """A message, with what happened in it; `left_out` host calls are not recorded.

    `code` is the account's, `module` the module in it. `sent_by` is the host call that
    sent the message, None for that of a transaction.
    """

    message: Message
    steps: "list[HostStep | CallStep]" = field(default_factory=list)
    left_out: int = 0
    result: CallResult | None = None
    code: bytes = b""
    module: bytes = b""
    recipient: bytes = b""
    sent_by: HostStep | None = None
    instance: ModuleInstance | None = None


class CallTrace(TransactionObserver):
    """Records a transaction; `root` is its message."""

    def __init__(self, max_host_calls: int = MAX_HOST_CALLS) -> None:
        self.root: CallStep | None = None
        self.left_out = 0
        self._left = max_host_calls
        self._bytes_left = MAX_BYTES
        self._open: list[CallStep] = []
        self._compiled: dict[bytes, CompiledModule] = {}

    def begin(self, message: Message) -> MessageObserver | None:
        """A message is a step of the one that sends it."""
        step = CallStep(message, recipient=message.recipient)
        if self._open:
            caller = self._open[-1].steps
            last = caller[-1] if caller else None
            step.sent_by = last if isinstance(last, HostStep) else None
            caller.append(step)
        else:
            self.root = step
        self._open.append(step)
        return CodeNote(step)

    def end(self, result: CallResult) -> None:
        """It has ended."""
        step = self._open.pop()
        step.result, step.instance = result, None

    def messages(self) -> Iterator[CallStep]:
        """All messages, each before those that it sends."""
        waiting = [] if self.root is None else [self.root]
        while waiting:
            step = waiting.pop()
            yield step
            waiting.extend(
                inner for inner in reversed(step.steps) if isinstance(inner, CallStep)
            )

    def find_offsets(self, engine: Pipeline) -> None:
        """Find where the host was called; `engine` is what ran."""
        steps: dict[bytes, list[HostStep]] = {}
        for message in self.messages():
            steps.setdefault(message.module, []).extend(
                step
                for step in message.steps
                if isinstance(step, HostStep) and step.word is not None
            )
        for module, compiled in self._compiled.items():
            offsets = code_offsets(
                engine, module, compiled, {step.word for step in steps[module]}
            )
            for step in steps[module]:
                step.offset = offsets.get(step.word)
        self._compiled.clear()

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
        place = None if call.instance is None else call.instance.host_call
        if place is not None:
            compiled, step.word = place
            self._compiled[call.module] = compiled
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


def code_offsets(
    engine: Pipeline, code: bytes, compiled: CompiledModule, found: set[int | None]
) -> dict[int | None, int]:
    """The offsets in the content of the code section, by words of compiled code."""
    words = tuple(sorted(word for word in found if word is not None))
    stack = RegisterStack(compiled, words, is_cut=False)
    module, located = original_stack(engine, code, stack)
    if len(located.positions) != len(words):
        return {}  # some are of funcs that are not the contract's own
    imported = module.func_count - len(module.funcs)
    return {
        word: module.funcs[each.func_index - imported].offset
        - module.code_offset
        + each.position
        for word, each in zip(words, located.positions, strict=True)
    }


class CodeNote(MessageObserver):
    """Notes the code that a message runs, and the account that a creation makes."""

    def __init__(self, step: CallStep) -> None:
        self._step = step

    def code_found(self, message: Message, code: bytes) -> None:
        """See MessageObserver."""
        self._step.code, self._step.recipient = code, message.recipient
        self._step.module = code

    def module_unpacked(self, wasm: bytes) -> None:
        """See MessageObserver."""
        self._step.module = wasm

    def instance_made(self, instance: Instance) -> None:
        """See MessageObserver."""
        if isinstance(instance, ModuleInstance):
            self._step.instance = instance
