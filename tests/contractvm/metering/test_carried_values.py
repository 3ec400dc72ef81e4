"""What values cost that branches, returns, ends and calls carry, to the unit."""

from dataclasses import replace

import pytest

from contractvm.errors import InternalError, RefusedModule
from contractvm.metering.metered_blocks import list_blocks
from contractvm.metering.plan import plan_module
from gas_schedule.schedule import InstructionCost
from tests.helpers.metered_runs import metered
from tests.helpers.paths import check_module
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_module

EACH_VALUE = schedule_with({}, carried_value=1)
ONE, TWO = "(i32.const 1)", "(i32.const 1) (i64.const 2)"


@pytest.mark.parametrize(
    ("body", "values"),
    [
        ("", []),
        ("(block (br 0))", []),
        # Of the branch, and not of the end, which it goes past.
        (f"(drop (block (result i32) (br 0 {ONE})))", [1]),
        (f"(block (result i32 i64) {TWO} (br 0)) drop drop", [2]),
        (f"(block (result i32 i64) {TWO} (br_if 0 {ONE})) drop drop", [2, 2]),
        (f"(block (result i32 i64) {TWO} (br_table 0 0 {ONE})) drop drop", [2]),
        # An outer label's values; the inner end cannot be reached.
        (f"(block (result i32 i64) (block {TWO} (br 1)) unreachable) drop drop", [2]),
        # A loop's label takes its params, its end has its results.
        (
            f"{TWO} (loop (param i32 i64) (result i32) (br_if 0 {ONE}) drop) drop",
            [2, 2, 1],
        ),
        (f"{ONE} (block (param i32) (result i32)) drop", [2]),
        (
            f"{ONE} (if (param i32) (result i32 i64) {ONE}"
            " (then i64.const 1) (else i64.const 2)) drop drop",
            [1, 2, 2],
        ),
        ("(call $three (i32.const 1) (i32.const 2) (i32.const 3))", [3]),
        (
            "(call_indirect (type $t) (i32.const 1) (i32.const 2) (i32.const 3)"
            " (i32.const 0))",
            [3],
        ),
        (f"unreachable (drop (block (result i32) (br 0 {ONE})))", []),
    ],
)
def test_each_value_costs_once_where_it_is_carried(
    body: str, values: list[int]
) -> None:
    source = f"""(module (table 1 funcref)
      (type $t (func (param i32 i32 i32)))
      (func $f {body}) (func $three (type $t)))"""
    module = wat_to_module(source)
    plans = plan_module(module, EACH_VALUE)
    assert [units for _, units in plans[0].charges] == values
    check_module(module, metered(module, EACH_VALUE), EACH_VALUE)


@pytest.mark.parametrize(
    ("body", "values"),
    [
        # The end of the func, and a return, which goes past it.
        ("(i32.const 1) (i32.const 2) (i64.const 3)", [3]),
        ("(return (i32.const 1) (i32.const 2) (i64.const 3))", [3]),
        ("(br 0 (i32.const 1) (i32.const 2) (i64.const 3))", [3]),
        (
            "(i32.const 1) (i32.const 2) (i64.const 3) (br_if 0 (i32.const 4))",
            [3, 3],
        ),
    ],
)
def test_a_func_carries_its_results_out(body: str, values: list[int]) -> None:
    module = wat_to_module(f"(module (func (result i32 i32 i64) {body}))")
    plan = plan_module(module, EACH_VALUE)[0]
    assert [units for _, units in plan.charges] == values
    check_module(module, metered(module, EACH_VALUE), EACH_VALUE)


def test_a_schedule_without_the_price_charges_nothing_for_values() -> None:
    source = "(module (func (result i32 i64) (i32.const 1) (i64.const 2) (br 0)))"
    assert plan_module(wat_to_module(source), schedule_with({}))[0].charges == []


def test_the_price_comes_on_top_of_the_base() -> None:
    schedule = schedule_with({"br": 100, "i32.const": 10}, carried_value=7)
    source = "(module (func (result i32) (br 0 (i32.const 1))))"
    assert plan_module(wat_to_module(source), schedule)[0].charges == [(0, 117)]


@pytest.mark.parametrize(
    ("carried_value", "is_accepted"), [(2**62, True), (2**62 + 1, False)]
)
def test_values_that_exceed_the_counter_are_refused(
    carried_value: int, is_accepted: bool
) -> None:
    # A call of one, and the end of the func with one: at most 2^63 - 1 together.
    module = wat_to_module(
        "(module (func $f (param i32) (result i32) (drop (call $f (i32.const 1)))"
        " (i32.const 2)))"
    )
    schedule = schedule_with({"call": 2**62 - 1}, carried_value=carried_value)
    if is_accepted:
        charges = [units for _, units in plan_module(module, schedule)[0].charges]
        assert charges == [2**63 - 1, 2**62]
    else:
        with pytest.raises(RefusedModule, match="more than the gas counter holds"):
            plan_module(module, schedule)


def test_blocks_say_what_their_instructions_count() -> None:
    schedule = schedule_with({}, carried_value=5)
    rates = {
        "br_table": InstructionCost(1, per_entry=100),
        "call_indirect": InstructionCost(2, per_param=1_000),
    }
    schedule = replace(schedule, instructions={**schedule.instructions, **rates})
    module = wat_to_module(
        """(module (table 1 funcref) (type $t (func (param i32 i32)))
          (func (block (br_table 0 0 0 (i32.const 0)))
            (call_indirect (type $t) (i32.const 1) (i32.const 2) (i32.const 0))))"""
    )
    blocks = list_blocks(module, schedule).funcs[0].blocks
    assert [
        (found.mnemonic, found.end - found.start, found.items, found.carried)
        for block in blocks
        for found in block.counted
    ] == [("br_table", 5, 2, 0), ("call_indirect", 3, 2, 2)]
    assert sum(block.units for block in blocks) == 1 + 200 + 2 + 2_000 + 10


def test_a_plan_of_other_values_is_our_own_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    planned = plan_module(
        wat_to_module("(module (func (result i32) i32.const 1))"),
        EACH_VALUE,
        keep_free_charges=True,
    )
    monkeypatch.setattr(
        "contractvm.metering.metered_blocks.plan_module", lambda *_, **__: planned
    )
    other = wat_to_module("(module (func (result i32 i32) i32.const 1 i32.const 1))")
    with pytest.raises(InternalError, match="does not cost 1 units"):
        list_blocks(other, EACH_VALUE)
