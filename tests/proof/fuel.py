"""Oracle c: wasmtime's own fuel, beside gas with a schedule set to wasmtime's rules.

The rules (measured on wasmtime 50.0.1, where its source says the same): one unit for
each func that is entered and one for each instruction executed, but none for `nop`,
`drop`, `block`, `loop`, `else`, `end`, `return` and `unreachable`; sizes don't count.
Fuel is exact where a call returns and when a host func is called. Where a call traps
it is not, since it is kept in a register; and it is looked at on entry and in loops
only, so a call that runs out of gas runs on for a while with fuel. Such calls are not
compared.

A schedule has no price for entering a func, so each func begins with a constant and
a drop, which cost one unit, in the module that is metered.
"""

from dataclasses import replace
from typing import Any

from contractvm.binary.encoder import encode_module
from contractvm.instrumentation.instrument import InstrumentationOptions
from contractvm.structure.encoding import encode_instruction as instruction
from contractvm.structure.encoding import encode_signed as signed
from contractvm.structure.module import Module
from contractvm.structure.opcodes import OPCODES
from contractvm.structure.types import ValType
from tests.fuzz.calls import PlannedCall, plan_calls
from tests.fuzz.outcomes import EXHAUSTED, Outcome
from tests.fuzz.theirs import TheirInstance, make_engine
from tests.helpers.compare_engines import comparable_module
from tests.helpers.metered_runs import metered
from tests.helpers.schedules import schedule_with
from tests.proof.corpora import Case
from tests.proof.result import Result

FREE = ["nop", "drop", "block", "loop", "else", "end", "return", "unreachable"]
RULES = schedule_with(
    {info.mnemonic: 1 for info in OPCODES if info.mnemonic not in FREE}
)
ENTRY = instruction("i32.const", signed(0)) + instruction("drop")
WITHOUT_STACK_LIMIT = InstrumentationOptions(max_stack_height=None)
PLENTY = 1 << 60
OUT_OF_FUEL = "all fuel consumed"
UNREACHABLE = "unreachable"


class FuelInstance(TheirInstance):
    """The module as it is, with fuel in the place of the gas counter."""

    ENGINE = make_engine(consume_fuel=True)

    def instantiate(self) -> str | None:
        self.store.set_fuel(PLENTY)
        return super().instantiate()

    def counter_value(self, counter: Any, val_type: ValType) -> int:
        """In the place of both counters: what is left, and no stack height."""
        return self.store.get_fuel() if val_type is ValType.I64 else 0

    def call(self, planned: PlannedCall) -> Outcome:
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
    # Exported as all funcs are, so it is called as one of them.
    module = replace(module, start=None)
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


def planned_calls(module: Module, case: Case) -> list[PlannedCall]:
    """The case's own calls, with plenty of gas, and those of its seed with its gas."""
    named = [PlannedCall(f"func {index}", args, PLENTY) for index, args in case.calls]
    random = plan_calls(module, case.seed)
    return [*named, *[replace(planned, gas=case.gas) for planned in random]]


def compare_calls(
    here: TheirInstance, there: TheirInstance, plan: list[PlannedCall]
) -> Result:
    calls = 0
    for planned in plan:
        gas, fuel = here.call(planned), there.call(planned)
        if is_out_of_gas(gas) or EXHAUSTED in (gas.ended, fuel.ended):
            break  # one has run on where the other stopped: their memories may differ
        if here.host_calls() != there.host_calls():
            return Result(calls, f"{planned}: another gas at a host call")
        if gas.ended != fuel.ended:
            return Result(calls, f"{planned}: {gas} with gas, {fuel} with fuel")
        if isinstance(gas.ended, tuple):
            if gas.gas_left != fuel.gas_left:
                return Result(calls, f"{planned}: {gas} with gas, {fuel} with fuel")
            calls += 1
    return Result(calls)


def is_out_of_gas(outcome: Outcome) -> bool:
    return outcome.ended == UNREACHABLE and bool(outcome.gas_left >> 63)
