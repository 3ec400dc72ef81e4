"""Instrumentation: gas charges and the stack limit, written as plain valid Wasm.

`instrument_module` is a pure function of its arguments. The value `rules.Metering` says
which blocks there are and what a charge looks like. What the result guarantees under
STANDARD_METERING, on every engine that conforms to the spec:

* prepaid: no instruction runs before the metered block that holds it has been charged;
* exact: where a call ends normally, the gas charged is the sum of the costs of the
  instructions that were executed; where it traps, it is more by the cost of the rest of
  one metered block at most;
* visible: at a call, and so at every host call, everything executed so far is charged
  and nothing beyond;
* closed: `memory.grow`, bulk instructions and declared locals are charged by size,
  before the work (growth that fails costs what it asked for);
* bounded: every call raises a counter by the func's parameters, locals, operands and
  FRAME_HEIGHT, and traps above a limit;
* transparent: otherwise the module behaves exactly like the original.

When is a structural instruction executed? `block`, `loop` and `if` when control enters
them from outside: a branch back to a loop does not execute the `loop` again. `else`
when the then-arm runs into it; it then jumps past the `end`, which is not executed.
`end` when control falls through to it; a branch to its label goes past it. The costs of
declared locals are due on each call, with the func's first instruction.

A metered block ends after `loop`, `if`, `else`, a branch, `return`, `unreachable` and a
call, and after the `end` of an `if`, or of a block that some branch leaves; the `end`
of a loop, or of a block that no branch leaves, does not end it. Code that control
cannot reach, by these rules, is left unchanged, but it must be priced.

In a func with a loop and a charge, a local mirrors the gas counter, loaded at the
func's start and after each call: an optimising compiler keeps a local in a register,
but must read a global again on each turn. Each charge still writes the global, so its
value is exact at every call and after every trap.

Custom sections are kept unchanged: indices do not shift, so names stay right, but
positions within code, such as those in debug information, do.
"""

from dataclasses import dataclass, replace

from contractvm.errors import RefusedModule
from contractvm.metering.names import (
    DEFAULT_MAX_STACK_HEIGHT,
    GAS_EXPORT,
    GAS_STATUS_EXPORT,
    GREATEST_MAX_STACK_HEIGHT,
    STACK_HEIGHT_EXPORT,
    START_EXPORT,
)
from contractvm.metering.plan import plan_module
from contractvm.metering.rewrite import rewrite_module
from contractvm.metering.rules import STANDARD_METERING, Metering
from contractvm.wasm.structure.module import Export, ExternKind, Module
from gas_schedule.schedule import GasSchedule


@dataclass(frozen=True, slots=True)
class InstrumentationOptions:
    """Options of instrumentation, apart from the schedule and the metering.

    `max_stack_height` is in values; None removes the stack limit and its guarantee.
    `defer_start` takes the start func out of the start section and exports it as
    START_EXPORT: a start func would run during instantiation, when the gas counter is
    still 0, and run out of gas. `keep_free_charges` writes charges of 0 units for free
    blocks and sizes, so that a tracing engine can count them; results and gas are the
    same.
    """

    max_stack_height: int | None = DEFAULT_MAX_STACK_HEIGHT
    defer_start: bool = False
    keep_free_charges: bool = False

    def __post_init__(self) -> None:
        limit = self.max_stack_height
        if limit is not None and not 1 <= limit <= GREATEST_MAX_STACK_HEIGHT:
            raise ValueError(
                f"max_stack_height is {limit}, not 1 to {GREATEST_MAX_STACK_HEIGHT}"
            )


DEFAULT_OPTIONS = InstrumentationOptions()


def instrument_module(
    module: Module,
    operand_heights: tuple[int, ...],
    schedule: GasSchedule,
    options: InstrumentationOptions = DEFAULT_OPTIONS,
    metering: Metering = STANDARD_METERING,
) -> Module:
    """The metered form of a valid module.

    `operand_heights` come from validation; a metering may count its own. Raises
    RefusedModule for an instruction without a cost, for an export with a reserved name,
    and for memory that can grow without the import that the metering's hook needs;
    ValueError if the metering cannot charge one of the schedule's costs.
    """
    reserved = {GAS_EXPORT, STACK_HEIGHT_EXPORT, START_EXPORT}
    if metering.has_status:
        reserved.add(GAS_STATUS_EXPORT)
    for export in module.exports:
        if export.name == GAS_EXPORT:
            raise RefusedModule(f"instrumented already: it exports {GAS_EXPORT}")
        if export.name in reserved:
            raise RefusedModule(f"the export name {export.name} is reserved")
    plans = plan_module(
        module, schedule, metering, keep_free_charges=options.keep_free_charges
    )
    stack = metering.stack
    if stack is not None and stack.operand_heights is not None:
        operand_heights = stack.operand_heights(module)
    rewritten = rewrite_module(
        module, plans, metering, operand_heights, options.max_stack_height
    )
    return _defer_start(rewritten) if options.defer_start else rewritten


def _defer_start(module: Module) -> Module:
    if module.start is None:
        return module
    export = Export(START_EXPORT, ExternKind.FUNC, module.start)
    return replace(module, start=None, exports=(*module.exports, export))
