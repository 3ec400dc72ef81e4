"""Comparison of an instrumented module on both engines, in everything observable."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from contractvm.errors import ContractVmError, OutOfGas, Trap
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import GAS_EXPORT, STACK_HEIGHT_EXPORT, START_EXPORT
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.engines.wasmtime.engine import WasmtimeEngine
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.structure.module import ConstExpr, ExternKind, Global, Module
from contractvm.wasm.structure.types import FuncType, GlobalType, ValType
from contractvm.wasm.validation.profile import Profile
from gas_schedule.schedule import GasSchedule
from tests.helpers.schedules import distinct_schedule
from tools.fuzz.calls import Hosts, PlannedCall, plan_calls
from tools.fuzz.comparison import exposed, is_small
from tools.fuzz.variants import verdict

ANY = Profile(name="any", floats="canonical")
OPTIONS = InstrumentationOptions(max_stack_height=4_000, defer_start=True)
PLENTY = 1 << 60
MOST_HASHED = 64 << 16


@dataclass(frozen=True)
class EngineComparison:
    """The result of comparing a module.

    `calls` ended the same on both engines. `skipped` says why there was nothing to
    compare; `difference` is the first one: the place, and each engine's result.
    """

    calls: int = 0
    skipped: str | None = None
    difference: tuple[str, object, object] | None = None


@cache
def both_engines() -> tuple[Engine, Engine]:
    return InterpreterEngine(), WasmtimeEngine()


def compare_engines(
    wasm: bytes,
    seed: int = 0,
    *,
    schedule: GasSchedule | None = None,
    options: InstrumentationOptions = OPTIONS,
    engines: tuple[Engine, Engine] | None = None,
) -> EngineComparison:
    """Instrument the module and call all of its funcs on both engines.

    Compares the results of calls (values, trap codes, shortfalls of gas), the gas left
    and the stack height after each, memories, globals, table sizes, and what the host
    funcs saw. The seed decides calls and the hosts' results; every second host call
    suspends.
    """
    module, reason = comparable_module(wasm)
    if module is None:
        return EngineComparison(skipped=reason)
    subjects = [
        Subject(Pipeline(engine, schedule or distinct_schedule(), ANY, options))
        for engine in engines or both_engines()
    ]
    ends = [subject.instantiate(encode_module(module)) for subject in subjects]
    if ends[0] != ends[1]:
        return EngineComparison(difference=("instantiate", *ends))
    if ends[0] is not None:
        return EngineComparison(skipped=f"no instance: {ends[0]}")
    return compare_calls(*subjects, plan_calls(module, seed))


def compare_calls(
    here: "Subject", there: "Subject", plan: list[PlannedCall]
) -> EngineComparison:
    """Make the same calls on both; the comparison ends at the first difference."""
    for number, planned in enumerate(plan):
        seen = here.call(planned), there.call(planned)
        if seen[0] != seen[1]:
            return EngineComparison(number, difference=(str(planned), *seen))
    states = here.state(), there.state()
    if states[0] != states[1]:
        return EngineComparison(len(plan), difference=("state", *states))
    return EngineComparison(len(plan))


def comparable_module(wasm: bytes) -> tuple[Module | None, str | None]:
    """The module with everything exported, or why it cannot be compared."""
    module, fault = verdict(wasm)
    if module is None:
        return None, f"invalid: {fault}"
    if not is_small(module):
        return None, "large memories or tables"
    module = exposed(internalised(module))
    _, fault = verdict(encode_module(module))
    return (module, None) if fault is None else (None, f"needs its imports: {fault}")


SOME_VALUE = {
    ValType.I32: b"\x41\x07\x0b",
    ValType.I64: b"\x42\x07\x0b",
    ValType.F32: b"\x43\0\0\x80\x3f\x0b",
    ValType.F64: b"\x44\0\0\0\0\0\0\xf0\x3f\x0b",
    ValType.FUNCREF: b"\xd0\x70\x0b",
    ValType.EXTERNREF: b"\xd0\x6f\x0b",
}


def internalised(module: Module) -> Module:
    """The module with its own memories, tables and globals instead of imports.

    Their indices stay the same: imports come first, and so do these.
    """
    wanted = [entry.description for entry in module.imports]
    made = tuple(
        Global(one, ConstExpr(SOME_VALUE[one.val_type]))
        for one in wanted
        if isinstance(one, GlobalType)
    )
    return replace(
        module,
        imports=module.imports_of(ExternKind.FUNC),
        tables=module.table_types,
        memories=module.memory_types,
        globals=made + module.globals,
    )


class Subject:
    """The module on one engine."""

    def __init__(self, engine: Pipeline) -> None:
        self.engine = engine
        self.hosts = Hosts()
        self.may_suspend = False

    def instantiate(self, wasm: bytes) -> object:
        """None, or why there is no instance; also runs the start func."""
        try:
            prepared = self.engine.prepare(wasm)
            self.run: MeteredRun = self.engine.start(
                prepared, self.imports(prepared.module), PLENTY
            )
        except ContractVmError as error:
            return type(error).__name__, str(error)
        self.exports: Mapping[str, Any] = self.run.instance.exports
        self.may_suspend = True
        if START_EXPORT in self.exports:
            end, _, _ = self.end_of(START_EXPORT, ())
            return end or None
        return None

    def imports(self, module: Module) -> dict[tuple[str, str], HostFunc]:
        return {
            (entry.module, entry.name): self.host_func(
                number, module.types[entry.description]
            )
            for number, entry in enumerate(module.imports)
        }

    def host_func(self, number: int, func_type: FuncType) -> HostFunc:
        def call(*arguments: Any) -> object:
            gas = self.run.meter.left if self.may_suspend else 0
            given = tuple(map(shown, arguments))
            results = [
                None if val_type.is_reference else result
                for val_type, result in zip(
                    func_type.results,
                    self.hosts.answer(number, func_type, given, gas),
                    strict=True,
                )
            ]
            value = tuple(results) if len(results) > 1 else (*results, None)[0]
            if self.may_suspend and len(self.hosts.log) % 2:
                return Suspension(value, lambda outcome: outcome)
            return value

        return HostFunc(func_type, call)

    def call(self, planned: PlannedCall) -> object:
        """The call's result, and the counters after it."""
        self.exports[GAS_EXPORT].value = planned.gas
        arguments = [
            None if isinstance(value, str) else value for value in planned.arguments
        ]
        return self.end_of(planned.name, arguments)

    def end_of(self, name: str, arguments: Any) -> tuple[object, int, int]:
        end: object
        try:
            self.run.begin(name, *arguments)
            found = self.run.resume()
            while isinstance(found, Suspension):
                found = self.run.resume(found.request)
            end = tuple(map(shown, found))
        except OutOfGas as stopped:
            end = f"out of gas, {stopped.shortfall} short"
        except Trap as trap:
            end = trap.code.value
        height = self.exports[STACK_HEIGHT_EXPORT].value
        return end, self.run.meter.left, height

    def state(self) -> dict[str, object]:
        """Memories, globals and tables after all calls, and what the hosts saw."""
        found: dict[str, object] = {"host calls": tuple(self.hosts.log)}
        for name, extern in self.exports.items():
            if hasattr(extern, "size_bytes"):
                size = extern.size_bytes
                content = extern.read(0, min(size, MOST_HASHED))
                found[name] = size, hashlib.sha256(content).hexdigest()
            elif hasattr(extern, "global_type"):
                found[name] = shown(extern.value)
            elif hasattr(extern, "size"):
                found[name] = extern.size
        return found


def shown(value: Any) -> Any:
    """A number unchanged; of a reference, whether it is null."""
    return value if value is None or isinstance(value, int) else "reference"
