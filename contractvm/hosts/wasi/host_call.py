"""A call of a WASI function: its charges, and access to the program's memory."""

from collections.abc import Callable, Mapping
from struct import Struct, unpack
from typing import Any, Protocol

from contractvm.hosts.guest_memory import LinearMemory
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.file_tree import MAX_PATH_BYTES
from contractvm.hosts.wasi.layouts import LAYOUTS, Layout
from contractvm.hosts.wasi.state import WasiState
from contractvm.runtime.gas_meter import GasMeter
from gas_schedule.schedule import HostCost

MAX_IOVECS = 1_024
WORD_BYTES = 32
U32 = Struct("<I")
U64 = Struct("<Q")
Buffers = list[tuple[int, int]]


class WasiFrame(Protocol):
    """A run as its host functions see it; `costs` are by module and name."""

    memory: LinearMemory
    meter: GasMeter
    costs: Mapping[str, Mapping[str, HostCost]]
    wasi: WasiState


class HostCall:
    """One call: its prices, the run's memory and gas, and the state of WASI.

    What is charged is owed until the call ends, so that the counter of the running code
    is written once; what could not be paid is refused at once.
    """

    __slots__ = (
        "_left",
        "_owed",
        "_units_per_gas",
        "cost",
        "layout",
        "memory",
        "meter",
        "wasi",
    )

    def __init__(self, frame: WasiFrame, cost: HostCost, layout: Layout) -> None:
        self.cost = cost
        self.layout = layout
        self.memory = frame.memory
        self.meter = frame.meter
        self.wasi = frame.wasi
        self._left = self.meter.left
        self._owed = 0
        self._units_per_gas = self.meter.to_units(1)

    @property
    def left(self) -> int:
        """Units left when what is owed is paid."""
        return self._left - self._owed

    def to_units(self, gas: int) -> int:
        """`gas` in units."""
        return gas * self._units_per_gas

    def charge(self, gas: int) -> None:
        """Charge work before it is done; raises OutOfGas where it cannot be paid."""
        self._owed += gas * self._units_per_gas
        if self._owed > self._left:
            self.settle()

    def settle(self) -> None:
        """Pay what is owed; raises OutOfGas."""
        owed, self._owed = self._owed, 0
        self.meter.charge(owed)

    def charge_bytes(self, count: int) -> None:
        """Charge work on that many bytes."""
        self.charge(self.cost.for_bytes(count) - self.cost.base)

    def charge_amount(self, name: str, count: int = 1) -> None:
        """Charge `count` times the amount of that name."""
        self.charge(self.cost.amounts.get(name, 0) * count)

    def charge_growth(self, byte_count: int) -> None:
        """Charge the bytes by which a file grows."""
        self.charge_amount("per_grown_word", -(-byte_count // WORD_BYTES))

    def elapsed(self) -> int:
        """Nanoseconds since the run began."""
        return self.wasi.elapsed(self)

    def now(self) -> int:
        """The real time, in nanoseconds since 1970."""
        return self.wasi.now(self)

    def write_u32(self, pointer: int, value: int) -> None:
        """Write a 32-bit number."""
        self.memory.write(pointer, U32.pack(value))

    def write_u64(self, pointer: int, value: int) -> None:
        """Write a 64-bit number."""
        self.memory.write(pointer, U64.pack(value))

    def require_size(self, length: int) -> None:
        """Refuse more bytes than one call may move."""
        if length > self.wasi.limits.call_bytes:
            raise Refusal(Errno.INVAL)

    def require_range(self, end: int) -> None:
        """Trap where a range that ends there is not inside the memory."""
        self.memory.read(end, 0)

    def read_buffers(self, pointer: int, count: int) -> tuple[Buffers, int]:
        """The buffers of an iovec list, and how many bytes one call moves of them."""
        if count > MAX_IOVECS:
            raise Refusal(Errno.INVAL)
        self.charge_amount("per_iovec", count)
        words = unpack(f"<{2 * count}I", self.memory.read(pointer, 8 * count))
        buffers = list(zip(words[::2], words[1::2], strict=True))
        self.require_range(max((start + size for start, size in buffers), default=0))
        total = sum(size for _, size in buffers)
        return buffers, min(total, self.wasi.limits.call_bytes)

    def gather(self, buffers: Buffers, length: int) -> bytes:
        """The first `length` bytes of the buffers."""
        pieces = []
        for start, size in buffers:
            pieces.append(self.memory.read(start, min(size, length)))
            length -= len(pieces[-1])
        return b"".join(pieces)

    def scatter(self, buffers: Buffers, data: bytes) -> None:
        """Fill the buffers in order."""
        position = 0
        for start, size in buffers:
            if position == len(data):
                return
            self.memory.write(start, data[position : position + size])
            position = min(position + size, len(data))

    def read_path(self, pointer: int, length: int) -> bytes:
        """A path, charged by its length: UTF-8 text of 1 to 4,096 bytes, no NUL."""
        if length == 0:
            raise Refusal(Errno.NOENT)
        if length > MAX_PATH_BYTES:
            raise Refusal(Errno.NAMETOOLONG)
        self.charge_bytes(length)
        path = self.memory.read(pointer, length)
        try:
            path.decode()
        except UnicodeDecodeError:
            raise Refusal(Errno.ILSEQ) from None
        if b"\0" in path:
            raise Refusal(Errno.INVAL)
        return path


Function = Callable[..., None]


def answering(module: str, name: str, run: Function) -> Callable[..., int]:
    """The host function that calls `run` and answers an error number.

    It counts the call and charges its base before anything else.
    """

    layout = LAYOUTS[module]

    def call(frame: WasiFrame, *arguments: Any) -> int:
        frame.wasi.count_call(name)
        cost = frame.costs[module][name]
        host_call = HostCall(frame, cost, layout)
        host_call.charge(cost.base)
        try:
            run(host_call, *arguments)
        except Refusal as refusal:
            return int(refusal.errno)
        finally:
            host_call.settle()
        return 0

    return call
