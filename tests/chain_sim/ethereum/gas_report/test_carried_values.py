"""Reports of what instructions count beyond themselves: they close to the unit."""

from dataclasses import replace

from chain_sim.ethereum.gas_report.explanation import explain, reprice
from contractvm.ledger.report import GasReport
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.explained import CALLER, explained, record, state_with, traced_engine
from tests.helpers.wat import wat_to_wasm

METERED = load_schedule("ewasm-metered")
RATES = {
    "br_table": InstructionCost(90, per_entry=11),
    "call_indirect": InstructionCost(7_000, per_param=13),
}
PRICED = replace(
    METERED,
    carried_value=17,
    element_segment=19,
    instructions={**METERED.instructions, **RATES},
)
# A br_table of three entries with a value, and an indirect call of two parameters and
# two results.
CODE = wat_to_wasm(
    """(module (memory (export "memory") 1) (table 1 funcref)
      (elem (i32.const 0) $two) (type $pair (func (param i32 i32) (result i32 i32)))
      (func $two (type $pair) (local.get 1) (local.get 0))
      (func (export "main")
        (drop (block (result i32) (br_table 0 0 0 0 (i32.const 5) (i32.const 1))))
        (call_indirect (type $pair) (i32.const 1) (i32.const 2) (i32.const 0))
        drop drop))"""
)
# br_table 1, call_indirect 2, the end of $two 2.
VALUES = 5


def units(report: GasReport, name: str) -> tuple[int, int]:
    (found,) = [part for part in report.call.parts if part.name == name]
    return found.count, found.units


def traced(schedule: GasSchedule) -> GasReport:
    return explained(CODE, engine=traced_engine(schedule))


def test_carried_values_have_a_line() -> None:
    assert units(traced(PRICED), "carried values") == (VALUES, VALUES * 17)


def test_entries_and_parameters_are_in_the_lines_of_their_instructions() -> None:
    free = replace(PRICED, instructions=METERED.instructions)
    with_rates, without = traced(PRICED), traced(free)
    more = with_rates.call.used_units - without.call.used_units
    indirect = METERED.instructions["call_indirect"].base
    switch = METERED.instructions["br_table"].base
    assert more == 3 * 11 + 2 * 13 + (7_000 - indirect) + (90 - switch)


def test_segments_are_paid_for_in_their_line() -> None:
    before = units(traced(replace(PRICED, element_segment=0)), "element segments")
    after = units(traced(PRICED), "element segments")
    assert after == (before[0], before[1] + 19)


def test_reports_of_older_schedules_have_no_such_line() -> None:
    names = [part.name for part in traced(METERED).call.parts]
    assert "carried values" not in names


def test_a_run_is_priced_anew_with_what_is_carried() -> None:
    recording = record(state_with({CALLER: CODE}), traced_engine(METERED))
    report = reprice(recording, PRICED)
    assert isinstance(report, GasReport)
    assert report.call.parts == traced(PRICED).call.parts
    assert explain(recording).call.used_units == traced(METERED).call.used_units
