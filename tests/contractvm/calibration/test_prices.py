"""Calibration from measurements: classes, rounding, and a file that loads."""

from pathlib import Path

import pytest

from contractvm.calibration.classes import CLASSES
from contractvm.calibration.counting import CARRIED_VALUE, count_executed
from contractvm.calibration.fitting import ClassCost
from contractvm.calibration.floats import GROUPS
from contractvm.calibration.generator import Generator
from contractvm.calibration.judging import judge
from contractvm.calibration.making import MODULES, SEGMENTS
from contractvm.calibration.measuring import Measurements, all_pieces
from contractvm.calibration.pieces import GREATER, ONCE
from contractvm.calibration.pricing import rounded
from contractvm.calibration.running import Program, ProgramRun
from contractvm.calibration.schedule_text import schedule_text
from contractvm.calibration.workloads import assembled
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.ewasm.timed_calls import TIMED_CALLS
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.structure.opcodes import BY_MNEMONIC
from gas_schedule.loader import load_schedule, parse_schedule
from gas_schedule.schedule import GasSchedule

BASE = load_schedule("ewasm-metered")
LOOP = """(module (func (export "run") (param $n i32) (result i32)
  (loop $turn (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $n)))"""


def measurements(nanoseconds: float) -> Measurements:
    pieces = {piece.name: nanoseconds * max(1, piece.size) for piece in all_pieces()}
    pieces |= {"page": 10_000.0, "table.grow elements": nanoseconds}
    pieces |= dict.fromkeys(MODULES, nanoseconds * SEGMENTS)
    hosts = dict.fromkeys((*TIMED_CALLS.arguments, *TIMED_CALLS.endings, "word"), 250.0)
    cost = ClassCost(nanoseconds, nanoseconds, nanoseconds)
    return Measurements(
        "interpreter",
        0,
        dict.fromkeys((*(entry.name for entry in CLASSES), CARRIED_VALUE), cost),
        pieces,
        hosts,
        dict.fromkeys((*pieces, *hosts), 3.0),
        (),
    )


def written(nanoseconds: float) -> GasSchedule:
    text = schedule_text(measurements(nanoseconds), BASE, "mine", "a machine")
    return parse_schedule(text.encode(), Path("mine.toml"))


def test_every_instruction_is_in_one_class_or_measured_alone() -> None:
    classes = [name for entry in CLASSES for name in entry.mnemonics]
    priced = [*classes, *ONCE, *GREATER, *GROUPS]
    assert len(priced) == len(set(priced))
    assert set(priced) == set(BY_MNEMONIC)


def test_a_nanosecond_is_a_hundred_units() -> None:
    schedule = written(1.0)
    assert schedule.instructions["i32.add"].base == 100
    assert schedule.instructions["call_indirect"].base == 200
    assert schedule.instructions["memory.copy"].per_byte == 100
    assert schedule.local == 100
    # The fitted cost is more than half of the worst, which is as much.
    assert schedule.carried_value == 100
    assert schedule.element_segment == 100
    assert schedule.canonical_floats == 1
    assert schedule.instructions["f64.div"].base == 100
    assert schedule.host_costs["ethereum"]["getCaller"].base == 3
    assert (
        schedule.host_costs["ethereum"]["storageLoad"].base
        == BASE.host_costs["ethereum"]["storageLoad"].base
    )
    assert schedule.section(TransactionCosts) == BASE.section(TransactionCosts)


def test_a_page_is_priced_for_its_room() -> None:
    assert written(1.0).memory_page == 20_000_000


def test_nothing_is_free() -> None:
    assert {cost.base for cost in written(0.0).instructions.values()} == {1}


@pytest.mark.parametrize(
    ("units", "price"), [(0, 1), (1, 1), (1.1, 2), (99, 99), (100, 100), (101, 110)]
)
def test_prices_round_up_to_two_digits(units: float, price: int) -> None:
    assert rounded(units) == price


def test_counts_are_exact() -> None:
    program = Program("loop", assembled(LOOP), 10)
    assert count_executed(InterpreterEngine(), BASE, program) == {
        "loop": 1,
        "end": 2,
        "br_if": 10,
        "local.get": 11,
        "local.tee": 10,
        "i32.const": 10,
        "i32.sub": 10,
        # The func's result.
        "carried value": 1,
    }


def test_the_same_seed_generates_the_same_program() -> None:
    assert Generator("0-1").text() == Generator("0-1").text()
    assert Generator("0-1").text() != Generator("0-2").text()


@pytest.mark.parametrize("number", range(10))
def test_generated_programs_run_to_their_end(number: int) -> None:
    wasm = assembled(Generator(f"7-{number}").text())
    run = ProgramRun(InterpreterEngine(), BASE, Program("generated", wasm, 5))
    assert run() == run() > 0


def test_gas_that_is_time_has_r_squared_one() -> None:
    found = judge({"a": (1.0, 100.0), "b": (2.0, 200.0), "c": (3.0, 300.0)})
    assert (found.r_squared, found.at_equal_time, found.spread) == (1, 1, 1)
    assert found.nanoseconds_per_gas == 100


def test_a_rate_that_differs_lowers_it() -> None:
    found = judge({"a": (1.0, 100.0), "b": (1.0, 200.0)})
    assert found.spread == 2
    assert found.r_squared == 0
    assert found.at_equal_time == pytest.approx(0.9)
