"""Random modules of `wasm-tools smith` on our interpreter and on wasmtime."""

from typing import Any

import pytest
import wasmtime

from contractvm.errors import Trap, TrapCode
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.interpreter.instance import (
    ExportedFunc,
    GlobalCell,
    instantiate_module,
)
from contractvm.wasm.structure.types import ValType
from tests.helpers.instances import compile_checked
from tests.helpers.operands import OPERANDS
from tests.helpers.smith import smith_module
from tests.helpers.wasmtime_runs import (
    ENGINE,
    comparable,
    to_bits,
    trap_code,
)

# Recursion ends at another depth on each engine: nothing is compared after it.
EXHAUSTED = TrapCode.CALL_STACK_EXHAUSTED
FLOATS = {"allow_floats": "true"}


def argument(val_type: ValType, turn: int) -> Any:
    """The same value for both engines, as bits; null for references."""
    if val_type.is_reference:
        return None
    operands = OPERANDS[val_type]
    return operands[(turn * 7 + 3) % len(operands)]


def for_wasmtime(value: Any, val_type: ValType) -> Any:
    if val_type.is_reference or val_type.is_float:
        return value
    width = 32 if val_type is ValType.I32 else 64
    return value - (1 << width) if value >> (width - 1) else value


def result_bits(value: Any, val_type: ValType) -> Any:
    """The comparable part of a result; of references, whether they are null."""
    if val_type.is_reference:
        return value is None
    return to_bits(value, 32 if val_type is ValType.I32 else 64)


def instantiate_there(
    store: wasmtime.Store, wasm: bytes
) -> tuple[wasmtime.Instance | None, TrapCode | None]:
    """wasmtime's instance, or the code of the trap."""
    try:
        return wasmtime.Instance(store, wasmtime.Module(ENGINE, wasm), []), None
    except wasmtime.Trap as trap:
        return None, trap_code(trap)


def compare(wasm: bytes) -> int:
    """Call every export without floats in its type; return the number of calls."""
    compiled = compile_checked(decode_module(wasm))
    store = wasmtime.Store(ENGINE)
    theirs, trap = instantiate_there(store, wasm)
    if theirs is None:
        with pytest.raises(Trap) as ours:
            instantiate_module(compiled, {})
        assert trap in (EXHAUSTED, comparable(ours.value.code))
        return 0
    instance = instantiate_module(compiled, {})
    exports = theirs.exports(store)
    calls = 0
    for turn, (name, extern) in enumerate(sorted(instance.exports.items())):
        if not isinstance(extern, ExportedFunc):
            continue
        func_type = extern.func_type
        if any(kind.is_float for kind in func_type.params + func_type.results):
            continue
        values = [argument(kind, turn) for kind in func_type.params]
        signed = map(for_wasmtime, values, func_type.params)
        calls += 1
        expected: object
        try:
            found = exports[name](store, *signed)
            many = found if isinstance(found, list) else [found]
            expected = tuple(map(result_bits, many, func_type.results))
        except wasmtime.Trap as trap:
            expected = trap_code(trap)
        ours_seen: object
        try:
            results = instance.invoke(name, *values)
            ours_seen = tuple(map(result_bits, results, func_type.results))
        except Trap as trap:
            ours_seen = comparable(trap.code)
        if EXHAUSTED in (expected, ours_seen):
            return calls
        assert (name, values, ours_seen) == (name, values, expected)
    compare_state(instance, exports, store)
    return calls


def compare_state(instance: Any, exports: Any, store: wasmtime.Store) -> None:
    """All memories and numeric globals are the same."""
    for name, extern in instance.exports.items():
        if isinstance(extern, GlobalCell):
            kind = extern.global_type.val_type
            if kind in (ValType.I32, ValType.I64):
                value = exports[name].value(store)
                assert (name, extern.value) == (name, result_bits(value, kind))
        elif hasattr(extern, "pages"):
            memory = exports[name].read(store, 0, extern.size_bytes)
            assert exports[name].size(store) == extern.pages
            assert bytes(memory) == extern.read(0, extern.size_bytes)


@pytest.mark.parametrize("seed", range(40))
def test_random_module_does_the_same_as_on_wasmtime(seed: int) -> None:
    compare(smith_module(seed))


@pytest.mark.parametrize("seed", range(1000, 1020))
def test_random_module_with_floats_does_the_same_as_on_wasmtime(seed: int) -> None:
    compare(smith_module(seed, 3000, **FLOATS))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(2000, 2300, 50))
def test_more_random_modules_do_the_same_as_on_wasmtime(start: int) -> None:
    """`make fuzz-engine` runs thousands more."""
    for seed in range(start, start + 50):
        compare(smith_module(seed, 500 + seed % 4000, **(FLOATS if seed % 3 else {})))
