"""Closed: making an instance is charged by the sizes that the module requests."""

from dataclasses import replace

import pytest

from contractvm.errors import OutOfGas
from contractvm.metering.initial_work import InitialWork, initial_work
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.validation.profile import Profile
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_module, wat_to_wasm

ANYTHING = Profile("any")
PASSIVE = """(data "12345") (elem funcref (ref.null func) (ref.null func))
  (elem declare func $f)"""


@pytest.mark.parametrize(
    ("source", "work"),
    [
        ("", ()),
        ("(memory 3 9)", (InitialWork("memory.grow", 0, 3),)),
        ("(memory 0)", ()),
        ("(table 5 funcref) (table 7 funcref)", (InitialWork("table.grow", 0, 12),)),
        (
            "(global i32 (i32.const 1)) (global (mut i64) (i64.const 2))",
            (InitialWork("global.set", 2, 0),),
        ),
        (
            '(memory 1) (data (i32.const 0) "1234") (data (i32.const 9) "")',
            (InitialWork("memory.grow", 0, 1), InitialWork("memory.init", 2, 4)),
        ),
        (
            "(table 2 funcref) (elem (i32.const 0) $f $f)",
            (
                InitialWork("table.grow", 0, 2),
                InitialWork("table.init", 1, 2),
                InitialWork("element segment", 1, 0),
            ),
        ),
        # A passive segment's bytes are the module's; its elements are made at once.
        (
            PASSIVE,
            (InitialWork("table.init", 0, 3), InitialWork("element segment", 2, 0)),
        ),
        ('(import "e" "m" (memory 4)) (import "e" "t" (table 4 funcref))', ()),
    ],
)
def test_a_module_asks_for_the_sizes_of_what_it_defines(
    source: str, work: tuple[InitialWork, ...]
) -> None:
    assert initial_work(wat_to_module(f"(module {source} (func $f))")) == work


def priced() -> GasSchedule:
    """Each price another power of ten."""
    schedule = schedule_with({"global.set": 10}, memory_page=1)
    costs = {
        "table.grow": InstructionCost(7, per_element=100),
        "table.init": InstructionCost(1_000, per_element=10_000),
        "memory.init": InstructionCost(100_000, per_byte=1_000_000),
    }
    return replace(schedule, instructions={**schedule.instructions, **costs})


ALL = """(module (memory 2) (table 3 funcref) (global i32 (i32.const 0))
  (elem (i32.const 0) $f $f) (data (i32.const 0) "1234") (func $f (export "f")))"""
PRICE = 2 * 1 + 10 + 3 * 100 + 1_000 + 2 * 10_000 + 100_000 + 4 * 1_000_000


def started(units: int, schedule: GasSchedule) -> int:
    engine = Pipeline(InterpreterEngine(), schedule, ANYTHING)
    run = engine.start(engine.prepare(wat_to_wasm(ALL)), {}, units)
    return run.meter.left


@pytest.mark.parametrize("more", [0, 1, 1_000])
def test_the_initial_work_is_charged_to_the_unit(more: int) -> None:
    assert started(PRICE + more, priced()) == more


@pytest.mark.parametrize("shortfall", [1, PRICE])
def test_no_instance_is_made_where_gas_is_short_of_the_initial_work(
    shortfall: int,
) -> None:
    with pytest.raises(OutOfGas) as stopped:
        started(PRICE - shortfall, priced())
    assert stopped.value.shortfall == shortfall


@pytest.mark.parametrize(
    ("source", "segments"),
    [(ALL, 1), (f"(module {PASSIVE} (func $f))", 2), ("(module (func))", 0)],
)
def test_element_segments_have_a_price_of_their_own(source: str, segments: int) -> None:
    schedule = schedule_with({}, element_segment=7)
    work = initial_work(wat_to_module(source))
    assert sum(entry.units(schedule) for entry in work) == 7 * segments


def test_a_schedule_without_bulk_instructions_has_free_segments() -> None:
    schedule = priced()
    instructions = {
        mnemonic: cost
        for mnemonic, cost in schedule.instructions.items()
        if mnemonic not in ("table.grow", "table.init", "memory.init")
    }
    assert started(12, replace(schedule, instructions=instructions)) == 0


def test_instances_are_free_under_the_schedule_of_the_published_tests() -> None:
    hera = load_schedule("ewasm-hera")
    assert sum(work.units(hera) for work in initial_work(wat_to_module(ALL))) == 0


def test_the_greatest_module_costs_less_than_the_counter_holds() -> None:
    dearest = InstructionCost(2**31 - 1, per_byte=2**31 - 1)
    schedule = schedule_with({}, memory_page=2**31 - 1)
    instructions = {**schedule.instructions, "table.grow": dearest}
    schedule = replace(schedule, instructions=instructions)
    tables = InitialWork("table.grow", 0, 100 * 10_000_000)
    memory = InitialWork("memory.grow", 0, 65_536)
    assert tables.units(schedule) + memory.units(schedule) < 2**63
