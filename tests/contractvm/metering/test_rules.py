"""Metering rules as values: refusals, and the standard rule's identity."""

from array import array
from dataclasses import replace

import pytest

from contractvm.errors import InternalError, RefusedModule
from contractvm.hosts.stylus.metering import FLAGGED_CHARGE
from contractvm.metering.body_planner import IS_COUNTED, IS_PRICED, plan_bodies
from contractvm.metering.names import INSTRUMENTATION_VERSION
from contractvm.metering.plan import FuncTypeCounts, plan_module
from contractvm.metering.prices import opcode_prices
from contractvm.metering.rules import (
    GREATEST_SIGNED,
    STANDARD_METERING,
    BlockRule,
    ChargeShape,
)
from contractvm.metering.sequences import render, render_whole
from contractvm.wasm.structure.module import Func, Module
from contractvm.wasm.structure.templates import (
    CHARGE,
    LOCAL_LOAD,
    SIZED_CHARGER,
    Hole,
)
from gas_schedule.schedule import InstructionCost
from tests.helpers.other_meterings import COSMWASM, STYLUS
from tests.helpers.schedules import distinct_schedule, schedule_with
from tests.helpers.wat import wat_to_module


def test_identities_are_name_and_version() -> None:
    assert STANDARD_METERING.identity == f"contractvm-{INSTRUMENTATION_VERSION}"
    assert STYLUS.identity == "stylus-1"


def test_a_rule_is_a_value() -> None:
    same = replace(STANDARD_METERING.blocks, ends=set(STANDARD_METERING.blocks.ends))
    assert replace(same, ends=frozenset(same.ends)) == STANDARD_METERING.blocks
    assert hash(STYLUS.blocks) == hash(replace(STYLUS.blocks))
    with pytest.raises(AttributeError):
        STYLUS.version = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ends": frozenset({"br", "brr"})}, "no instruction is called brr"),
        ({"is_charged_last": True}, "a func's last block is charged at its end"),
        ({"max_units": 2**64}, "max_units is 18446744073709551616, not 0 to 2"),
        ({"max_units": -1}, "max_units is -1, not 0 to 2"),
        ({"header": 8, "max_units": 7}, "header is 8, not 0 to max_units"),
        ({"header": -1}, "header is -1, not 0 to max_units"),
        ({"free_locals": -1}, "free_locals is -1, below 0"),
    ],
)
def test_a_block_rule_without_a_meaning_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        BlockRule(**({"ends": frozenset({"br"})} | changes))  # type: ignore[arg-type]


def test_the_edges_of_a_block_rules_numbers_are_accepted() -> None:
    ends = frozenset({"end"})
    assert BlockRule(ends, max_units=2**64 - 1, header=2**64 - 1).header == 2**64 - 1
    assert BlockRule(ends, is_charged_last=True).max_units == GREATEST_SIGNED


def test_a_gas_local_needs_blocks_that_are_charged_first() -> None:
    with pytest.raises(ValueError, match="a local holds the counter only where"):
        replace(COSMWASM, charge=STANDARD_METERING.charge)


@pytest.mark.parametrize(
    ("metering", "has_status", "has_scratch"),
    [(STANDARD_METERING, False, False), (STYLUS, True, True), (COSMWASM, True, False)],
)
def test_a_metering_knows_which_globals_it_needs(
    metering, has_status: bool, has_scratch: bool
) -> None:
    assert (metering.has_status, metering.has_scratch) == (has_status, has_scratch)


def test_a_template_is_rendered_in_parts_around_its_amounts() -> None:
    assert render(CHARGE, {Hole.GAS: b"\x05"}) == (
        b"\x23\x05\x42",
        b"\x7d\x24\x05\x23\x05\x42\x00\x53\x04\x40\x00\x0b",
    )
    filled = {Hole.GAS: b"\x05", Hole.STATUS: b"\x06"}
    assert render(FLAGGED_CHARGE, filled) == (
        b"\x23\x05\x42",
        b"\x54\x04\x40\x41\x01\x24\x06\x00\x0b\x23\x05\x42",
        b"\x7d\x24\x05",
    )


def test_a_template_without_open_holes_is_rendered_whole() -> None:
    filled = {Hole.GAS: b"\x80\x01", Hole.LOCAL: b"\x02"}
    assert render_whole(LOCAL_LOAD, filled) == b"\x23\x80\x01\x21\x02"


def test_only_amounts_may_stay_open() -> None:
    with pytest.raises(InternalError, match=r"Hole.GAS.* is not filled"):
        render(SIZED_CHARGER, {Hole.AMOUNT: b"\x01"})


def test_a_cost_by_size_needs_a_rule_for_it() -> None:
    module = wat_to_module("(module (func))")
    free = schedule_with({})
    costs = {**free.instructions, "memory.copy": InstructionCost(1, per_byte=1)}
    with pytest.raises(ValueError, match="cosmwasm-1 charges nothing by size: memory"):
        plan_module(module, replace(free, instructions=costs), COSMWASM)
    with pytest.raises(ValueError, match=r"charges nothing by size: memory\.grow"):
        plan_module(module, replace(free, memory_page=1), COSMWASM)
    plan_module(module, replace(free, instructions=costs), STANDARD_METERING)


@pytest.mark.parametrize("keep_free", [False, True])
def test_charges_of_nothing_are_left_out_unless_they_are_kept(keep_free: bool) -> None:
    module = wat_to_module("(module (func nop))")
    (plan,) = plan_module(
        module, schedule_with({}), COSMWASM, keep_free_charges=keep_free
    )
    assert plan.charges == [(1, 0)] * keep_free


def test_a_rule_without_a_local_form_has_no_gas_local() -> None:
    module = wat_to_module("(module (func $f (loop call $f)))")
    plain = replace(STANDARD_METERING, charge=ChargeShape(CHARGE))
    schedule = distinct_schedule()
    (with_local,) = plan_module(module, schedule)
    (without,) = plan_module(module, schedule, plain)
    assert (with_local.has_gas_local, without.has_gas_local) == (True, False)
    assert (with_local.loads, without.loads) == ([4], [])
    assert with_local.charges == without.charges


def module_of_a_table(entries: int) -> Module:
    labels = "0 " * entries + "0"
    return wat_to_module(f"(module (func (param i32) local.get 0 br_table {labels}))")


@pytest.mark.parametrize(("per_entry", "is_accepted"), [(5, True), (6, False)])
def test_without_saturation_a_block_beyond_the_greatest_cost_is_refused(
    per_entry: int, is_accepted: bool
) -> None:
    rule = replace(STANDARD_METERING.blocks, max_units=4 + 2 * 5)
    metering = replace(STANDARD_METERING, blocks=rule)
    schedule = schedule_with({"local.get": 1})
    costs = {**schedule.instructions, "br_table": InstructionCost(3, 0, 0, per_entry)}
    schedule = replace(schedule, instructions=costs)
    if is_accepted:
        (plan,) = plan_module(module_of_a_table(2), schedule, metering)
        assert plan.charges == [(0, 14)]
    else:
        with pytest.raises(RefusedModule, match="costs more than the gas counter"):
            plan_module(module_of_a_table(2), schedule, metering)


def test_a_product_beyond_64_bits_is_refused_too() -> None:
    costs = {
        **schedule_with({}).instructions,
        "br_table": InstructionCost(0, per_entry=2**63),
    }
    schedule = replace(schedule_with({}), instructions=costs)
    with pytest.raises(RefusedModule, match="costs more than the gas counter"):
        plan_module(module_of_a_table(2), schedule)


# Of a func with two parameters.
ONE_TYPE = FuncTypeCounts(array("I", [2]), array("I", [0]), array("I", [0]))


@pytest.mark.parametrize("code", [b"\x01\x0b", b"\x41\x00\x11\x01\x00\x0b"])
def test_what_has_no_entries_or_parameters_is_our_own_fault(code: bytes) -> None:
    # A nop, and a call of a missing type, which a table says are counted.
    prices = opcode_prices(distinct_schedule())
    flags = bytes(flag | IS_COUNTED for flag in prices.flags)
    if code[0] == 0x41:
        flags = flags[:0x41] + bytes([IS_PRICED]) + flags[0x42:]
    counted = replace(prices, flags=flags)
    with pytest.raises(InternalError, match="without entries or parameters"):
        plan_bodies((Func(0, (), code),), counted, STANDARD_METERING, ONE_TYPE)


@pytest.mark.parametrize("table", ["flags", "base", "per_unit", "per_item"])
def test_a_price_table_of_another_length_is_our_own_fault(table: str) -> None:
    prices = opcode_prices(distinct_schedule())
    shorter = replace(prices, **{table: getattr(prices, table)[:-1]})
    with pytest.raises(InternalError, match="a price table has another length"):
        plan_bodies((), shorter, STANDARD_METERING, ONE_TYPE)
