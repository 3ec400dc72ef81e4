"""How bytes pass between guests and host functions: by pointers, or by handles.

Most functions get a pointer into the guest's memory and a length, and answer a length.
Those that plugins of Extism import get and answer handles of blocks in the host's
memory.
"""

from typing import Protocol

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.extism.memory import HostMemory
from contractvm.hosts.extism.state import ExtismState
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.wasm.structure.types import ValType

# The module of functions that get handles.
HANDLE_MODULE = "extism:host/user"


class PassingFrame(Protocol):
    """What passing needs of a frame."""

    memory: GuestMemory

    @property
    def extism(self) -> ExtismState | None:
        """The state of a plugin, None for other guests."""


class Passing(Protocol):
    """One way; positions are those among raw arguments."""

    @property
    def params(self) -> tuple[ValType, ...]:
        """The raw parameters for one argument in bytes."""

    @property
    def result(self) -> ValType:
        """The raw result for bytes."""

    def length(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> int:
        """The length of the bytes; raises Trap for a handle of no block."""

    def read(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> bytes:
        """The bytes; raises Trap where they are in no memory."""

    def give(self, frame: PassingFrame, data: bytes) -> int:
        """The raw result for bytes; raises LimitExceeded where there is no room."""


class ByPointer:
    """A pointer and a length; the guest takes bytes with `guests.take`."""

    params = (ValType.I32, ValType.I32)
    result = ValType.I32

    def length(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> int:  # noqa: ARG002
        """The length, as the guest says it."""
        return raw[at + 1]

    def read(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> bytes:
        """A copy of the guest's memory."""
        return frame.memory.read(raw[at], raw[at + 1])

    def give(self, frame: PassingFrame, data: bytes) -> int:  # noqa: ARG002
        """The length."""
        return len(data)


class ByHandle:
    """A handle of a block in the host's memory."""

    params = (ValType.I64,)
    result = ValType.I64

    def length(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> int:
        """The length of the block."""
        return _blocks(frame).length(raw[at])

    def read(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> bytes:
        """A copy of the block."""
        return _blocks(frame).block(raw[at])

    def give(self, frame: PassingFrame, data: bytes) -> int:
        """The handle of a new block."""
        return _blocks(frame).put(data)


class ByValue(ByPointer):
    """One argument that is not in the guest's memory: a function of the ABI has it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def length(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> int:  # noqa: ARG002
        """Its length."""
        return len(self._data)

    def read(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> bytes:  # noqa: ARG002
        """The argument."""
        return self._data


BY_POINTER = ByPointer()
BY_HANDLE = ByHandle()


def passing_of(module: str) -> Passing:
    """How functions of an import module get and answer bytes."""
    return BY_HANDLE if module == HANDLE_MODULE else BY_POINTER


def _blocks(frame: PassingFrame) -> HostMemory:
    if frame.extism is None:
        raise Trap(TrapCode.HOST_REFUSED, "handles are for plugins of Extism")
    return frame.extism.memory
