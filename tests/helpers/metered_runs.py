"""Runs of modules on wasmtime, with everything observable, including gas."""

from dataclasses import dataclass

import wasmtime

from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.schedule import GasSchedule

PLENTY = 2**62
Value = int | float | None

config = wasmtime.Config()
config.memory_reservation = 0
config.memory_guard_size = 0
config.memory_reservation_for_growth = 0
config.max_wasm_stack = 1 << 20
config.cranelift_opt_level = "none"
ENGINE = wasmtime.Engine(config)


@dataclass
class Run:
    """One call: its results, or why it trapped, and the module's state after it.

    `gas_at_host_calls` holds the gas left that the host saw at each of its calls.
    """

    results: list[Value] | None
    trap: str | None
    gas_used: int
    memory: bytes
    globals: dict[str, Value]
    gas_at_host_calls: list[int]

    @property
    def seen(self) -> tuple[object, ...]:
        """Everything but the gas."""
        return self.results, self.trap, self.memory, self.globals


def host_result(val_type: wasmtime.ValType, seen: int) -> Value:
    """A value for a host func to return, which differs from call to call."""
    is_reference = str(val_type) in ("funcref", "externref")
    return None if is_reference else seen % 5


class Runner:
    """One instance of a module whose counter, if it has one, is exported as `gas`."""

    def __init__(self, module: Module, gas_name: str | None, gas: int = PLENTY):
        self.store = wasmtime.Store(ENGINE)
        self.compiled = wasmtime.Module(ENGINE, encode_module(module))
        self.gas_at_host_calls: list[int] = []
        imports = [self.host_func(entry.type) for entry in self.compiled.imports]
        self.instance = wasmtime.Instance(self.store, self.compiled, imports)
        self.exports = self.instance.exports(self.store)
        self.gas = gas
        self.counter = self.exports[gas_name] if gas_name else None
        if self.counter is not None:
            self.counter.set_value(self.store, gas)

    def host_func(self, func_type: wasmtime.FuncType) -> wasmtime.Func:
        results = func_type.results

        def answer(*_: Value) -> Value | list[Value]:
            self.gas_at_host_calls.append(self.gas_left)
            seen = len(self.gas_at_host_calls)
            values = [host_result(val_type, seen) for val_type in results]
            return values if len(values) > 1 else values[0] if values else None

        return wasmtime.Func(self.store, func_type, answer)

    @property
    def gas_left(self) -> int:
        if self.counter is None:
            return 0
        value = self.counter.value(self.store)
        return int(value)

    def call(self, name: str, *args: Value) -> Run:
        results, trap = None, None
        try:
            found = self.exports[name](self.store, *args)
            values = found if isinstance(found, list) else [found]
            results = [value if isinstance(value, int) else None for value in values]
        except wasmtime.Trap as stopped:
            trap = str(stopped.trap_code)
        return Run(
            results,
            trap,
            self.gas - self.gas_left,
            self.memory(),
            self.global_values(),
            list(self.gas_at_host_calls),
        )

    def memory(self) -> bytes:
        for name in sorted(self.exports.keys()):
            export = self.exports[name]
            if isinstance(export, wasmtime.Memory):
                return bytes(export.read(self.store))
        return b""

    def global_values(self) -> dict[str, Value]:
        """The exported globals that the original module has too."""
        values = {}
        for name in sorted(self.exports.keys()):
            export = self.exports[name]
            if isinstance(export, wasmtime.Global) and not name.startswith(
                ("contractvm.", "naive")
            ):
                value = export.value(self.store)
                values[name] = value if isinstance(value, int) else None
        return values


def is_valid(module: Module) -> bool:
    """The verdict of wasmtime's validator, which shares nothing with ours."""
    try:
        wasmtime.Module.validate(ENGINE, encode_module(module))
    except wasmtime.WasmtimeError:
        return False
    return True


def metered(
    module: Module,
    schedule: GasSchedule,
    options: InstrumentationOptions | None = None,
) -> Module:
    """The module instrumented, with the operand heights of its validation."""
    heights = validate_module(module).operand_heights
    return instrument_module(
        module, heights, schedule, options or InstrumentationOptions()
    )
