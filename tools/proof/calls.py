"""What the oracles call, and with how much gas."""

from dataclasses import replace

from contractvm.wasm.structure.module import Module
from tools.fuzz.calls import PlannedCall, plan_calls
from tools.fuzz.outcomes import Outcome
from tools.proof.corpora import Case

PLENTY = 1 << 60
UNREACHABLE = "unreachable"


def planned_calls(
    module: Module, case: Case, units_per_instruction: int = 1
) -> list[PlannedCall]:
    """The case's own calls, with plenty of gas, and those of its seed with its gas."""
    named = [PlannedCall(f"func {index}", args, PLENTY) for index, args in case.calls]
    gas = case.gas * units_per_instruction
    random = plan_calls(module, case.seed)
    return [*named, *[replace(planned, gas=gas) for planned in random]]


def without_start(module: Module) -> Module:
    """All funcs are exported, so the start func is called as one of them."""
    return replace(module, start=None)


def is_out_of_gas(outcome: Outcome) -> bool:
    """Whether an injected charge trapped."""
    return outcome.ended == UNREACHABLE and bool(outcome.gas_left >> 63)
