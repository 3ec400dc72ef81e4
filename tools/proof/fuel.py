"""Oracle c: wasmtime's fuel, compared with gas under a schedule of wasmtime's rules.

The rules (measured on wasmtime 50.0.1, where its source says the same): one unit for
each func that is entered and one for each instruction executed, but none for `nop`,
`drop`, `block`, `loop`, `else`, `end`, `return` and `unreachable`; one for each byte or
element of a bulk instruction; one for each page or element that is grown, which no
charge in front can know. So growth is free in the schedule, and what memories and
tables have grown by is given back to the fuel. For growth that is refused it sometimes
takes the pages that were asked for and sometimes not: a module that may grow is
compared until fuel has taken more.

Fuel is exact where a call returns and when a host func is called. Where a call traps
it is not, since it is kept in a register; and it is looked at on entry and in loops
only, so a call that runs out of gas runs on for a while with fuel. Such calls are not
compared.

A schedule has no price for entering a func, so each func begins with a constant and
a drop, which cost one unit, in the module that is metered.
"""

from dataclasses import replace
from typing import Any

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_OPCODE, OPCODES
from contractvm.wasm.structure.types import ValType
from gas_schedule.file_format import SIZED_BY_BYTE, SIZED_BY_ELEMENT
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.compare_engines import comparable_module
from tests.helpers.metered_runs import metered
from tests.helpers.schedules import schedule_with
from tools.fuzz.calls import PlannedCall
from tools.fuzz.outcomes import EXHAUSTED, Outcome
from tools.fuzz.theirs import TheirInstance, make_engine
from tools.proof.calls import PLENTY, is_out_of_gas, planned_calls, without_start
from tools.proof.corpora import Case
from tools.proof.result import Result

FREE = ["nop", "drop", "block", "loop", "else", "end", "return", "unreachable"]


def fuel_rules() -> GasSchedule:
    """The schedule that is wasmtime's rules, but for entering funcs and growth."""
    costs = {}
    for info in OPCODES:
        cost = InstructionCost(0 if info.mnemonic in FREE else 1)
        if info.mnemonic in SIZED_BY_BYTE:
            cost = replace(cost, per_byte=1)
        if info.mnemonic in SIZED_BY_ELEMENT and info.mnemonic != "table.grow":
            cost = replace(cost, per_element=1)
        costs[info.mnemonic] = cost
    return replace(schedule_with({}), instructions=costs)


RULES = fuel_rules()
ENTRY = instruction("i32.const", signed(0)) + instruction("drop")
WITHOUT_STACK_LIMIT = InstrumentationOptions(max_stack_height=None)
OUT_OF_FUEL = "all fuel consumed"


class FuelInstance(TheirInstance):
    """The module as it is, with fuel in the place of the gas counter."""

    ENGINE = make_engine(consume_fuel=True)

    def instantiate(self) -> str | None:
        self.store.set_fuel(PLENTY)
        return super().instantiate()

    def counter_value(self, counter: Any, val_type: ValType) -> int:
        """In the place of both counters: what is left, and no stack height."""
        if val_type is not ValType.I64:
            return 0
        return self.store.get_fuel() + self.sizes() - self.sizes_before

    def sizes(self) -> int:
        """Pages and elements of everything that can grow."""
        growing = (ExternKind.MEMORY, ExternKind.TABLE)
        names = [entry.name for entry in self.module.exports if entry.kind in growing]
        return sum(self.exports[name].size(self.store) for name in names)

    def call(self, planned: PlannedCall) -> Outcome:
        self.sizes_before = self.sizes()
        self.store.set_fuel(planned.gas)
        return super().call(planned)

    def run(self, planned: PlannedCall) -> tuple[object, ...] | str:
        try:
            return super().run(planned)
        except KeyError as unknown_trap:
            if OUT_OF_FUEL in str(unknown_trap):
                return OUT_OF_FUEL
            raise


def with_entry_cost(module: Module) -> Module:
    """Each func costs one unit more, and does the same."""
    funcs = [replace(func, code=ENTRY + func.code) for func in module.funcs]
    return replace(module, funcs=tuple(funcs))


def compare_fuel(case: Case) -> Result:
    """Call all funcs of a module with gas and with fuel: the same is left."""
    module, reason = comparable_module(case.wasm)
    if module is None:
        return Result(skipped=reason)
    module = without_start(module)
    gas = metered(with_entry_cost(module), RULES, WITHOUT_STACK_LIMIT)
    here = TheirInstance(gas, encode_module(gas))
    there = FuelInstance(module, encode_module(module))
    try:
        ends = here.instantiate(), there.instantiate()
        if any(ends):
            return Result(skipped=f"no instance: {ends[1]}")
        return compare_calls(here, there, planned_calls(module, case))
    finally:
        here.close()
        there.close()


def compare_calls(
    here: TheirInstance, there: TheirInstance, plan: list[PlannedCall]
) -> Result:
    calls = 0
    grows = any(may_grow(func.code) for func in there.module.funcs)
    for planned in plan:
        gas, fuel = here.call(planned), there.call(planned)
        if is_out_of_gas(gas) or EXHAUSTED in (gas.ended, fuel.ended):
            break  # one has run on where the other stopped: their memories may differ
        if grows and fuel.gas_left < gas.gas_left:
            break
        if here.host_calls() != there.host_calls():
            return Result(calls, f"{planned}: another gas at a host call")
        if gas.ended != fuel.ended:
            return Result(calls, f"{planned}: {gas} with gas, {fuel} with fuel")
        if isinstance(gas.ended, tuple):
            if gas.gas_left != fuel.gas_left:
                return Result(calls, f"{planned}: {gas} with gas, {fuel} with fuel")
            calls += 1
    return Result(calls)


def may_grow(code: bytes) -> bool:
    names = [BY_OPCODE[opcode].mnemonic for opcode, *_ in instructions(code)]
    return "memory.grow" in names or "table.grow" in names
