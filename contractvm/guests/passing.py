"""How bytes pass between guests and host functions.

Most functions get a pointer into the guest's memory and a length, and answer a length.
An ABI may have another way for the functions of some import modules.
"""

from typing import Protocol

from contractvm.hosts.guest_memory import GuestMemory
from contractvm.wasm.structure.types import ValType


class PassingFrame(Protocol):
    """What passing needs of a frame; a way of an ABI's own knows that ABI's frame."""

    memory: GuestMemory


class Passing(Protocol):
    """One way; positions are those among raw arguments."""

    @property
    def params(self) -> tuple[ValType, ...]:
        """The raw parameters for one argument in bytes."""

    @property
    def result(self) -> ValType:
        """The raw result for bytes."""

    def length(self, frame: PassingFrame, raw: tuple[int, ...], at: int) -> int:
        """The length of the bytes; raises Trap where there are none."""

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
