"""The memory of compiled code, read and written without ctypes."""

import pytest
from wasmtime import _ffi as ffi

from contractvm.errors import Trap
from contractvm.wasm.engines.wasmtime.host_call_slot import MemoryBytes
from contractvm.wasm.engines.wasmtime.instance import CompiledMemory
from tests.helpers.guest_programs import load


def test_only_handles_of_wasmtime_are_taken() -> None:
    with pytest.raises(TypeError, match="a context is a pointer"):
        MemoryBytes(None, 1, ffi.wasmtime_memory_t())


def test_a_range_at_the_edge() -> None:
    guest = load('(memory (export "memory") 1) (func (export "go"))', [], "wasmtime")
    with guest.instance() as instance:
        instance.call("go")
        memory = instance._instance._memory
        assert isinstance(memory, CompiledMemory)
        memory.write(65_534, b"ab")
        assert memory.read(65_534, 2) == b"ab"
        assert memory.read(65_536, 0) == b""
        for address, length in (
            *((65_535, 2), (65_537, 0), (-1, 1), (0, -1), (0, 65_537)),
            *((2**64, 1), (2**64 - 1, 2), (0, 2**64)),
        ):
            with pytest.raises(Trap):
                memory.read(address, length)
        with pytest.raises(Trap):
            memory.write(65_535, b"cd")
        assert memory.read(65_534, 2) == b"ab"
        with pytest.raises(TypeError):
            memory.write(0, None)  # type: ignore[arg-type]
