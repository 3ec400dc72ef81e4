"""The host calls of one transaction, in the form of Nitro's stylusTracer."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from chain_sim.ethereum.primitives.text import format_data
from chain_sim.node.documents import Document
from contractvm.errors import OutOfGas, Trap
from contractvm.hosts.evm.frame import Frame
from contractvm.runtime.pipeline import Imports
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.types import FuncType, ValType

MAX_ENTRIES = 100_000
MAX_BYTES = 32 * 1024 * 1024
# JSON is written by a recursive encoder.
MAX_DEPTH = 200
# Operands of host functions, in order. n: a number. mN: a pointer to N bytes that
# are read; d: a pointer and a length. oN: a pointer to N bytes that are written; o@I:
# as many as operand I says. t: the count of topics, and the four pointers.
OPERANDS: Mapping[str, tuple[str, ...]] = {
    "getAddress": ("o20",),
    "getExternalBalance": ("m20", "o16"),
    "getBlockHash": ("n", "o32"),
    "callDataCopy": ("o@2", "n", "n"),
    "getCaller": ("o20",),
    "getCallValue": ("o16",),
    "codeCopy": ("o@2", "n", "n"),
    "externalCodeCopy": ("m20", "o@3", "n", "n"),
    "getExternalCodeSize": ("m20",),
    "getBlockCoinbase": ("o20",),
    "getBlockDifficulty": ("o32",),
    "getTxGasPrice": ("o16",),
    "getTxOrigin": ("o20",),
    "log": ("d", "t"),
    "storageStore": ("m32", "m32"),
    "storageLoad": ("m32", "o32"),
    "finish": ("d",),
    "revert": ("d",),
    "returnDataCopy": ("o@2", "n", "n"),
    "call": ("n", "m20", "m16", "d"),
    "callCode": ("n", "m20", "m16", "d"),
    "callDelegate": ("n", "m20", "d"),
    "callStatic": ("n", "m20", "d"),
    "create": ("m16", "d", "o20"),
    "selfDestruct": ("m20",),
}


class HostCallTracer:
    """Wraps the imports of runs, and lists what is called; inner calls are steps."""

    def __init__(self) -> None:
        self.entries: list[Document] = []
        self._open = [self.entries]
        self._count = 0
        self._bytes = 0

    def filter_imports(self, imports: Imports) -> Imports:
        """See Pipeline."""
        return {key: self._wrapped(key[1], func) for key, func in imports.items()}

    def _wrapped(self, name: str, func: HostFunc) -> HostFunc:
        def call(frame: Frame, *args: int) -> Any:
            entry = self._begin(name, frame, func.func_type, args)
            run: Callable[[], Any] = (
                (lambda: func.call(frame, *args))
                if func.takes_context
                else (lambda: func.call(*args))
            )
            try:
                value = run()
            except BaseException:
                self._end(entry, frame, args, None)
                raise
            return self._finished(entry, frame, args, value)

        return HostFunc(func.func_type, call, takes_context=True)

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
            at += 1
        elif letter == "t":
            count = min(args[at], 4)
            parts.append(words[at])
            parts += (read(frame, pointer, 32) for pointer in args[at + 1 :][:count])
        at += 1
    return b"".join(parts)


def outputs_of(name: str, frame: Frame, args: tuple[int, ...]) -> Iterator[bytes]:
    """What was written to memory."""
    at = 0
    for operand in OPERANDS.get(name, ()):
        if operand[0] == "o":
            size = args[int(operand[2:])] if operand[1] == "@" else int(operand[1:])
            yield read(frame, args[at], size)
        at += 2 if operand == "d" else 1


def read(frame: Frame, pointer: int, size: int) -> bytes:
    """Bytes of the contract's memory; none where the range is not inside it."""
    try:
        return frame.memory.read(pointer, size)
    except (Trap, OutOfGas):
        return b""
