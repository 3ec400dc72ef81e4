"""Runs of modules on wasmtime, with values as bits and traps as our codes."""

from functools import lru_cache
from typing import Any

import wasmtime

from contractvm.errors import Trap, TrapCode
from contractvm.wasm.structure.types import PAGE_BYTES
from tests.helpers.instances import instantiate_wat
from tests.helpers.wat import wat_to_wasm

config = wasmtime.Config()
config.memory_reservation = 0
config.memory_guard_size = 0
config.memory_reservation_for_growth = 0
# Every NaN that arithmetic makes is the canonical one, as on our interpreter.
config.cranelift_nan_canonicalization = True
ENGINE = wasmtime.Engine(config)

# wasmtime has one code for table accesses out of bounds and for call_indirect there.
TABLE_BOUNDS = TrapCode.UNDEFINED_ELEMENT
TRAPS = {
    "wasm `unreachable` instruction executed": TrapCode.UNREACHABLE,
    "integer divide by zero": TrapCode.INTEGER_DIVIDE_BY_ZERO,
    "integer overflow": TrapCode.INTEGER_OVERFLOW,
    "invalid conversion to integer": TrapCode.INVALID_CONVERSION_TO_INTEGER,
    "out of bounds memory access": TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS,
    "undefined element: out of bounds table access": TABLE_BOUNDS,
    "uninitialized element": TrapCode.UNINITIALIZED_ELEMENT,
    "indirect call type mismatch": TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
    "call stack exhausted": TrapCode.CALL_STACK_EXHAUSTED,
}


def trap_code(trap: wasmtime.Trap) -> TrapCode:
    """Our code for wasmtime's message."""
    text = trap.message.split("wasm trap: ")[-1].splitlines()[0]
    return TRAPS[text]


def comparable(code: TrapCode) -> TrapCode:
    """Our code, or one that stands for several that wasmtime does not distinguish."""
    return TABLE_BOUNDS if code is TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS else code


def to_bits(value: Any, bits: int) -> Any:
    """An integer of wasmtime's, which is signed, as unsigned."""
    return value & ((1 << bits) - 1) if isinstance(value, int) else value


@lru_cache(maxsize=8)
def compiled(wasm: bytes) -> wasmtime.Module:
    """The module, which many instances may share."""
    return wasmtime.Module(ENGINE, wasm)


class WasmtimeModule:
    """An instance of a module without imports, whose funcs take and return integers."""

    def __init__(self, wasm: bytes) -> None:
        self.store = wasmtime.Store(ENGINE)
        instance = wasmtime.Instance(self.store, compiled(wasm), [])
        self.exports = instance.exports(self.store)

    def invoke(self, name: str, *arguments: int) -> tuple[Any, ...] | TrapCode:
        """The results as unsigned integers, or the trap's code."""
        func = self.exports[name]
        func_type = func.type(self.store)
        widths = [32 if str(kind) == "i32" else 64 for kind in func_type.params]
        signed = [
            value - (1 << width) if value >> (width - 1) else value
            for value, width in zip(arguments, widths, strict=True)
        ]
        try:
            found = func(self.store, *signed)
        except wasmtime.Trap as trap:
            return trap_code(trap)
        values = found if isinstance(found, list) else [found]
        values = [] if found is None else values
        return tuple(
            to_bits(value, 32 if str(kind) == "i32" else 64)
            for value, kind in zip(values, func_type.results, strict=True)
        )


def same_call(text: str, *arguments: int) -> tuple[Any, ...] | TrapCode:
    """The results of `f`, or its trap, on new instances of both engines.

    Results, traps and the first page of `memory` must be equal.
    """
    ours: Any = instantiate_wat(text)
    try:
        found: tuple[Any, ...] | TrapCode = ours.invoke("f", *arguments)
    except Trap as trap:
        found = comparable(trap.code)
    theirs: Any = WasmtimeModule(wat_to_wasm(text))
    assert found == theirs.invoke("f", *arguments), arguments
    memory = theirs.exports["memory"].read(theirs.store, 0, PAGE_BYTES)
    assert ours.exports["memory"].read(0, PAGE_BYTES) == memory, arguments
    return found
