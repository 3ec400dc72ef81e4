"""What scripts are run on: the interpreter, with modules as they are or instrumented.

A subject prepares valid modules, makes instances and calls their exports; all traps
that it raises are the script's, never those of injected code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from msgspec import structs

from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.metering.names import (
    DEFAULT_MAX_STACK_HEIGHT,
    GAS_EXPORT,
    STACK_HEIGHT_EXPORT,
)
from contractvm.metering.nans import canonicalize_nans
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.instance import (
    Extern,
    GlobalCell,
    ModuleInstance,
    instantiate_module,
)
from contractvm.wasm.structure.encoding import encode_instruction, encode_signed
from contractvm.wasm.structure.module import ConstExpr, Module
from contractvm.wasm.structure.opcodes import OPCODES
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost

Imports = Mapping[tuple[str, str], Extern]

PLENTY_OF_GAS = 2**62


class Subject(Protocol):
    """One way to run the modules of a script."""

    def prepare(
        self, module: Module, operand_heights: tuple[int, ...]
    ) -> CompiledModule:
        """Translate a valid module; RefusedModule where this way cannot run it."""

    def instantiate(self, compiled: CompiledModule, imports: Imports) -> ModuleInstance:
        """Raises LinkError or Trap."""

    def invoke(
        self, instance: ModuleInstance, name: str, arguments: list[object]
    ) -> tuple[object, ...]:
        """Call an exported func; raises Trap."""


class PlainSubject:
    """The interpreter, modules as they are."""

    def prepare(
        self, module: Module, operand_heights: tuple[int, ...]
    ) -> CompiledModule:
        """Translate the module."""
        return compile_module(module, operand_heights)

    def instantiate(self, compiled: CompiledModule, imports: Imports) -> ModuleInstance:
        """Make an instance."""
        return instantiate_module(compiled, imports)

    def invoke(
        self, instance: ModuleInstance, name: str, arguments: list[object]
    ) -> tuple[object, ...]:
        """Call an exported func."""
        return instance.invoke(name, *arguments)


@dataclass(slots=True)
class InstrumentedSubject:
    """The interpreter; every module goes through all instrumentation first.

    The gas counter starts with plenty instead of 0: a start func runs, and so does a
    func that a failed instance has left in a table, which nobody could give gas to.
    """

    schedule: GasSchedule
    counters: list[GlobalCell] = field(default_factory=list)
    heights: list[GlobalCell] = field(default_factory=list)

    def prepare(
        self, module: Module, operand_heights: tuple[int, ...]
    ) -> CompiledModule:
        """Instrument the module, check that the result is valid, and translate it."""
        instrumented = canonicalize_nans(
            instrument_module(
                module,
                operand_heights,
                self.schedule,
                InstrumentationOptions(max_stack_height=DEFAULT_MAX_STACK_HEIGHT),
            )
        )
        instrumented = _with_gas(instrumented)
        return compile_module(
            instrumented, validate_module(instrumented).operand_heights
        )

    def instantiate(self, compiled: CompiledModule, imports: Imports) -> ModuleInstance:
        """Make an instance, and keep its counters."""
        try:
            instance = instantiate_module(compiled, imports)
        except Trap as trap:
            raise self._reason(trap) from None
        for name, cells in (
            (GAS_EXPORT, self.counters),
            (STACK_HEIGHT_EXPORT, self.heights),
        ):
            cell = instance.export(name)
            if isinstance(cell, GlobalCell):
                cells.append(cell)
        return instance

    def invoke(
        self, instance: ModuleInstance, name: str, arguments: list[object]
    ) -> tuple[object, ...]:
        """Call an exported func; a trap of injected code tells its real reason."""
        try:
            return instance.invoke(name, *arguments)
        except Trap as trap:
            reason = self._reason(trap)
            # A trap leaves the heights of all funcs on the way as they were.
            for height in self.heights:
                height.value = 0
            raise reason from None

    def _reason(self, trap: Trap) -> Trap | OutOfGas:
        if trap.code is TrapCode.UNREACHABLE:
            for counter in self.counters:
                if counter.value >> 63:
                    return OutOfGas(
                        (1 << 64) - counter.value, self.schedule.units_per_gas
                    )
            if any(cell.value > DEFAULT_MAX_STACK_HEIGHT for cell in self.heights):
                return Trap(TrapCode.CALL_STACK_EXHAUSTED)
        return trap


def _with_gas(module: Module) -> Module:
    """The module with plenty of gas in its counter from the start."""
    (index,) = (
        export.index - len(module.global_types) + len(module.globals)
        for export in module.exports
        if export.name == GAS_EXPORT
    )
    amount = encode_instruction("i64.const", encode_signed(PLENTY_OF_GAS))
    counter = structs.replace(
        module.globals[index], init=ConstExpr(amount + encode_instruction("end"))
    )
    return replace(
        module, globals=(*module.globals[:index], counter, *module.globals[index + 1 :])
    )


def permissive_schedule() -> GasSchedule:
    """A schedule that prices every instruction, floats too, no two alike."""
    priced = {
        info.mnemonic: InstructionCost(1 + number)
        for number, info in enumerate(OPCODES)
    }
    # What depends on a size keeps its price for that.
    released = load_schedule("ewasm-metered")
    for mnemonic, cost in released.instructions.items():
        priced[mnemonic] = replace(cost, base=priced[mnemonic].base)
    return replace(released, name="permissive", local=3, instructions=priced)
