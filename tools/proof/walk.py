"""Oracle b: on every path through every func, what is charged is what it costs.

`tests/helpers/paths.py` proves it for one body: the balance at each place is one number
whatever path led there, so it holds on all paths, of loops too.
"""

from contractvm.errors import RefusedModule
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.wasm.structure.module import Module
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule
from tests.helpers.metered_nodes import PathFault
from tests.helpers.metered_runs import metered
from tests.helpers.paths import check_module
from tests.helpers.schedules import distinct_schedule
from tools.fuzz.variants import verdict
from tools.proof.corpora import Case
from tools.proof.result import Result

FORMS = (
    (distinct_schedule(), InstrumentationOptions()),
    (distinct_schedule(), InstrumentationOptions(max_stack_height=None)),
    (load_schedule("ewasm-metered"), InstrumentationOptions()),
)


def walk(case: Case) -> Result:
    """Prove every body of a module in each form; "calls" are bodies proved."""
    module, fault = verdict(case.wasm)
    if module is None:
        return Result(skipped=f"invalid: {fault}")
    walked = 0
    for schedule, options in FORMS:
        difference = fault_of(module, schedule, options)
        if difference is not None:
            return Result(walked, difference)
        walked += len(module.funcs)
    return Result(walked)


def fault_of(
    module: Module, schedule: GasSchedule, options: InstrumentationOptions
) -> str | None:
    try:
        check_module(module, metered(module, schedule, options), schedule)
    except PathFault as fault:
        return f"{schedule.name}, {options}: {fault}"
    except RefusedModule:
        # Floats, where the schedule has no price for them: there is nothing to prove.
        return None
    return None
