"""The host calls of one transaction, in the form of Nitro's stylusTracer."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from msgspec import Struct, structs

from chain_sim.ethereum.execution.frame_observer import TransactionObserver
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.node.documents import Document
from contractvm.errors import OutOfGas, Trap
from contractvm.hosts.evm.frame import Frame
from contractvm.hosts.evm.memory_arguments import (
    OPERANDS,
    TOPICS,
    WIDTHS,
    WORD_BYTES,
    WRITTEN,
    length_of,
)
from contractvm.hosts.interface import HostFunction, HostInterface
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.types import FuncType, ValType

MAX_ENTRIES = 100_000
MAX_BYTES = 32 * 1024 * 1024
# JSON is written by a recursive encoder.
MAX_DEPTH = 200


class HostCallTracer(TransactionObserver):
    """Wraps host functions, and lists their calls; inner calls are steps."""

    def __init__(self) -> None:
        self.entries: list[Document] = []
        self._open = [self.entries]
        self._count = 0
        self._bytes = 0

    def observed(self, interface: HostInterface) -> HostInterface:
        """See TransactionObserver."""
        functions = tuple(
            structs.replace(entry, run=self._wrapped(entry), takes_frame=True)
            for entry in interface.functions
        )
        return replace(interface, functions=functions)

    def _wrapped(self, function: HostFunction) -> Callable[..., Any]:
        def call(frame: Frame, *args: int) -> Any:
            entry = self._begin(function.name, frame, function.func_type, args)
            own = (frame, *args) if function.takes_frame else args
            try:
                value = function.run(*own)
            except BaseException:
                self._end(entry, frame, args, None)
                raise
            return self._finished(entry, frame, args, value)

        return call

    def _finished(
        self, entry: "Entry", frame: Frame, args: tuple[int, ...], value: Any
    ) -> Any:
        if not isinstance(value, Suspension):
            self._end(entry, frame, args, value)
            return value
        is_too_deep = len(self._open) > MAX_DEPTH
        inner = self._open[-1]
        self._open.append(
            inner if is_too_deep else entry.document.setdefault("steps", [])
        )

        def complete(outcome: Any) -> Any:
            self._open.pop()
            return self._finished(entry, frame, args, value.complete(outcome))

        return Suspension(value.request, complete)

    def _begin(
        self, name: str, frame: Frame, func_type: FuncType, args: tuple[int, ...]
    ) -> "Entry":
        self._count += 1
        document: Document = {"name": name}
        if self._count <= MAX_ENTRIES:
            inputs = inputs_of(name, frame, func_type, args)
            self._bytes += len(inputs)
            if self._bytes > MAX_BYTES:
                self._count = MAX_ENTRIES
            document["args"] = format_data(inputs)
            document["outs"] = "0x"
            document["startInk"] = frame.meter.left
            document["address"] = format_data(frame.address)
            self._open[-1].append(document)
        elif self._count == MAX_ENTRIES + 1:
            self.entries.append({"name": "truncated"})
        return Entry(name, document)

    def _end(
        self, entry: "Entry", frame: Frame, args: tuple[int, ...], value: Any
    ) -> None:
        entry.document["endInk"] = frame.meter.left
        outs = b"".join(outputs_of(entry.name, frame, args))
        if isinstance(value, int):
            outs = value.to_bytes(8, "big") + outs
        entry.document["outs"] = format_data(outs)


class Entry(Struct, frozen=True):
    """One host call that has begun."""

    name: str
    document: Document


def inputs_of(
    name: str, frame: Frame, func_type: FuncType, args: tuple[int, ...]
) -> bytes:
    """The arguments: numbers most significant byte first, and what pointers show."""
    words = [
        value.to_bytes(4 if kind is ValType.I32 else 8, "big")
        for kind, value in zip(func_type.params, args, strict=True)
    ]
    parts: list[bytes] = []
    at = 0
    for operand in OPERANDS.get(name, ("n",) * len(args)):
        letter, rest = operand[0], operand[1:]
        if letter == "n":
            parts.append(words[at])
        elif letter == "m":
            parts.append(read(frame, args[at], int(rest)))
        elif letter == "d":
            parts.append(read(frame, args[at], args[at + 1]))
        elif letter == "t":
            count = min(args[at], TOPICS)
            topics = args[at + 1 :][:count]
            parts.append(words[at])
            parts += (read(frame, pointer, WORD_BYTES) for pointer in topics)
        at += WIDTHS.get(letter, 1)
    return b"".join(parts)


def outputs_of(name: str, frame: Frame, args: tuple[int, ...]) -> Iterator[bytes]:
    """What was written to memory."""
    for place, length in WRITTEN.get(name, ()):
        yield read(frame, args[place], length_of(length, args))


def read(frame: Frame, pointer: int, size: int) -> bytes:
    """Bytes of the contract's memory; none where the range is not inside it."""
    try:
        return frame.memory.read(pointer, size)
    except (Trap, OutOfGas):
        return b""
