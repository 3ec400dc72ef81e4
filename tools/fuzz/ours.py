"""A fuzzed module on our interpreter."""

from contractvm.errors import ContractVmError, Trap
from contractvm.metering.names import GAS_EXPORT, STACK_HEIGHT_EXPORT
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.instance import (
    ExportedFunc,
    Extern,
    GlobalCell,
    Memory,
    ModuleInstance,
    Table,
    instantiate_module,
)
from contractvm.wasm.structure.module import Import, Module
from contractvm.wasm.structure.types import FuncType, GlobalType, MemoryType, ValType
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wasmtime_runs import comparable as comparable_code
from tools.fuzz.calls import Hosts, PlannedCall, Value
from tools.fuzz.outcomes import (
    MEMORY_PAGES,
    SHOWN_ELEMENTS,
    TABLE_ELEMENTS,
    Outcome,
    Subject,
)


class OurInstance(Subject):
    """Every second host call suspends the execution and is answered by resuming it."""

    def __init__(self, module: Module, compiled: CompiledModule | None = None) -> None:
        self.module = module
        self.compiled = compiled or compile_module(
            module, validate_module(module).operand_heights
        )
        self.hosts = Hosts()
        self.may_suspend = False
        self.instance: ModuleInstance | None = None
        self.counter: GlobalCell | None = None
        self.height: GlobalCell | None = None

    def imports(self) -> dict[tuple[str, str], Extern]:
        """What the module asks for."""
        return {
            (entry.module, entry.name): self.extern(number, entry)
            for number, entry in enumerate(self.module.imports)
        }

    def instantiate(self) -> str | None:
        try:
            instance = instantiate_module(
                self.compiled,
                self.imports(),
                max_memory_pages=MEMORY_PAGES,
                max_table_elements=TABLE_ELEMENTS,
            )
        except Trap as trap:
            return comparable_code(trap.code).value
        except ContractVmError as error:
            return f"error: {type(error).__name__}: {error}"
        self.instance = instance
        self.counter = instance.exports.get(GAS_EXPORT)
        self.height = instance.exports.get(STACK_HEIGHT_EXPORT)
        self.may_suspend = True
        return None

    def extern(self, number: int, entry: Import) -> Extern:
        wanted = entry.description
        if isinstance(wanted, GlobalType):
            value = Hosts.result(wanted.val_type, number)
            return GlobalCell(wanted, value)
        if isinstance(wanted, MemoryType):
            limits = wanted.limits
            return Memory(limits.minimum, limits.maximum, MEMORY_PAGES)
        if isinstance(wanted, int):
            return self.host_func(number, self.module.types[wanted])
        return Table(wanted, None, TABLE_ELEMENTS)

    def host_func(self, number: int, func_type: FuncType) -> HostFunc:
        def call(*arguments: Value) -> object:
            gas = self.counter.value if self.counter else 0
            results = self.hosts.answer(number, func_type, arguments, gas)
            value = tuple(results) if len(results) > 1 else (*results, None)[0]
            if self.may_suspend and len(self.hosts.log) % 2:
                return Suspension(value, lambda outcome: outcome)
            return value

        return HostFunc(func_type, call)

    def call(self, planned: PlannedCall) -> Outcome:
        if self.counter is not None:
            self.counter.value = planned.gas
        ended = self.run(planned)
        gas = self.counter.value if self.counter else 0
        height = self.height.value if self.height else 0
        if isinstance(ended, str) and self.height is not None:
            self.height.value = 0
        return Outcome(ended, gas, height)

    def run(self, planned: PlannedCall) -> tuple[object, ...] | str:
        func = self.instance.exports[planned.name]
        func_type = func.func_type
        try:
            execution = self.instance.start(planned.name, *planned.arguments)
            found = execution.resume()
            while isinstance(found, Suspension):
                found = execution.resume(found.request)
        except Trap as trap:
            return comparable_code(trap.code).value
        except ContractVmError as error:
            return f"error: {type(error).__name__}: {error}"
        return tuple(map(shown, found, func_type.results))

    def global_value(self, name: str, val_type: ValType) -> object:
        return shown(self.instance.exports[name].value, val_type)

    def memory(self, name: str) -> bytes:
        memory = self.instance.exports[name]
        return bytes(memory.read(0, memory.size_bytes))

    def table(self, name: str, element_type: ValType) -> tuple[object, ...]:
        table = self.instance.exports[name]
        shown_count = min(table.size, SHOWN_ELEMENTS)
        elements = (
            shown(table.get(index), element_type) for index in range(shown_count)
        )
        return (table.size, *elements)

    def host_calls(self) -> tuple[object, ...]:
        return tuple(self.hosts.log)


def shown(value: Value | ExportedFunc | HostFunc, val_type: ValType) -> object:
    """A value as it is compared; of a funcref, whether it is null."""
    return value is not None if val_type is ValType.FUNCREF else value
