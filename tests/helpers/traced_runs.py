"""Runs on the tracing interpreter, and their costs by their traces.

`execution_cost` prices what a module executed, instruction by instruction, without
instrumentation and so without the planner; the instrumented module's charges must equal
it. `booked_cost` prices the charges counted in a traced run of the instrumented module.
"""

from collections import Counter

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.metered_blocks import ModuleBlocks
from contractvm.wasm.engines.tracing import SiteKind, Tracing
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.interpreter.trace import Trace
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import BY_OPCODE
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.schedule import GasSchedule
from tests.helpers.carried_values import carried_values
from tests.helpers.metered_runs import metered
from tests.helpers.naive_metering import per_unit_costs

KEEP_FREE = InstrumentationOptions(keep_free_charges=True)
Place = tuple[int, int]  # func number, position in the original body


def compile_counting(module: Module) -> CompiledModule:
    """Translate a module so that every instruction is counted."""
    heights = validate_module(module).operand_heights
    return compile_module(module, heights, Tracing.INSTRUCTIONS)


def compile_traced(
    module: Module,
    schedule: GasSchedule,
    options: InstrumentationOptions = KEEP_FREE,
) -> CompiledModule:
    """Instrument a module and translate it so that every charge is counted."""
    instrumented = metered(module, schedule, options)
    heights = validate_module(instrumented).operand_heights
    return InterpreterEngine().compile_traced(instrumented, heights)


def mnemonics(module: Module) -> dict[Place, str]:
    """Each instruction of a module by its place."""
    return {
        (number, start): BY_OPCODE[opcode].mnemonic
        for number, func in enumerate(module.funcs)
        for opcode, _, _, start, _ in instructions(func.code)
    }


def execution_cost(compiled: CompiledModule, trace: Trace, sch: GasSchedule) -> int:
    """Units of what an instance of `compile_counting`'s module has executed."""
    names = mnemonics(compiled.module)
    per_unit = per_unit_costs(sch)
    carried = [carried_values(compiled.module, f) for f in compiled.module.funcs]
    total = 0
    for site, count, size in zip(
        compiled.sites, trace.counts, trace.sizes, strict=True
    ):
        if site.kind is SiteKind.ENTRY:
            declared = compiled.module.funcs[site.func_number].local_count
            total += count * declared * sch.local
        else:
            name = names[site.func_number, site.position]
            values = carried[site.func_number].get(site.position, 0)
            cost = sch.instructions[name].base + values * sch.carried_value
            total += count * cost
            total += size * per_unit.get(name, 0)
    return total


def executed(compiled: CompiledModule, trace: Trace) -> Counter[Place]:
    """How often each instruction ran, of `compile_counting`'s module."""
    found: Counter[Place] = Counter()
    for site, count in zip(compiled.sites, trace.counts, strict=True):
        if site.kind is SiteKind.INSTRUCTION:
            found[site.func_number, site.position] = count
    return found


def paid_for(
    compiled: CompiledModule, blocks: ModuleBlocks, trace: Trace
) -> Counter[Place]:
    """How often each instruction was paid for, of `compile_traced`'s module."""
    found: Counter[Place] = Counter()
    seen: Counter[int] = Counter()
    for site, count in zip(compiled.sites, trace.counts, strict=True):
        if site.kind is SiteKind.CHARGE:
            block = blocks.funcs[site.func_number].blocks[seen[site.func_number]]
            seen[site.func_number] += 1
            for position, _ in block.instructions:
                found[site.func_number, position] = count
    return found


def booked_cost(compiled: CompiledModule, trace: Trace) -> int:
    """Units charged at the sites of `compile_traced`'s module."""
    return sum(
        site.units * (size if site.kind is SiteKind.SIZED else count)
        for site, count, size in zip(
            compiled.sites, trace.counts, trace.sizes, strict=True
        )
    )
