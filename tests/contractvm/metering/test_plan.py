"""Metered blocks: where each begins and ends, and its cost."""

from array import array
from dataclasses import replace

import pytest

from contractvm.errors import InternalError, RefusedModule
from contractvm.metering.body_plan import BodyPlan, sized_prices
from contractvm.metering.body_planner import plan_bodies
from contractvm.metering.body_rewriter import (
    Pieces,
    StackPieces,
    charge_and_limit_bodies,
)
from contractvm.metering.plan import FuncTypeCounts, plan_module
from contractvm.metering.prices import opcode_prices
from contractvm.metering.rules import STANDARD_METERING
from contractvm.wasm.structure.module import Func, Module
from contractvm.wasm.structure.opcodes import OPCODES, SLOT_COUNT, slot_of
from contractvm.wasm.structure.types import FuncType, ValType
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import InstructionCost
from tests.helpers.schedules import distinct_schedule, schedule_with
from tests.helpers.wat import wat_to_module

# A nop is a power of ten, so that a sum shows which instructions it holds.
COUNTING = schedule_with(
    {
        "nop": 1,
        "block": 10,
        "loop": 100,
        "if": 1_000,
        "else": 10_000,
        "end": 100_000,
        "br": 1_000_000,
        "br_if": 2_000_000,
        "br_table": 3_000_000,
        "return": 4_000_000,
        "unreachable": 5_000_000,
        "call": 6_000_000,
        "call_indirect": 7_000_000,
    }
)


NO_PIECES = Pieces((b"",), {}, b"", None, {0: 0}, 9)


def plan(body: str, around: str = "") -> BodyPlan:
    source = f"(module {around} (func (param i32) {body}))"
    return plan_module(wat_to_module(source), COUNTING)[-1]


def costs(body: str, around: str = "") -> list[int]:
    return [units for _, units in plan(body, around).charges]


def test_straight_code_is_one_block() -> None:
    assert plan("nop nop nop").charges == [(0, 100_003)]


def test_an_empty_body_is_charged_its_end() -> None:
    assert plan("").charges == [(0, 100_000)]


def test_a_block_that_costs_nothing_gets_no_charge() -> None:
    module = wat_to_module("(module (func (param i32) local.get 0 br_if 0))")
    free = plan_module(module, schedule_with({"br_if": 5}))
    assert free[0].charges == [(0, 5)]


def test_the_end_of_a_block_without_branches_ends_nothing() -> None:
    assert costs("block nop end nop") == [10 + 1 + 100_000 + 1 + 100_000]


def test_the_end_of_a_block_with_a_branch_starts_a_block() -> None:
    assert costs("block nop local.get 0 br_if 0 nop end nop nop") == [
        10 + 1 + 2_000_000,
        1 + 100_000,
        2 + 100_000,
    ]


def test_a_branch_skips_the_end_that_it_goes_behind() -> None:
    assert costs("block br 0 end nop") == [10 + 1_000_000, 1 + 100_000]


def test_only_the_branched_to_of_nested_blocks_ends_a_block() -> None:
    assert costs("block block local.get 0 br_if 1 end nop end nop") == [
        10 + 10 + 2_000_000,
        100_000 + 1 + 100_000,
        1 + 100_000,
    ]


def test_a_loop_is_paid_on_entry_and_its_body_on_each_turn() -> None:
    assert costs("nop loop nop local.get 0 br_if 0 nop end nop") == [
        1 + 100,
        1 + 2_000_000,
        1 + 100_000 + 1 + 100_000,
    ]


def test_each_arm_of_an_if_is_a_block_and_the_then_arm_pays_the_else() -> None:
    assert costs("local.get 0 if nop else nop nop end nop nop nop") == [
        1_000,
        1 + 10_000,
        2 + 100_000,
        3 + 100_000,
    ]


def test_the_end_of_an_if_without_else_starts_a_block() -> None:
    assert costs("local.get 0 if nop end nop nop") == [
        1_000,
        1 + 100_000,
        2 + 100_000,
    ]


def test_an_arm_that_is_left_by_a_branch_does_not_pay_the_else() -> None:
    assert costs("local.get 0 if br 0 else nop end nop nop") == [
        1_000,
        1_000_000,
        1 + 100_000,
        2 + 100_000,
    ]


def test_code_behind_two_dead_arms_is_dead() -> None:
    assert costs("local.get 0 if return else unreachable end nop") == [
        1_000,
        4_000_000,
        5_000_000,
    ]


def test_code_behind_one_dead_arm_is_alive() -> None:
    assert costs("local.get 0 if nop else unreachable end nop nop") == [
        1_000,
        1 + 10_000,
        5_000_000,
        2 + 100_000,
    ]
    assert costs("local.get 0 if unreachable else nop end nop nop")[-2:] == [
        1 + 100_000,
        2 + 100_000,
    ]


def test_a_branch_table_ends_every_block_it_names() -> None:
    body = "block block block local.get 0 br_table 0 2 2 end nop end nop nop end nop"
    assert costs(body) == [
        30 + 3_000_000,
        1 + 100_000 + 2 + 100_000,
        1 + 100_000,
    ]


def test_the_default_of_a_branch_table_counts_as_a_branch() -> None:
    assert costs("block block local.get 0 br_table 0 1 end nop end nop nop") == [
        20 + 3_000_000,
        1 + 100_000,
        2 + 100_000,
    ]


def test_calls_end_a_block() -> None:
    around = "(func $callee) (table 1 funcref) (type $t (func))"
    body = "nop call $callee nop nop i32.const 0 call_indirect (type $t) nop nop nop"
    assert costs(body, around) == [
        1 + 6_000_000,
        2 + 7_000_000,
        3 + 100_000,
    ]


@pytest.mark.parametrize(
    "jump", ["return", "unreachable", "br 0", "local.get 0 br_table 0 0"]
)
def test_code_behind_an_unconditional_jump_is_dead(jump: str) -> None:
    dead = "nop block nop end loop nop br 0 end local.get 0 if nop else nop end return"
    assert costs(f"block {jump} {dead} end") == costs(f"block {jump} end")
    planned, alive = plan(f"block {jump} {dead} end"), plan(f"block {jump} end")
    assert planned.returns == alive.returns


def test_a_branch_in_dead_code_makes_nothing_alive() -> None:
    assert costs("block return br 0 end nop") == [10 + 4_000_000]
    assert costs("block return local.get 0 br_if 0 end nop") == [10 + 4_000_000]


def test_code_behind_an_endless_loop_is_dead() -> None:
    assert costs("loop nop br 0 end nop") == [100, 1 + 1_000_000]


def test_a_dead_block_stays_dead_behind_its_end() -> None:
    assert costs("block br 0 block nop end nop end nop nop") == [
        10 + 1_000_000,
        2 + 100_000,
    ]


def test_returns_know_the_depth_of_the_bodys_label() -> None:
    planned = plan("block loop local.get 0 if return end end end return")
    assert [depth for _, depth in planned.returns] == [3, 0]


def test_declared_locals_are_due_with_the_first_block() -> None:
    module = wat_to_module("(module (func (param i64 i64) (local i32 i64 i32) nop))")
    schedule = schedule_with({"nop": 1}, local=50)
    assert plan_module(module, schedule)[0].charges == [(0, 151)]


def test_locals_of_a_free_first_block_are_charged_at_the_start() -> None:
    module = wat_to_module("(module (func (local i32) loop nop end))")
    schedule = schedule_with({"nop": 1}, local=50)
    assert plan_module(module, schedule)[0].charges == [(0, 50), (2, 1)]


def test_sized_instructions_are_listed_with_their_price() -> None:
    module = wat_to_module(
        """(module (memory 1) (table 1 funcref) (data "x") (elem func)
        (func (param i32)
          (drop (memory.grow (local.get 0)))
          (memory.copy (i32.const 0) (i32.const 0) (local.get 0))
          (table.fill (i32.const 0) (ref.null func) (local.get 0))))"""
    )
    schedule = distinct_schedule()
    prices = [price for _, price in plan_module(module, schedule)[0].sized]
    assert prices == [
        schedule.memory_page,
        schedule.instructions["memory.copy"].per_byte,
        schedule.instructions["table.fill"].per_element,
    ]


def test_every_opcode_has_its_own_slot() -> None:
    slots = [slot_of(info.opcode) for info in OPCODES]
    assert len(set(slots)) == len(OPCODES)
    assert max(slots) < SLOT_COUNT


@pytest.mark.parametrize("info", OPCODES, ids=lambda info: str(info.mnemonic))
def test_an_opcodes_price_is_its_mnemonics(info) -> None:
    schedule = distinct_schedule()
    base = opcode_prices(schedule).base[slot_of(info.opcode)]
    assert base == schedule.instructions[info.mnemonic].base


def test_an_instruction_without_price_is_refused_with_its_place() -> None:
    module = wat_to_module(
        '(module (import "a" "b" (func)) (func) (func nop f32.const 1 drop))'
    )
    with pytest.raises(RefusedModule) as caught:
        plan_module(module, load_schedule("ewasm-metered"))
    assert caught.value.reason == "f32.const has no cost in gas schedule ewasm-metered"
    assert caught.value.func_index == 2
    assert caught.value.offset == module.funcs[1].offset + 1


def test_dead_instructions_need_a_price_too() -> None:
    module = wat_to_module("(module (func unreachable f32.const 1 drop))")
    with pytest.raises(RefusedModule):
        plan_module(module, load_schedule("ewasm-metered"))


@pytest.mark.parametrize("mnemonic", ["end", "else", "memory.copy"])
def test_each_kind_of_instruction_can_be_forbidden(mnemonic: str) -> None:
    schedule = distinct_schedule()
    fewer = {**schedule.instructions}
    del fewer[mnemonic]
    module = wat_to_module(
        """(module (memory 1) (func (if (i32.const 1) (then) (else nop))
        (memory.copy (i32.const 0) (i32.const 0) (i32.const 0))))"""
    )
    plan_module(module, schedule)
    with pytest.raises(RefusedModule, match=f"^{mnemonic} has no cost"):
        plan_module(module, replace(schedule, instructions=fewer))


def module_with_locals(count: int, code: bytes) -> Module:
    func = Func(0, ((count, ValType.I32),), code)
    return Module(types=(FuncType((), ()),), funcs=(func,))


@pytest.mark.parametrize(
    ("local_count", "is_accepted"), [(2**32 + 1, True), (2**32 + 2, False)]
)
def test_a_block_costs_less_than_two_to_the_63(
    local_count: int, is_accepted: bool
) -> None:
    # (2^32 + 2) * (2^31 - 1) = 2^63 - 2, so the second has one unit left for the end.
    schedule = schedule_with({"end": 2**31 - 1}, local=2**31 - 1)
    module = module_with_locals(local_count, b"\x0b")
    if is_accepted:
        ((_, units),) = plan_module(module, schedule)[0].charges
        assert units == 2**63 - 2
    else:
        with pytest.raises(RefusedModule) as caught:
            plan_module(module, schedule)
        assert caught.value.reason == (
            "a metered block costs more than the gas counter holds"
        )


def test_locals_that_exceed_every_counter_are_refused() -> None:
    with pytest.raises(RefusedModule):
        plan_module(
            module_with_locals(2**40, b"\x0b"), schedule_with({}, local=2**31 - 1)
        )


def test_costs_near_two_to_the_31_do_not_wrap() -> None:
    module = wat_to_module("(module (func nop nop nop))")
    schedule = schedule_with({"nop": 2**31 - 1})
    assert plan_module(module, schedule)[0].charges == [(0, 3 * (2**31 - 1))]


NO_TYPES = FuncTypeCounts(array("I"), array("I"), array("I"))


@pytest.mark.parametrize(
    "code", [b"", b"\x01", b"\x0b\x01", b"\x05\x0b", b"\x0c\x01\x0b", b"\xff\x0b"]
)
def test_a_body_that_was_never_validated_is_our_own_fault(code: bytes) -> None:
    prices = opcode_prices(distinct_schedule())
    with pytest.raises(InternalError):
        plan_bodies((Func(0, (), code),), prices, STANDARD_METERING, NO_TYPES)


@pytest.mark.parametrize(
    ("charges", "returns"),
    [([(5, 1)], []), ([(-5, 1)], [(9, 0)]), ([(1, 1), (0, 1)], []), ([], [(0, 0)])],
)
def test_a_plan_of_another_body_is_our_own_fault(
    charges: list[tuple[int, int]], returns: list[tuple[int, int]]
) -> None:
    func = Func(0, (), b"\x01\x0b")
    plan = BodyPlan(charges, [], returns)
    stack = StackPieces(9, (b"",), (b"",), True)
    with pytest.raises(InternalError):
        charge_and_limit_bodies((func,), (plan,), NO_PIECES, stack, (0,), {0: (0, b"")})


def test_a_plan_keeps_each_kind_of_entry_in_the_order_of_positions() -> None:
    plan = BodyPlan([(0, 7), (4, 2**63 - 1)], [(4, 3), (6, 5)], [(4, 1)])
    assert plan.charges == [(0, 7), (4, 2**63 - 1)]
    assert plan.sized == [(4, 3), (6, 5)]
    assert plan.returns == [(4, 1)]
    assert sized_prices((plan, BodyPlan([], [(1, 4), (2, 3)], []))) == [3, 4, 5]


@pytest.mark.parametrize(
    ("body", "loads"),
    [
        ("nop (loop nop) nop", []),
        ("(loop call $f nop) call $f", [4, 8]),
        # The table's call_indirect is three bytes; the call in dead code counts too.
        ("(loop (call_indirect (i32.const 0)) return call $f)", [7, 10]),
    ],
)
def test_a_body_with_a_loop_has_a_gas_local_that_each_call_makes_stale(
    body: str, loads: list[int]
) -> None:
    planned = plan(body, "(table 1 funcref) (func $f)")
    assert (planned.has_gas_local, planned.loads) == (True, loads)


@pytest.mark.parametrize("body", ["nop call $f", "return (loop call $f)", ""])
def test_a_body_without_a_live_loop_has_none(body: str) -> None:
    planned = plan(body, "(func $f)")
    assert (planned.has_gas_local, planned.loads) == (False, [])


def test_a_body_without_a_charge_has_none() -> None:
    module = wat_to_module("(module (func $f (loop call $f)))")
    (planned,) = plan_module(module, schedule_with({}))
    assert (planned.has_gas_local, planned.loads) == (False, [])


def test_a_cost_of_an_instruction_may_be_a_size_alone() -> None:
    costs = {"memory.fill": InstructionCost(0, per_byte=3)}
    schedule = schedule_with({})
    schedule = replace(schedule, instructions={**schedule.instructions, **costs})
    module = wat_to_module(
        """(module (memory 1) (func
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))))"""
    )
    planned = plan_module(module, schedule)[0]
    assert (planned.charges, planned.sized) == ([], [(6, 3)])
