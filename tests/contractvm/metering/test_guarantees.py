"""Prepaid, exact, visible, closed, transparent: each guarantee, seen in a run."""

from dataclasses import replace

import pytest
import wasmtime

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import GAS_EXPORT, MAX_GAS_LOCAL
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.types import ValType
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.metered_runs import Run, Runner, is_valid, metered
from tests.helpers.schedules import distinct_schedule, schedule_with
from tests.helpers.wat import wat_to_module

UNREACHABLE = str(wasmtime.TrapCode.UNREACHABLE)
DIVISION = str(wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO)
OUT_OF_BOUNDS = str(wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS)


def run(
    source: str, schedule: GasSchedule, *args: int, gas: int = 2**62
) -> tuple[Run, int]:
    """Call `f` of an instrumented module; returns the run and the counter after it."""
    instrumented = metered(wat_to_module(source), schedule)
    assert is_valid(instrumented)
    runner = Runner(instrumented, GAS_EXPORT, gas)
    return runner.call("f", *args), runner.gas_left


STORE_TWICE = """(module (memory (export "memory") 1)
    (func (export "f")
      (i32.store8 (i32.const 0) (i32.const 1))
      (i32.store8 (i32.const 1) (i32.const 1))))"""


@pytest.mark.parametrize(
    ("gas", "written", "left"), [(20, b"\1\1", 0), (19, b"\0\0", -1), (0, b"\0\0", -20)]
)
def test_prepaid_nothing_of_a_block_runs_unless_all_of_it_is_paid(
    gas: int, written: bytes, left: int
) -> None:
    done, counter = run(STORE_TWICE, schedule_with({"i32.store8": 10}), gas=gas)
    assert (done.memory[:2], counter) == (written, left)
    assert done.trap == (None if left == 0 else UNREACHABLE)


LOOP = """(module (import "env" "host" (func $host))
    (memory (export "memory") 1)
    (func (export "f") (param i32)
      loop
        nop
        call $host
        nop nop
        (i32.store8 (local.get 0) (i32.const 1))
        (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))
      end))"""
LOOP_COSTS = schedule_with({"nop": 1, "call": 10, "i32.store8": 100})


@pytest.mark.parametrize(
    ("gas", "written", "left"),
    # An iteration is 11 before the call and 102 after it.
    [
        (339, 3, 0),
        (338, 2, -1),
        (237, 2, -102),
        (236, 2, -1),
        (226, 2, -11),
        (225, 1, -1),
    ],
)
def test_prepaid_and_visible_where_a_local_holds_the_counter(
    gas: int, written: int, left: int
) -> None:
    done, counter = run(LOOP, LOOP_COSTS, 3, gas=gas)
    assert (done.memory[:4].count(1), counter) == (written, left)
    assert done.trap == (None if gas == 339 else UNREACHABLE)
    seen = [gas - 11, gas - 11 - 113, gas - 11 - 226]
    assert done.gas_at_host_calls == [value for value in seen if value >= 0]


def test_a_trap_in_a_loop_leaves_the_counter_exact_to_a_block() -> None:
    source = """(module (func (export "f") (param i32)
      loop
        nop
        (drop (i32.div_u (i32.const 1) (local.get 0)))
        nop
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        br 0
      end))"""
    done, _ = run(source, schedule_with({"nop": 1, "i32.div_u": 10}), 2)
    assert (done.trap, done.gas_used) == (DIVISION, 3 * 12)


def test_a_func_without_room_for_one_more_local_is_metered_all_the_same() -> None:
    module = wat_to_module('(module (func (export "f") (local i32) (loop nop nop)))')
    (func,) = module.funcs
    for count, has_local in ((MAX_GAS_LOCAL - 1, True), (MAX_GAS_LOCAL, False)):
        groups = ((count, ValType.I32),)
        full = replace(module, funcs=(replace(func, local_groups=groups),))
        instrumented = metered(full, schedule_with({"nop": 1}))
        assert (instrumented.funcs[0].local_groups != groups) is has_local
        assert is_valid(instrumented)
        runner = Runner(instrumented, GAS_EXPORT, 9)
        assert (runner.call("f").trap, runner.gas_left) == (None, 7)


COUNT_DOWN = """(module (func (export "f") (param i32)
    loop
      local.get 0
      i32.const 1
      i32.sub
      local.tee 0
      br_if 0
    end))"""


@pytest.mark.parametrize("turns", [1, 2, 1_000])
def test_exact_a_loop_costs_its_turns(turns: int) -> None:
    costs = {"loop": 1_000_000, "i32.sub": 3, "br_if": 20, "end": 500}
    done, _ = run(COUNT_DOWN, schedule_with(costs), turns)
    assert done.gas_used == 1_000_000 + 23 * turns + 2 * 500


def test_exact_under_metered_prices_to_the_unit() -> None:
    # Turns: local.get 135, sub 45, local.tee 135, br_if 135; loop, const, end are free.
    done, _ = run(COUNT_DOWN, load_schedule("ewasm-metered"), 10)
    assert done.gas_used == 4_500


@pytest.mark.parametrize(("condition", "gas"), [(1, 1_000 + 1 + 30), (0, 1_000 + 200)])
def test_exact_each_arm_costs_its_own(condition: int, gas: int) -> None:
    source = """(module (func (export "f") (param i32)
        (if (local.get 0) (then nop) (else drop (i32.const 0)))))"""
    source = source.replace("drop (i32.const 0)", "(drop (i32.const 0))")
    costs = {"if": 1_000, "nop": 1, "else": 30, "drop": 200}
    assert run(source, schedule_with(costs), condition)[0].gas_used == gas


@pytest.mark.parametrize(("condition", "ends"), [(1, 2), (0, 3)])
def test_exact_a_branch_does_not_pay_the_end_it_goes_behind(
    condition: int, ends: int
) -> None:
    source = """(module (func (export "f") (param i32)
        block
          local.get 0
          br_if 0
          block
          end
        end))"""
    gas = run(source, schedule_with({"end": 1}), condition)[0].gas_used
    assert gas == {2: 1, 3: 3}[ends]


def test_a_trap_pays_the_rest_of_its_block_and_no_more() -> None:
    source = """(module (memory (export "memory") 1)
      (func (export "f")
        nop
        (drop (i32.load (i32.const -1)))
        nop nop
        (call $later))
      (func $later nop nop nop nop))"""
    done, _ = run(source, schedule_with({"nop": 1, "i32.load": 10, "call": 100}))
    assert (done.trap, done.gas_used) == (OUT_OF_BOUNDS, 1 + 10 + 2 + 100)


def test_visible_at_each_host_call_the_counter_is_exact() -> None:
    source = """(module (import "env" "host" (func $host))
      (func (export "f") nop call $host nop nop call $host (call $g) nop nop nop nop)
      (func $g nop nop nop call $host nop nop nop nop nop))"""
    schedule = schedule_with({"nop": 1, "call": 100})
    done, _ = run(source, schedule, gas=10_000)
    assert done.gas_at_host_calls == [10_000 - used for used in (101, 203, 406)]
    assert done.gas_used == 406 + 5 + 4


def test_visible_what_the_host_charges_counts_at_the_next_charge() -> None:
    source = """(module (import "env" "host" (func $host))
      (func (export "f") call $host nop))"""
    instrumented = metered(wat_to_module(source), schedule_with({"nop": 1}))
    runner = Runner(instrumented, GAS_EXPORT, 100)

    def spend_all() -> None:
        runner.counter.set_value(runner.store, 0)

    host = wasmtime.Func(runner.store, wasmtime.FuncType([], []), spend_all)
    compiled = runner.compiled
    instance = wasmtime.Instance(runner.store, compiled, [host])
    exports = instance.exports(runner.store)
    runner.counter = exports[GAS_EXPORT]
    runner.counter.set_value(runner.store, 100)
    with pytest.raises(wasmtime.Trap):
        exports["f"](runner.store)
    assert runner.counter.value(runner.store) == -1


GROW = """(module (memory (export "memory") 1 5)
    (func (export "f") (param i32) (result i32) (memory.grow (local.get 0))))"""


@pytest.mark.parametrize(
    ("pages", "result"), [(0, 1), (1, 1), (4, 1), (5, -1), (-1, -1)]
)
def test_closed_growth_costs_the_pages_it_asks_for(pages: int, result: int) -> None:
    schedule = schedule_with({"memory.grow": 7}, memory_page=2**31 - 1)
    done, _ = run(GROW, schedule, pages)
    if pages == -1:
        # 2^32 - 1 pages cost more than 2^62, and nothing wraps.
        assert done.trap == UNREACHABLE
        assert done.gas_used == 7 + (2**32 - 1) * (2**31 - 1)
    else:
        assert done.results == [result]
        assert done.gas_used == 7 + pages * (2**31 - 1)


@pytest.mark.parametrize(("gas", "size"), [(7 + 2 * 50, 3), (7 + 2 * 50 - 1, 1)])
def test_closed_growth_is_paid_before_it_happens(gas: int, size: int) -> None:
    schedule = schedule_with({"memory.grow": 7}, memory_page=50)
    done, _ = run(GROW, schedule, 2, gas=gas)
    assert len(done.memory) == size * 65_536


BULK = """(module (memory (export "memory") 1) (data "contractvm")
    (table (export "t") 20 40 funcref) (elem func $f $f $f $f $f)
    (func $f (export "f") (param i32) {} ))"""
BULK_INSTRUCTIONS = {
    "memory.copy": "(memory.copy (i32.const 9) (i32.const 0) (local.get 0))",
    "memory.fill": "(memory.fill (i32.const 9) (i32.const 1) (local.get 0))",
    "memory.init": "(memory.init 0 (i32.const 9) (i32.const 0) (local.get 0))",
    "table.copy": "(table.copy (i32.const 9) (i32.const 0) (local.get 0))",
    "table.fill": "(table.fill (i32.const 9) (ref.null func) (local.get 0))",
    "table.init": "(table.init 0 (i32.const 9) (i32.const 0) (local.get 0))",
    "table.grow": "(drop (table.grow (ref.null func) (local.get 0)))",
}


def with_size_cost(mnemonic: str) -> GasSchedule:
    cost = InstructionCost(3, per_byte=5)
    if mnemonic.startswith("table"):
        cost = InstructionCost(3, per_element=5)
    schedule = schedule_with({})
    return replace(schedule, instructions={**schedule.instructions, mnemonic: cost})


@pytest.mark.parametrize("mnemonic", BULK_INSTRUCTIONS)
@pytest.mark.parametrize("size", [0, 1, 5])
def test_closed_bulk_work_costs_its_size(mnemonic: str, size: int) -> None:
    source = BULK.format(BULK_INSTRUCTIONS[mnemonic])
    done, _ = run(source, with_size_cost(mnemonic), size)
    assert (done.trap, done.gas_used) == (None, 3 + 5 * size)


@pytest.mark.parametrize("mnemonic", BULK_INSTRUCTIONS)
def test_closed_bulk_work_is_paid_even_if_it_traps(mnemonic: str) -> None:
    source = BULK.format(BULK_INSTRUCTIONS[mnemonic])
    done, _ = run(source, with_size_cost(mnemonic), -1)
    assert done.gas_used == 3 + 5 * (2**32 - 1)


@pytest.mark.parametrize(("gas", "written"), [(3 + 5 * 4, 4), (3 + 5 * 4 - 1, 0)])
def test_closed_bulk_work_is_paid_before_it_is_done(gas: int, written: int) -> None:
    source = BULK.format(BULK_INSTRUCTIONS["memory.fill"])
    done, _ = run(source, with_size_cost("memory.fill"), 4, gas=gas)
    assert done.memory.count(1) == written


def test_closed_locals_cost_on_every_call() -> None:
    source = """(module
      (func (export "f") (param i64) (local i32) call $g call $g)
      (func $g (local i64 i64 i64)))"""
    done, _ = run(source, schedule_with({}, local=10), 0)
    assert done.gas_used == 10 + 2 * 30


def test_closed_an_indirect_call_costs_beside_what_it_calls() -> None:
    source = """(module (table 1 funcref) (elem (i32.const 0) $g) (type $t (func))
      (func (export "f") (call_indirect (type $t) (i32.const 0)))
      (func $g nop))"""
    done, _ = run(source, schedule_with({"call_indirect": 10, "nop": 1}))
    assert done.gas_used == 11


def test_a_charge_of_more_than_two_to_the_32_is_exact() -> None:
    source = """(module (func (export "f") nop nop nop nop nop))"""
    done, _ = run(source, schedule_with({"nop": 2**31 - 1}))
    assert done.gas_used == 5 * (2**31 - 1)


def test_a_charge_near_two_to_the_63_leaves_the_counter_below_zero() -> None:
    module = wat_to_module('(module (func (export "f") (local i32) nop))')
    greatest = replace(
        module, funcs=(replace(module.funcs[0], local_groups=((2, 0x7F),)),)
    )
    schedule = schedule_with({}, local=2**31 - 1)
    runner = Runner(metered(greatest, schedule), GAS_EXPORT, 0)
    assert runner.call("f").trap == UNREACHABLE
    assert runner.gas_left == -2 * (2**31 - 1)


def test_transparent_free_schedules_add_the_counter_only() -> None:
    source = """(module (memory 1) (func (export "f") (param i32) (result i32)
        (local i64) (block (br_if 0 (local.get 0)) (return (i32.const 1)))
        (memory.grow (i32.const 1))))"""
    module = wat_to_module(source)
    unlimited = InstrumentationOptions(max_stack_height=None)
    instrumented = metered(module, load_schedule("ewasm-hera"), unlimited)
    (gas,) = instrumented.globals
    (export,) = set(instrumented.exports) - set(module.exports)
    assert replace(instrumented, globals=(), exports=module.exports) == module
    assert (export.name, export.index) == (GAS_EXPORT, 0)
    assert (gas.type.is_mutable, gas.init.code) == (True, b"\x42\x00\x0b")


def test_transparent_every_other_part_of_a_module_is_kept() -> None:
    module = wat_to_module(
        """(module $named (type (func)) (import "env" "g" (global i32))
        (import "env" "f" (func $imported))
        (table 1 funcref) (memory 1) (global i64 (i64.const 1))
        (export "memory" (memory 0)) (elem (i32.const 0) func $f) (data "passive")
        (func $f (call $imported) (memory.init 0 (i32.const 0) (i32.const 0)
          (i32.const 1))) (start $f) (@custom "note" "kept"))"""
    )
    instrumented = metered(module, distinct_schedule())
    assert instrumented.imports == module.imports
    assert instrumented.tables == module.tables
    assert instrumented.memories == module.memories
    assert instrumented.globals[:1] == module.globals
    assert instrumented.exports[:1] == module.exports
    assert instrumented.elements == module.elements
    assert instrumented.data_segments == module.data_segments
    assert instrumented.has_data_count is module.has_data_count is True
    assert instrumented.custom_sections == module.custom_sections
    assert len(module.custom_sections) == 2
    assert instrumented.start == module.start
    assert instrumented.types[: len(module.types)] == module.types


def test_a_module_without_funcs_gets_its_counters() -> None:
    instrumented = metered(Module(), distinct_schedule())
    assert [export.name for export in instrumented.exports] == [
        "contractvm.gas",
        "contractvm.stack_height",
    ]
    assert is_valid(instrumented)
