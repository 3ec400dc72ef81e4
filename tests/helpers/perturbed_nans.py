"""The same module on an engine whose arithmetic makes other NaNs, and its effects."""

import struct
from dataclasses import replace
from typing import Any

import wasmtime

from contractvm.errors import Trap, TrapCode
from contractvm.metering.nan_rewriter import canonicalize_body, count_float_results
from contractvm.metering.nans import RESULT_KINDS
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.interpreter.instance import (
    ExportedFunc,
    GlobalCell,
    instantiate_module,
)
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.types import ValType
from tests.helpers.instances import compile_checked
from tests.helpers.operands import OPERANDS
from tests.helpers.wasmtime_runs import comparable, to_bits, trap_code

CONFIG = wasmtime.Config()
CONFIG.memory_reservation = 0
CONFIG.memory_guard_size = 0
CONFIG.memory_reservation_for_growth = 0
# Its NaNs are whatever the machine makes.
ENGINE = wasmtime.Engine(CONFIG)

OTHER_NANS = (0xFFC0_1234, 0xFFF8_0000_0ABC_DEF1)


def perturb_nans(module: Module, nans: tuple[int, int] = OTHER_NANS) -> Module:
    """The module with `nans` (an f32, an f64) for every NaN that arithmetic makes."""
    return replace(
        module, funcs=tuple(_perturbed(module, func, nans) for func in module.funcs)
    )


def _perturbed(module: Module, func: Func, nans: tuple[int, int]) -> Func:
    counts = count_float_results(func.code, RESULT_KINDS)
    if not any(counts):
        return func
    local = len(module.types[func.type_index].params) + func.local_count
    sequences = []
    for number, (name, form) in enumerate((("f32", "<I"), ("f64", "<Q"))):
        index = unsigned(local + number)
        sequences.append(
            instruction("local.tee", index)
            + instruction(f"{name}.const", struct.pack(form, nans[number]))
            + instruction("local.get", index) * 2
            + instruction(f"{name}.eq")
            + instruction("select")
        )
    groups = (*func.local_groups, (1, ValType.F32), (1, ValType.F64))
    code = canonicalize_body(func.code, RESULT_KINDS, counts, (*sequences, b"", b""))
    return replace(func, local_groups=groups, code=code)


def arguments_for(func_type: Any, turn: int) -> list[Any]:
    """Arguments as bits, null for references; many floats are NaNs."""
    found = []
    for place, kind in enumerate(func_type.params):
        operands = (None,) if kind.is_reference else OPERANDS[kind]
        found.append(operands[(turn * 7 + place * 3 + 2) % len(operands)])
    return found


def seen_here(module: Module, turns: int = 2) -> list[object]:
    """Everything observable of an instance on the interpreter.

    Each exported func is called, by name, `turns` times; then comes the state. It ends
    if the call stack is exhausted.
    """
    try:
        instance = instantiate_module(compile_checked(module), {})
    except Trap as trap:
        return [comparable(trap.code)]
    seen: list[object] = []
    exports = sorted(instance.exports.items())
    for turn in range(turns):
        for name, extern in exports:
            if not isinstance(extern, ExportedFunc):
                continue
            try:
                results = instance.invoke(name, *arguments_for(extern.func_type, turn))
                kinds = extern.func_type.results
                seen.append(tuple(map(_bits, results, kinds)))
            except Trap as trap:
                seen.append(comparable(trap.code))
                if trap.code is TrapCode.CALL_STACK_EXHAUSTED:
                    return seen
    for name, extern in exports:
        if isinstance(extern, GlobalCell):
            seen.append((name, _bits(extern.value, extern.global_type.val_type)))
        elif hasattr(extern, "pages"):
            seen.append((name, extern.read(0, extern.size_bytes)))
    return seen


def _bits(value: Any, kind: ValType) -> Any:
    return value is None if kind.is_reference else value


def seen_there(module: Module, turns: int = 2) -> list[object]:
    """The same on wasmtime, for funcs and globals without floats."""
    store = wasmtime.Store(ENGINE)
    compiled = wasmtime.Module(ENGINE, encode_module(module))
    try:
        exports = wasmtime.Instance(store, compiled, []).exports(store)
    except wasmtime.Trap as trap:
        return [trap_code(trap)]
    seen: list[object] = []
    names = sorted(export.name for export in module.exports)
    for turn in range(turns):
        for name in names:
            if isinstance(exports[name], wasmtime.Func):
                seen += _call_there(store, exports[name], turn)
                if seen and seen[-1] is TrapCode.CALL_STACK_EXHAUSTED:
                    return seen
    for name in names:
        extern = exports[name]
        if isinstance(extern, wasmtime.Memory):
            seen.append((name, bytes(extern.read(store, 0, extern.data_len(store)))))
        elif isinstance(extern, wasmtime.Global):
            seen += _global_there(store, name, extern)
    return seen


class _Types:
    def __init__(self, kinds: Any) -> None:
        self.params = [ValType[str(kind).upper()] for kind in kinds]


def _call_there(store: Any, func: Any, turn: int) -> list[object]:
    func_type = func.type(store)
    kinds = [str(kind) for kind in (*func_type.params, *func_type.results)]
    if any(kind not in ("i32", "i64") for kind in kinds):
        return []
    arguments = arguments_for(_Types(func_type.params), turn)
    signed = [
        value - (1 << width) if value >> (width - 1) else value
        for value, width in zip(
            arguments,
            [32 if str(kind) == "i32" else 64 for kind in func_type.params],
            strict=True,
        )
    ]
    try:
        found = func(store, *signed)
    except wasmtime.Trap as trap:
        return [trap_code(trap)]
    many = found if isinstance(found, list) else [] if found is None else [found]
    widths = [32 if str(kind) == "i32" else 64 for kind in func_type.results]
    return [tuple(map(to_bits, many, widths))]


def _global_there(store: Any, name: str, extern: Any) -> list[object]:
    kind = str(extern.type(store).content)
    if kind not in ("i32", "i64"):
        return []
    return [(name, to_bits(extern.value(store), 32 if kind == "i32" else 64))]
