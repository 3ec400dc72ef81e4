"""Oracle a: our interpreter counts each instruction that it executes, and prices it.

The module runs as it is, without instrumentation: neither the planner nor the rewriter
has a part in what is counted. The instrumented form runs too. Where a call returns,
both are equal; where it traps, the charges are ahead by less than the most expensive
metered block. A call that runs out of gas ends the comparison: what is counted runs on
where the other stopped.
"""

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.plan import plan_module
from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.structure.module import Module
from gas_schedule.schedule import GasSchedule
from tests.helpers.compare_engines import comparable_module
from tests.helpers.metered_runs import metered
from tests.helpers.schedules import distinct_schedule
from tests.helpers.traced_runs import compile_counting, execution_cost
from tools.fuzz.calls import PlannedCall
from tools.fuzz.ours import OurInstance
from tools.fuzz.outcomes import EXHAUSTED, Outcome
from tools.proof.calls import is_out_of_gas, planned_calls, without_start
from tools.proof.corpora import Case
from tools.proof.result import Result

SCHEDULE = distinct_schedule()
WITHOUT_STACK_LIMIT = InstrumentationOptions(max_stack_height=None)
# The schedule's instructions cost thousands.
UNITS_PER_INSTRUCTION = 3_000


class CountingInstance(OurInstance):
    """The module as it is, with what it has executed, priced."""

    def __init__(self, module: Module, compiled: CompiledModule) -> None:
        super().__init__(module, compiled)
        self.counting = compiled

    def spent(self, schedule: GasSchedule) -> int:
        if self.instance is None or self.instance.trace is None:
            return 0
        return execution_cost(self.counting, self.instance.trace, schedule)


def compare_counted(case: Case) -> Result:
    """Call all funcs of a module with gas and counted: the same is spent."""
    module, reason = comparable_module(case.wasm)
    if module is None:
        return Result(skipped=reason)
    module = without_start(module)
    here = OurInstance(metered(module, SCHEDULE, WITHOUT_STACK_LIMIT))
    there = CountingInstance(module, compile_counting(module))
    ends = here.instantiate(), there.instantiate()
    if any(ends):
        return Result(skipped=f"no instance: {ends[1]}")
    plan = planned_calls(module, case, UNITS_PER_INSTRUCTION)
    return compare_calls(here, there, plan, dearest_block(module))


def dearest_block(module: Module) -> int:
    plans = plan_module(module, SCHEDULE)
    return max((units for plan in plans for _, units in plan.charges), default=0)


def compare_calls(
    here: OurInstance, there: CountingInstance, plan: list[PlannedCall], ahead: int
) -> Result:
    calls = 0
    for planned in plan:
        gas = here.call(planned)
        if is_out_of_gas(gas):
            break
        before = there.spent(SCHEDULE)
        counted = there.call(planned)
        if EXHAUSTED in (gas.ended, counted.ended):
            break
        calls += 1
        units = there.spent(SCHEDULE) - before
        if gas.ended != counted.ended or not agrees(planned, gas, units, ahead):
            text = f"{planned}: {gas} with gas, {counted} and {units} units counted"
            return Result(calls, text)
    return Result(calls)


def agrees(planned: PlannedCall, gas: Outcome, units: int, ahead: int) -> bool:
    """Whether what was charged is what was counted, or little ahead at a trap."""
    charged = planned.gas - gas.gas_left
    if isinstance(gas.ended, tuple):
        return charged == units
    return units <= charged < units + max(1, ahead)
