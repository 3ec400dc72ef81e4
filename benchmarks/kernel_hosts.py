"""The host functions that kernels import, in Python, for every engine."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

ZERO_WORD = bytes(32)
MASK = 0xFFFFFFFF
RunFunc = Callable[[int], int]  # a kernel's `run`, with unsigned numbers


class GuestMemory(Protocol):
    """A module's memory; each engine brings its own."""

    def read(self, address: int, length: int) -> bytes: ...

    def write(self, address: int, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class HostEntry:
    """A host function; every parameter is an i32, and so is the result if there is."""

    module: str
    name: str
    parameter_count: int
    has_result: bool
    call: Callable[..., int | None]


class KernelHost:
    """The imports of one run; `memory` is set once the module is instantiated."""

    memory: GuestMemory

    def entries(self) -> tuple[HostEntry, ...]:
        return ()


class StepHost(KernelHost):
    """What `host_calls` asks at every turn."""

    def entries(self) -> tuple[HostEntry, ...]:
        return (HostEntry("env", "step", 1, True, lambda state: (state + 7) & 0xFFFF),)


class TokenHost(KernelHost):
    """As much of ewasm's interface as the token needs, without gas and without a chain.

    The call data is `transfer(recipient, 3)`.
    """

    CALLER = bytes(range(1, 21))
    RECIPIENT = bytes(range(101, 121))
    FUNDS = 1 << 100

    def __init__(self) -> None:
        self.storage = {
            self.balance_key(self.CALLER): self.FUNDS.to_bytes(32, "big"),
        }
        self.log_count = 0
        self.call_data = (
            bytes.fromhex("a9059cbb")
            + self.RECIPIENT.rjust(32, b"\0")
            + (3).to_bytes(32, "big")
        )

    @staticmethod
    def balance_key(address: bytes) -> bytes:
        return b"\1" + address.rjust(31, b"\0")

    def entries(self) -> tuple[HostEntry, ...]:
        functions = (
            ("getCallDataSize", 0, True, lambda: len(self.call_data)),
            ("callDataCopy", 3, False, self._call_data_copy),
            ("getCaller", 1, False, self._get_caller),
            ("getCallValue", 1, False, self._get_call_value),
            ("storageLoad", 2, False, self._storage_load),
            ("storageStore", 2, False, self._storage_store),
            ("log", 7, False, self._log),
            ("finish", 2, False, self._end),
            ("revert", 2, False, self._end),
        )
        return tuple(HostEntry("ethereum", *function) for function in functions)

    def _call_data_copy(self, result: int, offset: int, length: int) -> None:
        self.memory.write(result, self.call_data[offset : offset + length])

    def _get_caller(self, result: int) -> None:
        self.memory.write(result, self.CALLER)

    def _get_call_value(self, result: int) -> None:
        self.memory.write(result, bytes(16))

    def _storage_load(self, key: int, result: int) -> None:
        word = self.storage.get(self.memory.read(key, 32), ZERO_WORD)
        self.memory.write(result, word)

    def _storage_store(self, key: int, value: int) -> None:
        self.storage[self.memory.read(key, 32)] = self.memory.read(value, 32)

    def _log(self, data: int, length: int, topic_count: int, *topics: int) -> None:
        self.memory.read(data, length)
        for topic in topics[:topic_count]:
            self.memory.read(topic, 32)
        self.log_count += 1

    def _end(self, _data: int, _length: int) -> None:
        raise RuntimeError("the transfer ended early")
