"""Arbitrum Stylus's rule as a value: its charges, and how they run."""

from dataclasses import replace

import pytest

from contractvm.errors import RefusedModule, Trap, TrapCode
from contractvm.hosts.stylus.frame_heights import count_operands
from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.metering.metered_blocks import list_blocks
from contractvm.metering.names import GAS_STATUS_EXPORT
from contractvm.metering.plan import plan_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.interface import Extern
from contractvm.wasm.structure.types import FuncType, ValType
from gas_schedule.schedule import InstructionCost
from tests.helpers.other_meterings import (
    ENGINES,
    STYLUS,
    MeteredInstance,
    instance_of,
    metered_by,
    stylus_schedule,
)
from tests.helpers.paths import check_module
from tests.helpers.wat import wat_to_module

INK = stylus_schedule()
HEADER = 2_450
MOST = 2**64 - 1
PARAM = FuncType((ValType.I32,), ())
on_each_engine = pytest.mark.parametrize("engine", ENGINES)


def charges(body: str, around: str = "") -> list[tuple[int, int]]:
    source = f"(module {around} (func (param i32) {body}))"
    return plan_module(wat_to_module(source), INK, STYLUS)[-1].charges


def run(
    engine: str, source: str, imports: dict[tuple[str, str], Extern] | None = None
) -> MeteredInstance:
    return instance_of(engine, STYLUS, source, INK, imports, max_stack_height=1_000)


def test_a_block_costs_its_header_even_where_only_the_end_is_in_it() -> None:
    assert charges("") == [(0, HEADER + 1)]
    assert charges("nop") == [(0, HEADER + 1 + 1)]


def test_a_loop_belongs_to_the_block_before_it() -> None:
    # nop loop | nop local.get br_if | end | end
    assert charges("nop loop nop local.get 0 br_if 0 end") == [
        (0, HEADER + 2),
        (3, HEADER + 1 + 75 + 765),
        (8, HEADER + 1),
        (9, HEADER + 1),
    ]


def test_every_end_ends_a_block_whether_a_branch_arrives_there_or_not() -> None:
    assert charges("block nop end nop") == [(0, HEADER + 3), (4, HEADER + 2)]


def test_unreachable_ends_no_block_and_what_follows_is_charged_with_it() -> None:
    assert charges("nop unreachable nop nop") == [(0, HEADER + 5)]
    assert charges("local.get 0 memory.grow drop", "(memory 1 1)") == [
        (0, HEADER + 75 + 8_050 + 9 + 1)
    ]


@pytest.mark.parametrize(
    ("jump", "ink", "size"), [("br 0", 765, 2), ("return", 1, 1), ("call 0", 3_800, 2)]
)
def test_what_follows_a_jump_is_counted_in_a_block_of_its_own(
    jump: str, ink: int, size: int
) -> None:
    around = "(func $callee)"
    found = charges(f"{jump} nop nop nop", around)
    assert found == [(0, HEADER + ink), (size, HEADER + 3 + 1)]


def test_each_arm_of_an_if_is_charged_with_what_ends_it() -> None:
    assert charges("local.get 0 if nop else nop nop end") == [
        (0, HEADER + 75 + 765),
        (4, HEADER + 2),
        (6, HEADER + 3),
        (9, HEADER + 1),
    ]


@pytest.mark.parametrize("entries", [0, 1, 3])
def test_a_branch_table_costs_by_its_entries_without_the_default(entries: int) -> None:
    labels = "0 " * entries + "0"
    assert charges(f"local.get 0 br_table {labels}")[0] == (
        0,
        HEADER + 75 + 2_400 + 325 * entries,
    )


@pytest.mark.parametrize("params", [0, 1, 4])
def test_an_indirect_call_costs_by_the_parameters_of_its_type(params: int) -> None:
    around = f"(table 1 funcref) (type $t (func (param {'i64 ' * params})))"
    values = "i64.const 7 " * params
    assert charges(f"{values} i32.const 0 call_indirect (type $t)", around)[0] == (
        0,
        HEADER + params + 1 + 13_610 + 650 * params,
    )


def test_what_has_no_price_makes_a_block_that_nobody_can_pay() -> None:
    assert charges("f32.const 1 drop f32.const 1 drop") == [(0, MOST)]


@pytest.mark.parametrize(
    ("per_entry", "units"),
    [
        (2**62, HEADER + 75 + 2_400 + 3 * 2**62),
        ((2**64 - 1 - HEADER - 75 - 2_400) // 3, 2**64 - 1 - 1),
        ((2**64 - 1 - HEADER - 75 - 2_400) // 3 + 1, MOST),
        (2**63, MOST),
        (MOST, MOST),
    ],
)
def test_sums_and_products_saturate(per_entry: int, units: int) -> None:
    costs = dict(INK.instructions)
    costs["br_table"] = InstructionCost(2_400, per_entry=per_entry)
    module = wat_to_module("(module (func (param i32) local.get 0 br_table 0 0 0 0))")
    (plan,) = plan_module(module, replace(INK, instructions=costs), STYLUS)
    assert plan.charges[0] == (0, units)


@pytest.mark.parametrize(
    "body",
    [
        "nop",
        "loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end nop",
        "block local.get 0 br_if 0 return nop end local.get 0 br_table 0 0 0",
        "local.get 0 if return else nop unreachable end block br 0 end",
        "call $f local.get 0 i32.const 0 call_indirect (param i32) nop",
        "local.get 0 memory.grow drop local.get 0 local.get 0 local.get 0 memory.fill",
    ],
)
def test_the_path_walk_finds_no_fault(body: str) -> None:
    module = wat_to_module(
        f"""(module (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
        (memory 1) (table 1 funcref) (func $f (param i32) (local i64) {body})
        {"(func $other)"})""".replace("call $f", "local.get 0 call $f")
    )
    for options in ({"max_stack_height": None}, {"max_stack_height": 500}):
        metered = metered_by(STYLUS, module, INK, **options)
        assert check_module(module, metered, INK, STYLUS) > 0


COUNTDOWN = """(module (func (export "f") (param i32) (result i32)
    (loop $l
      (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
      (br_if $l (local.get 0)))
    (local.get 0)))"""
# Before: the loop. Each turn; the loop's end; the result with the body's end.
TURN = HEADER + 75 + 1 + 70 + 210 + 75 + 765
REST = (HEADER + 1) + (HEADER + 1) + (HEADER + 75 + 1)


@on_each_engine
@pytest.mark.parametrize("turns", [1, 2, 1_000])
def test_a_run_pays_each_pass_of_a_block(engine: str, turns: int) -> None:
    instance = run(engine, COUNTDOWN)
    price = turns * TURN + REST
    instance.set(price + 5, 100)
    assert instance.call("f", turns) == (0,)
    assert (instance.gas, instance.is_out_of_gas) == (5, False)
    instance.set(price, 100)
    assert instance.call("f", turns) == (0,)
    assert (instance.gas, instance.is_out_of_gas) == (0, False)


@on_each_engine
@pytest.mark.parametrize(
    ("missing", "left"), [(1, HEADER + 76 - 1), (HEADER + 76, 0), (HEADER + 77, HEADER)]
)
def test_what_does_not_pay_for_a_block_stays_untouched(
    engine: str, missing: int, left: int
) -> None:
    instance = run(engine, COUNTDOWN)
    instance.set(3 * TURN + REST - missing, 100)
    with pytest.raises(Trap) as caught:
        instance.call("f", 3)
    assert caught.value.code is TrapCode.UNREACHABLE
    assert (instance.gas, instance.is_out_of_gas) == (left, True)


@on_each_engine
def test_the_counter_has_all_64_bits(engine: str) -> None:
    instance = run(engine, COUNTDOWN)
    instance.set(MOST, 100)
    instance.call("f", 1)
    assert (instance.gas, instance.is_out_of_gas) == (MOST - TURN - REST, False)


@on_each_engine
def test_a_trap_keeps_the_price_of_its_whole_block_paid(engine: str) -> None:
    instance = run(engine, '(module (func (export "f") nop unreachable nop))')
    instance.set(10_000, 100)
    with pytest.raises(Trap):
        instance.call("f")
    assert (instance.gas, instance.is_out_of_gas) == (10_000 - HEADER - 4, False)


@on_each_engine
@pytest.mark.parametrize(("gas", "left"), [(MOST, 0), (MOST - 1, MOST - 1)])
def test_only_all_of_the_counter_pays_for_what_has_no_price(
    engine: str, gas: int, left: int
) -> None:
    instance = run(engine, '(module (func (export "f") f32.const 1 drop))')
    instance.set(gas, 100)
    if gas == MOST:
        instance.call("f")
    else:
        with pytest.raises(Trap):
            instance.call("f")
    assert (instance.gas, instance.is_out_of_gas) == (left, gas != MOST)


FILL = """(module (memory 1 1) (func (export "f") (param i32)
    (memory.fill (i32.const 0) (i32.const 7) (local.get 0))))"""
FILL_BLOCK = HEADER + 1 + 1 + 75 + 950 + 1


@on_each_engine
@pytest.mark.parametrize("size", [0, 1, 65_536])
def test_a_fill_costs_by_the_byte(engine: str, size: int) -> None:
    instance = run(engine, FILL)
    instance.set(FILL_BLOCK + 100 * size, 100)
    instance.call("f", size)
    assert (instance.gas, instance.is_out_of_gas) == (0, False)


@on_each_engine
@pytest.mark.parametrize("size", [1, 65_536])
def test_a_fill_that_is_a_unit_short_runs_out(engine: str, size: int) -> None:
    instance = run(engine, FILL)
    instance.set(FILL_BLOCK + 100 * size - 1, 100)
    with pytest.raises(Trap) as caught:
        instance.call("f", size)
    assert caught.value.code is TrapCode.UNREACHABLE
    assert instance.is_out_of_gas


@on_each_engine
def test_a_fill_is_paid_before_its_bounds_are_looked_at(engine: str) -> None:
    instance = run(engine, FILL)
    instance.set(FILL_BLOCK + 100 * 65_537 + 9, 100)
    with pytest.raises(Trap) as caught:
        instance.call("f", 65_537)
    assert caught.value.code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
    assert (instance.gas, instance.is_out_of_gas) == (9, False)


GROW = """(module (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
    (memory LIMITS) (func (export "f") (param i32) (result i32)
      (memory.grow (local.get 0))))"""


@on_each_engine
@pytest.mark.parametrize(
    ("limits", "told", "grown"),
    [("1 3", [2], 1), ("1", [2], 1), ("2 2", [], 2**32 - 1)],
)
def test_memory_that_can_grow_tells_the_hook_how_much(
    engine: str, limits: str, told: list[int], grown: int
) -> None:
    seen: list[int] = []
    hook = HostFunc(PARAM, seen.append)
    imports = {("vm_hooks", "pay_for_memory_grow"): hook}
    instance = run(engine, GROW.replace("LIMITS", limits), imports)
    instance.set(HEADER + 75 + 8_050 + 1, 100)
    assert instance.call("f", 2) == (grown,)
    assert (seen, instance.gas) == (told, 0)


def test_memory_that_can_grow_needs_the_hook() -> None:
    module = wat_to_module("(module (memory 1 2))")
    with pytest.raises(RefusedModule) as caught:
        metered_by(STYLUS, module, INK)
    assert caught.value.reason == (
        "memory can grow without the import vm_hooks.pay_for_memory_grow"
    )
    metered_by(STYLUS, wat_to_module("(module (memory 2 2))"), INK)


# Three operands at most, two locals, and 4: what the parameter takes is not counted.
FRAME = 3 + 2 + 4
FRAMES = """(module (func (export "f") (param i32) (local i64 i64)
    (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.const 1))) drop
    (if (i32.eq (local.get 0) (i32.const 1)) (then return))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (br 1)))))"""


@on_each_engine
@pytest.mark.parametrize(
    ("choice", "lost"), [(0, 0), (1, 0), (2, FRAME)], ids=["end", "return", "branch"]
)
def test_only_a_branch_to_the_funcs_label_loses_its_frame(
    engine: str, choice: int, lost: int
) -> None:
    instance = run(engine, FRAMES)
    instance.set(MOST, FRAME + 1)
    instance.call("f", choice)
    assert instance.stack_left == FRAME + 1 - lost


@on_each_engine
def test_a_frame_needs_more_than_its_height(engine: str) -> None:
    instance = run(engine, FRAMES)
    instance.set(MOST, FRAME)
    with pytest.raises(Trap) as caught:
        instance.call("f", 0)
    assert caught.value.code is TrapCode.UNREACHABLE
    # Before the first charge.
    assert (instance.stack_left, instance.gas) == (0, MOST)
    assert not instance.is_out_of_gas


@on_each_engine
@pytest.mark.parametrize(
    ("body", "operands"),
    [
        ("nop", 2),
        ("i32.const 1 drop", 2),
        ("i32.const 1 call $callee drop", 3),
        ("i32.const 1 i32.const 1 i32.const 0 memory.fill", 6),
    ],
)
def test_a_frame_has_room_for_what_the_charges_push(
    engine: str, body: str, operands: int
) -> None:
    source = f'(module (memory 1 1) (func (export "f") {body}) (func $callee))'
    instance = run(engine, source)
    frame = operands + 4
    callee = 2 + 4 if "call" in body else 0
    instance.set(MOST, frame + callee + 1)
    instance.call("f")
    assert instance.stack_left == frame + callee + 1
    instance.set(MOST, frame + callee)
    with pytest.raises(Trap) as caught:
        instance.call("f")
    assert caught.value.code is TrapCode.UNREACHABLE
    assert (instance.stack_left, instance.is_out_of_gas) == (0, False)


def test_the_name_of_the_status_is_taken() -> None:
    module = wat_to_module(f'(module (func (export "{GAS_STATUS_EXPORT}")))')
    with pytest.raises(RefusedModule, match=f"{GAS_STATUS_EXPORT} is reserved"):
        metered_by(STYLUS, module, INK)
    # Under a rule that has no status it is a name like any other.
    instrument_module(module, (0,), INK, InstrumentationOptions())


def test_the_blocks_of_a_module_are_those_of_the_rule() -> None:
    body = "nop unreachable nop br 0 nop local.get 0 br_table 0 0 f32.const 1 drop"
    module = wat_to_module(f"(module (func (param i32) (local i64) {body}))")
    (found,) = list_blocks(module, INK, STYLUS).funcs
    assert [(block.start, block.end, block.units) for block in found.blocks] == [
        (0, 5, HEADER + 3 + 765),
        (5, 12, HEADER + 1 + 75 + 2_400 + 325),
        (12, 19, MOST),
    ]
    # What control cannot reach is listed too.
    assert [name for _, name in found.blocks[0].instructions] == [
        "nop",
        "unreachable",
        "nop",
        "br",
    ]
    assert [entry.items for entry in found.blocks[1].counted] == [1]


def test_the_frame_counts_operands_as_they_are_written() -> None:
    # A charge needs two words, a copy three on top of its operands; a call's results
    # come before its parameters go, and code that cannot run counts.
    for body, words in (
        ("", 2),
        ("i32.const 1 i32.const 1 drop drop", 2),
        ("i32.const 1 i32.const 1 i32.const 1 drop drop drop", 3),
        ("i32.const 0 i32.const 0 i32.const 0 memory.fill", 6),
        ("i32.const 0 if end", 2),
        ("i32.const 7 i32.const 0 if end drop", 3),
        ("unreachable " + "i32.const 0 " * 9 + "drop " * 9, 9),
        ("i32.const 1 i64.const 1 call 0 drop drop", 5),
        ("block (result i32) i32.const 1 end drop", 3),
        ("block (result i32) i32.const 1 br 0 end drop", 4),
    ):
        module = wat_to_module(
            f"""(module (memory 1 1)
            (func (param i32 i64) (result i32 i64 i64) unreachable)
            (func {body.replace("call 0 drop drop", "call 0 drop drop drop")}))"""
        )
        assert count_operands(module)[1] == words, body


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("local.get 0 " * 3 + "drop " * 3, 3),
        ("global.get 0 " * 3 + "drop " * 3, 3),
        ("i32.const 0 drop " * 4, 2),
        ("i32.const 0 local.set 0 " * 4, 2),
        ("i32.const 0 global.set 0 " * 4, 2),
        ("i32.const 0 br_if 0 " * 4, 2),
        ("i32.const 0 br_table 0 0 " * 4, 2),
        ("i32.const 0 i32.const 0 i32.const 0 select drop " * 3, 3),
    ],
)
def test_each_instruction_takes_and_leaves_its_words(body: str, words: int) -> None:
    module = wat_to_module(
        f"(module (global (mut i32) (i32.const 0)) (func (param i32) {body}))"
    )
    assert count_operands(module) == (words,)
