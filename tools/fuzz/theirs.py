"""A fuzzed module on wasmtime."""

from typing import Any

import wasmtime

from contractvm.metering.names import GAS_EXPORT, STACK_HEIGHT_EXPORT
from contractvm.wasm.structure.module import Import, Module
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)
from tests.helpers.wasmtime_runs import trap_code
from tests.helpers.wasmtime_verdict import WE_LACK
from tools.fuzz.calls import Hosts, PlannedCall, Value, bits_of, float_of
from tools.fuzz.outcomes import (
    MEMORY_PAGES,
    SHOWN_ELEMENTS,
    TABLE_ELEMENTS,
    Outcome,
    Subject,
)
from tools.fuzz.raw_values import call, get_global, set_global


def make_engine(*, consume_fuel: bool = False) -> wasmtime.Engine:
    """wasmtime without what we lack, and quick to compile: code runs briefly only."""
    config = wasmtime.Config()
    config.consume_fuel = consume_fuel
    config.memory_reservation = 0
    config.memory_guard_size = 0
    config.memory_reservation_for_growth = 0
    config.cranelift_nan_canonicalization = True
    config.cranelift_opt_level = "none"
    config.parallel_compilation = False
    # Traps without signals: a sanitizer has handlers of its own.
    config.signals_based_traps = False
    config.max_wasm_stack = 2 << 20
    config.cranelift_flag_set("regalloc_algorithm", "single_pass")
    for feature in WE_LACK:
        setattr(config, f"wasm_{feature}", False)
    return wasmtime.Engine(config)


TYPES = {
    ValType.I32: wasmtime.ValType.i32(),
    ValType.I64: wasmtime.ValType.i64(),
    ValType.F32: wasmtime.ValType.f32(),
    ValType.F64: wasmtime.ValType.f64(),
    ValType.FUNCREF: wasmtime.ValType.funcref(),
    ValType.EXTERNREF: wasmtime.ValType.externref(),
}


class TheirInstance(Subject):
    ENGINE = make_engine()

    def __init__(self, module: Module, wasm: bytes) -> None:
        self.module = module
        self.store = wasmtime.Store(self.ENGINE)
        self.store.set_limits(
            memory_size=MEMORY_PAGES << 16, table_elements=TABLE_ELEMENTS
        )
        self.compiled = wasmtime.Module(self.ENGINE, wasm)
        self.hosts = Hosts()
        self.counter: Any = None
        self.height: Any = None

    def close(self) -> None:
        self.store.close()

    def instantiate(self) -> str | None:
        externs = [
            self.extern(number, entry)
            for number, entry in enumerate(self.module.imports)
        ]
        try:
            instance = wasmtime.Instance(self.store, self.compiled, externs)
        except wasmtime.Trap as trap:
            return trap_code(trap).value
        except wasmtime.WasmtimeError as error:
            return f"error: {error}"
        exports = instance.exports(self.store)
        self.exports = {
            export.name: exports[export.name] for export in self.module.exports
        }
        self.func_types = {
            export.name: self.module.types[self.module.func_type_indices[export.index]]
            for export in self.module.exports
            if export.kind == 0
        }
        self.counter = self.exports.get(GAS_EXPORT)
        self.height = self.exports.get(STACK_HEIGHT_EXPORT)
        return None

    def extern(self, number: int, entry: Import) -> Any:
        wanted = entry.description
        if isinstance(wanted, GlobalType):
            return wasmtime.Global(
                self.store,
                wasmtime.GlobalType(TYPES[wanted.val_type], wanted.is_mutable),
                given(Hosts.result(wanted.val_type, number), wanted.val_type),
            )
        if isinstance(wanted, MemoryType):
            kind = wasmtime.MemoryType(limits_of(wanted.limits))
            return wasmtime.Memory(self.store, kind)
        if isinstance(wanted, TableType):
            table_type = wasmtime.TableType(
                TYPES[wanted.element_type], limits_of(wanted.limits)
            )
            return wasmtime.Table(self.store, table_type, None)
        return self.host_func(number, self.module.types[wanted])

    def host_func(self, number: int, func_type: FuncType) -> wasmtime.Func:
        def answer(*values: Any) -> Any:
            arguments = tuple(map(taken, values, func_type.params))
            gas = self.counter_value(self.counter, ValType.I64)
            results = self.hosts.answer(number, func_type, arguments, gas)
            back = list(map(given, results, func_type.results))
            return back if len(back) > 1 else (*back, None)[0]

        kind = wasmtime.FuncType(
            [TYPES[val_type] for val_type in func_type.params],
            [TYPES[val_type] for val_type in func_type.results],
        )
        return wasmtime.Func(self.store, kind, answer)

    def counter_value(self, counter: Any, val_type: ValType) -> int:
        return int(get_global(self.store, counter, val_type)) if counter else 0

    def call(self, planned: PlannedCall) -> Outcome:
        if self.counter is not None:
            set_global(self.store, self.counter, planned.gas, ValType.I64)
        ended = self.run(planned)
        gas = self.counter_value(self.counter, ValType.I64)
        height = self.counter_value(self.height, ValType.I32)
        if isinstance(ended, str) and self.height is not None:
            set_global(self.store, self.height, 0, ValType.I32)
        return Outcome(ended, gas, height)

    def run(self, planned: PlannedCall) -> tuple[object, ...] | str:
        func_type = self.func_types[planned.name]
        func = self.exports[planned.name]
        try:
            found = call(self.store, func, func_type, planned.arguments)
        except wasmtime.Trap as trap:
            return trap_code(trap).value
        except wasmtime.WasmtimeError as error:
            return f"error: {error}"
        return tuple(map(shown_bits, found, func_type.results))

    def global_value(self, name: str, val_type: ValType) -> object:
        found = get_global(self.store, self.exports[name], val_type)
        return shown_bits(found, val_type)

    def memory(self, name: str) -> bytes:
        return bytes(self.exports[name].read(self.store))

    def table(self, name: str, element_type: ValType) -> tuple[object, ...]:
        table = self.exports[name]
        size = table.size(self.store)
        elements = (
            shown_element(table.get(self.store, index), element_type)
            for index in range(min(size, SHOWN_ELEMENTS))
        )
        return (size, *elements)

    def host_calls(self) -> tuple[object, ...]:
        return tuple(self.hosts.log)


def limits_of(limits: Limits) -> wasmtime.Limits:
    return wasmtime.Limits(limits.minimum, limits.maximum)


def given(value: Value, val_type: ValType) -> Any:
    """A value as wasmtime's Python interface takes it."""
    if val_type.is_reference or not isinstance(value, int):
        return value
    if val_type.is_float:
        return float_of(value, val_type)
    width = 32 if val_type is ValType.I32 else 64
    return value - (1 << width) if value >> (width - 1) else value


def taken(value: Any, val_type: ValType) -> Any:
    """A value of wasmtime's as bits; references as they are."""
    if val_type.is_reference:
        return value
    if val_type.is_float:
        return bits_of(value, val_type)
    return value & ((1 << (32 if val_type is ValType.I32 else 64)) - 1)


def shown_element(value: Any, val_type: ValType) -> object:
    """An element of a table; the Python interface wraps a null."""
    if isinstance(value, wasmtime.Val):
        value = value.value
    return shown_bits(value, val_type)


def shown_bits(value: Any, val_type: ValType) -> object:
    """A value as it is compared; of a funcref, whether it is null."""
    return value is not None if val_type is ValType.FUNCREF else value
