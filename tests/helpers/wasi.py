"""Calls of WASI functions: from a module on an engine, or without any engine."""

from functools import cache
from struct import pack
from typing import Any

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.wasi.command_run import (
    DEFAULT_SCHEDULE,
    CommandResult,
    ProgramFrame,
    command_pipeline,
    run_command,
)
from contractvm.hosts.wasi.functions import FUNCTIONS
from contractvm.hosts.wasi.host_interface import INTERFACE
from contractvm.hosts.wasi.layouts import PREVIEW1
from contractvm.hosts.wasi.state import WasiState
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.gas_meter import GasMeter
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.structure.types import PAGE_BYTES
from gas_schedule.loader import load_schedule
from tests.helpers.host_prices import host_prices
from tests.helpers.wat import wat_to_wasm

PLENTY = 10**9
UNITS_PER_GAS = 10_000
PAGES = 4
# Where tests put things in a program's memory.
IOVS, RESULT, DATA, PATH, SECOND_PATH = 0x100, 0x80, 0x4000, 0x1000, 0x2800


@cache
def pipeline(engine: str, schedule: str = "host prices") -> Pipeline:
    """The pipeline of one engine, which keeps what it has prepared."""
    prices = load_schedule(schedule) if schedule != "host prices" else host_prices()
    return command_pipeline(make_engine(engine), prices)


@cache
def trampolines(module: str) -> bytes:
    """A module that imports every function and exports one that calls it."""
    imports, exports = [], []
    for row in FUNCTIONS:
        if row.module != module:
            continue
        params = " ".join(value.name.lower() for value in row.func_type.params)
        result = "(result i32)" if row.func_type.results else ""
        gets = "".join(f"(local.get {n})" for n in range(len(row.func_type.params)))
        imports.append(
            f'(import "{module}" "{row.name}"'
            f" (func ${row.name} (param {params}) {result}))"
        )
        exports.append(
            f'(func (export "{row.name}") (param {params}) {result}'
            f" (call ${row.name} {gets}))"
        )
    text = f"""(module {"".join(imports)} {"".join(exports)}
        (memory (export "memory") {PAGES}) (func (export "_start")))"""
    return wat_to_wasm(text)


class Program:
    """A program that makes the calls that a test asks for."""

    def __init__(
        self,
        engine: str,
        module: str = PREVIEW1,
        gas: int = PLENTY,
        **inputs: Any,
    ) -> None:
        self.state = WasiState(**inputs)
        metered = pipeline(engine)
        prepared = metered.prepare(trampolines(module))
        self.frame = ProgramFrame(self.state, metered.schedule)
        units = gas * UNITS_PER_GAS
        self.state.units_granted = units
        self._run = metered.start(prepared, INTERFACE.imports, units, self.frame)
        self.memory = self._run.instance.export("memory")
        self.frame.memory = self.memory
        self.frame.meter = self.meter = self._run.meter
        self.gas = 0

    def call(self, name: str, *arguments: int) -> int:
        """The errno of a call; `gas` is what it cost."""
        before = self.meter.left
        try:
            self._run.begin(name, *arguments)
            results = self._run.resume()
        finally:
            self.gas, rest = divmod(before - self.meter.left, UNITS_PER_GAS)
            assert rest == 0
        assert isinstance(results, tuple)
        return int(results[0]) if results else 0  # type: ignore[call-overload]

    def put(self, address: int, data: bytes) -> int:
        """Write to the memory; the address."""
        self.memory.write(address, data)
        return address

    def get(self, address: int, length: int) -> bytes:
        """Read the memory."""
        data: bytes = self.memory.read(address, length)
        return data

    def u32(self, address: int = RESULT) -> int:
        """A number in the memory."""
        return int.from_bytes(self.get(address, 4), "little")

    def u64(self, address: int = RESULT) -> int:
        """A long number in the memory."""
        return int.from_bytes(self.get(address, 8), "little")

    def iovs(self, *buffers: tuple[int, int]) -> tuple[int, int]:
        """Put an iovec list; its address and length."""
        words = [number for buffer in buffers for number in buffer]
        self.put(IOVS, pack(f"<{len(words)}I", *words))
        return IOVS, len(buffers)

    def path(self, text: bytes | str, address: int = PATH) -> tuple[int, int]:
        """Put a path; its address and length."""
        data = text.encode() if isinstance(text, str) else text
        self.put(address, data)
        return address, len(data)

    def write(self, fd: int, data: bytes) -> int:
        """The errno of an `fd_write` of one buffer."""
        self.put(DATA, data)
        return self.call("fd_write", fd, *self.iovs((DATA, len(data))), RESULT)

    def read(self, fd: int, length: int) -> bytes:
        """What an `fd_read` into one buffer gives, which must succeed."""
        assert self.call("fd_read", fd, *self.iovs((DATA, length)), RESULT) == 0
        return self.get(DATA, self.u32())

    def open(
        self,
        path: bytes | str,
        ways: int = 0,
        rights: int = 0,
        *,
        fd: int = 3,
        lookup: int = 0,
        inheriting: int = 0,
        flags: int = 0,
    ) -> int:
        """The errno of a `path_open`; the descriptor is at RESULT."""
        where, length = self.path(path)
        return self.call(
            "path_open",
            *(fd, lookup, where, length, ways, rights, inheriting, flags, RESULT),
        )

    def opened(self, path: bytes | str, *arguments: int, **options: int) -> int:
        """The descriptor that `open` gives, which must succeed."""
        assert self.open(path, *arguments, **options) == 0
        return self.u32()


class PlainMemory:
    """A memory without an engine."""

    def __init__(self) -> None:
        self.data = bytearray(PAGES * PAGE_BYTES)

    def read(self, address: int, length: int) -> bytes:
        self._check(address, length)
        return bytes(self.data[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        self._check(address, len(data))
        self.data[address : address + len(data)] = data

    def _check(self, address: int, length: int) -> None:
        if min(address, length) < 0 or address + length > len(self.data):
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)


class Counter:
    """A gas counter without an engine."""

    def __init__(self, value: int) -> None:
        self.value = value


class DirectProgram(Program):
    """Calls of the functions themselves, without an engine: thousands a second."""

    def __init__(self, module: str = PREVIEW1, **inputs: Any) -> None:
        self.state = WasiState(**inputs)
        self.frame = ProgramFrame(self.state, host_prices())
        units = 2**62
        self.state.units_granted = units
        self.memory = self.frame.memory = PlainMemory()
        self.frame.meter = self.meter = GasMeter(Counter(units), UNITS_PER_GAS)
        self._functions = {
            row.name: row.run for row in FUNCTIONS if row.module == module
        }
        self.gas = 0

    def call(self, name: str, *arguments: int) -> int:
        before = self.meter.left
        try:
            answer: int = self._functions[name](self.frame, *arguments)
        finally:
            self.gas = (before - self.meter.left) // UNITS_PER_GAS
        return answer


def run_wat(
    engine: str,
    source: str,
    *,
    units: int = PLENTY * UNITS_PER_GAS,
    schedule: str = DEFAULT_SCHEDULE,
    **inputs: Any,
) -> tuple[CommandResult, WasiState]:
    """The run of a command in the text format, and what is left of it."""
    state = WasiState(**inputs)
    code = wat_to_wasm(source)
    return run_command(pipeline(engine, schedule), code, state, units), state
