"""Which instructions each charge pays for, free blocks included."""

from dataclasses import replace

import pytest
from msgspec import structs

from contractvm.errors import InternalError, RefusedModule
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.item_counts import ItemCounter
from contractvm.metering.marks import BodyMarks
from contractvm.metering.metered_blocks import FuncBlocks, list_blocks
from contractvm.metering.plan import plan_module
from contractvm.metering.rules import STANDARD_METERING, BlockRule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from tests.helpers.metered_runs import metered
from tests.helpers.schedules import distinct_schedule, schedule_with
from tests.helpers.wat import wat_to_module

FREE = schedule_with({})
DISTINCT = distinct_schedule()
KEEP_FREE = InstrumentationOptions(keep_free_charges=True)
BRANCHES = """(module (memory 1) (func (param i32) (local i64 i32)
  block
    local.get 0
    br_if 0
    nop
    br 0
    i32.const 9
    drop
  end
  local.get 0
  if
    return
    nop
  else
    i32.const 1
    memory.grow
    drop
  end))"""
BLOCKS = [
    ["block", "local.get", "br_if"],
    ["nop", "br"],
    ["local.get", "if"],
    ["return"],
    ["i32.const", "memory.grow", "drop", "end"],
    ["end"],
]


def func_blocks(source: str, schedule=FREE) -> FuncBlocks:
    return list_blocks(wat_to_module(source), schedule).funcs[0]


def test_each_block_that_can_run_is_there_without_what_cannot() -> None:
    found = func_blocks(BRANCHES)
    assert [
        [mnemonic for _, mnemonic in block.instructions] for block in found.blocks
    ] == BLOCKS
    assert [mnemonic for _, mnemonic in found.sized] == ["memory.grow"]


def test_the_first_block_pays_for_the_declared_locals() -> None:
    blocks = func_blocks(BRANCHES).blocks
    assert [block.declared_locals for block in blocks] == [2, 0, 0, 0, 0, 0]


def test_units_are_those_of_the_charges_and_prices_those_of_the_sizes() -> None:
    module = wat_to_module(BRANCHES)
    (plan,) = plan_module(module, DISTINCT)
    found = func_blocks(BRANCHES, DISTINCT)
    assert [block.units for block in found.blocks] == [
        units for _, units in plan.charges
    ]
    assert [block.instructions[0][0] for block in found.blocks] == [
        position for position, _ in plan.charges
    ]
    assert found.sized_units == (DISTINCT.memory_page,)
    assert found.sized[0][0] == plan.sized[0][0]


def test_free_charges_are_left_out_unless_they_are_kept() -> None:
    module = wat_to_module(BRANCHES)
    (plan,) = plan_module(module, FREE)
    assert (plan.charges, plan.sized) == ([], [])
    (kept,) = plan_module(module, FREE, keep_free_charges=True)
    assert [units for _, units in kept.charges] == [0] * 6
    assert [units for _, units in kept.sized] == [0]


def test_nothing_changes_where_nothing_is_free() -> None:
    module = wat_to_module(BRANCHES)
    assert metered(module, DISTINCT, KEEP_FREE) == metered(module, DISTINCT)
    assert metered(module, FREE, KEEP_FREE) != metered(module, FREE)


def test_a_code_offset_counts_from_the_content_of_the_code_section() -> None:
    source = '(module (memory 1) (func) (func (local i32) nop) (data "x"))'
    wasm = encode_module(wat_to_module(source))
    funcs = list_blocks(decode_module(wasm), FREE).funcs
    # The number of bodies; then size, groups of locals and code of each.
    assert [func.code_offset for func in funcs] == [3, 8]


def test_a_module_that_cannot_be_metered_has_no_blocks() -> None:
    fewer = {
        name: cost for name, cost in FREE.instructions.items() if name != "memory.grow"
    }
    with pytest.raises(RefusedModule):
        list_blocks(wat_to_module(BRANCHES), replace(FREE, instructions=fewer))


def test_charges_after_dead_code_have_no_blocks() -> None:
    ends = STANDARD_METERING.blocks.ends | {"end"}
    blocks = BlockRule(ends, is_charged_last=True)
    charge = structs.replace(STANDARD_METERING.charge, local=(), load=())
    metering = replace(STANDARD_METERING, name="late", blocks=blocks, charge=charge)
    reason = f"^{metering.identity} charges blocks after dead code$"
    with pytest.raises(InternalError, match=reason):
        list_blocks(wat_to_module("(module)"), FREE, metering)
    counted = replace(metering, blocks=replace(blocks, counts_dead=True))
    assert list_blocks(wat_to_module("(module)"), FREE, counted).funcs == ()


def test_a_label_may_take_several_bytes() -> None:
    """The values that a `br_table` carries are those of its first label."""
    depth = 130
    body = "(block (result i32) " + "(block " * depth
    body += f"(br_table {depth} {depth} (i32.const 7) (i32.const 0))"
    body += ")" * depth + " (i32.const 1))"
    module = wat_to_module(f"(module (func (result i32) {body}))")
    found = [
        (each.items, each.carried)
        for each in ItemCounter(module).counted(module.funcs[0])
        if each.mnemonic == "br_table"
    ]
    assert found == [(1, 1)]


def test_what_both_rewrites_inserted_has_no_old_position() -> None:
    """Ten bytes were inserted at 4 by charges, then two at 20 for a NaN."""
    marks = BodyMarks({0: [(0, 0), (14, 4)]}, {0: [(0, 0), (22, 20)]})
    found = {at: marks.copied(0, at) for at in (3, 4, 13, 14, 19, 20, 21, 22)}
    assert found == {
        3: 3,
        4: None,
        13: None,
        14: 4,
        19: 9,
        20: None,
        21: None,
        22: 10,
    }
