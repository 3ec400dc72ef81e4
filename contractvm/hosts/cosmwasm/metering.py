"""CosmWasm's metering as values: gas is charged at the end of a block."""

from contractvm.hosts.cosmwasm.costs import RuleChoices
from contractvm.metering.names import FRAME_HEIGHT
from contractvm.metering.rules import (
    GREATEST_UNSIGNED,
    BlockRule,
    ChargeShape,
    Metering,
    StackRule,
)
from contractvm.wasm.structure.templates import (
    FLAGGED_CHARGE,
    STACK_ENTER,
    STACK_LEAVE,
)
from gas_schedule.schedule import GasSchedule

# A func's declared locals up to these are free; its parameters are no locals.
FREE_LOCALS = 29
ACCOUNTING = frozenset(
    {
        *("loop", "end", "if", "else", "return"),
        *("br", "br_if", "br_table", "call", "call_indirect"),
    }
)


def _metering(name: str, ends: frozenset[str]) -> Metering:
    return Metering(
        name=name,
        version=1,
        blocks=BlockRule(
            ends=ends,
            is_charged_last=True,
            counts_dead=True,
            free_locals=FREE_LOCALS,
            max_units=GREATEST_UNSIGNED,
            saturates=True,
        ),
        charge=ChargeShape(FLAGGED_CHARGE),
        # CosmWasm names no limit of the stack: what a machine has decides. Ours is
        # counted, and costs no gas.
        stack=StackRule(
            STACK_ENTER,
            STACK_LEAVE,
            frame=FRAME_HEIGHT,
            counts_params=True,
            is_wrapped=True,
        ),
        initial_work_is_free=True,
    )


COSMWASM_METERING = _metering("cosmwasm", ACCOUNTING)
# Until cosmwasm-vm 1.5.7, 2.0.6 and 2.1.3, an `if` was charged with what follows it.
METERING_WITHOUT_IF = _metering("cosmwasm-without-if", ACCOUNTING - {"if"})


def metering_of(schedule: GasSchedule) -> Metering:
    """The metering that a schedule's release has."""
    if schedule.section(RuleChoices).if_ends_blocks:
        return COSMWASM_METERING
    return METERING_WITHOUT_IF
