"""Oracles: sound contracts pass all of them, and each detects its kind of fault."""

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from unittest import mock

import pytest
from msgspec import structs

from chain_sim.ethereum.chain import reading
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Hash32
from contract_fuzz.cases.case import CaseStatus, CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.start_states import start_from_code
from contract_fuzz.errors import PositionDiffers, UnknownOracle
from contract_fuzz.oracles import chain_oracles, gas_oracles
from contract_fuzz.oracles import perturbation_oracles as surroundings
from contract_fuzz.oracles.chain_oracles import CHAIN_WAYS, ChainOracle
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.fresh_process import FreshOptions, FreshProcess, ProcessEnded
from contract_fuzz.oracles.gas_oracles import TightGasOracle
from contract_fuzz.oracles.observations import (
    Observation,
    difference_in,
    difference_of,
    observe,
    observe_with_block,
)
from contract_fuzz.oracles.oracle import DIFFERENCE, MILLION, Finding, OracleFactory
from contract_fuzz.oracles.oracle_registry import (
    GROUPS,
    ORACLES,
    PERTURBATIONS,
    engine_oracle,
    named_oracles,
)
from contract_fuzz.oracles.perturbation_oracles import SurroundingsOracle
from contractvm.errors import CompilationLimit, InternalError
from tests.helpers.examples import example
from tests.helpers.fuzz_contracts import SCHEDULE, STEPS, TRAPS, campaign_for, contract
from tests.helpers.wrong_engine import MiscountingEngine, use_wrong_engine

GAS_IMPORT = '(import "ethereum" "getGasLeft" (func $gas (result i64)))'
LOOKS = {
    "look()": """(i64.store (i32.const 33000) (call $gas))
      (call $finish (i32.const 33000) (i32.const 8))"""
}
RICH = 10**30


@pytest.fixture(scope="module")
def steps() -> CaseExecutor:
    return CaseExecutor(campaign_for(STEPS).start)


def case_of(executor: CaseExecutor) -> tuple[CaseTransaction, ...]:
    """One that succeeds, one that fails, one that reverts and one that is refused."""
    to = executor.start.contracts[0]
    step = campaign_for(STEPS).functions[0].selector
    return (
        CaseTransaction(to, step, sender=1, seconds=7, gas_limit=1_000_000),
        CaseTransaction(to, step, gas_limit=25_000),
        CaseTransaction(to, b"none", gas_limit=1_000_000),
        CaseTransaction(to, step, value=RICH),
        CaseTransaction(to, step, gas_limit=1_000_000),
    )


def check(
    factory: OracleFactory,
    executor: CaseExecutor,
    transactions: Sequence[CaseTransaction],
    before: Sequence[CaseTransaction] = (),
) -> Finding | None:
    position = executor.advance(executor.begin, before)
    outcomes = executor.run_sequence(position, transactions)
    return factory(executor).check(executor, position, transactions, outcomes)


@pytest.mark.parametrize("name", ORACLES)
def test_sound_contract_passes_every_oracle(name: str, steps: CaseExecutor) -> None:
    case = case_of(steps)
    statuses = [one.status for one in steps.run_sequence(steps.begin, case)]
    assert statuses == [
        CaseStatus.SUCCESS,
        CaseStatus.FAILURE,
        CaseStatus.REVERTED,
        CaseStatus.REFUSED,
        CaseStatus.SUCCESS,
    ]
    assert check(ORACLES[name], steps, case) is None
    assert check(ORACLES[name], steps, case, case) is None


def test_names_and_groups_are_those_of_the_registry() -> None:
    assert named_oracles(["all"]) == tuple(ORACLES)
    assert named_oracles(["none"]) == ()
    assert named_oracles(["ledger", "engines", "ledger"]) == ("engines", "ledger")
    assert set(named_oracles(["perturbations"])) == set(PERTURBATIONS)
    assert set(GROUPS) & set(ORACLES) == set()
    with pytest.raises(UnknownOracle) as caught:
        named_oracles(["engine"])
    assert caught.value.name == "engine"
    assert str(caught.value).startswith("no oracle 'engine': there are engines, ")


# What is compared


def observed(executor: CaseExecutor) -> Observation:
    return observe_with_block(executor, executor.begin, case_of(executor))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", CaseStatus.REVERTED),
        ("error_kind", "x"),
        ("error", "x"),
        ("output", b"x"),
        ("logs", ("x",)),
        ("gas_used", 1),
        ("units_left", 1),
        ("units_short", 1),
        ("memory_hash", b"x"),
    ],
)
def test_every_field_of_an_outcome_is_compared(
    field: str, value: Any, steps: CaseExecutor
) -> None:
    here = observed(steps)
    assert difference_of(here, here) is None
    outcomes = list(here.outcomes)
    outcomes[4] = structs.replace(outcomes[4], **{field: value})
    found = difference_of(here, replace(here, outcomes=tuple(outcomes)))
    assert found is not None
    assert (found.place, found.fields) == (4, (field.replace("_", " "),))


def test_state_and_block_behind_the_case_are_compared(steps: CaseExecutor) -> None:
    here = observed(steps)
    for field, word in (("root", "state root"), ("block_hash", "block hash")):
        found = difference_of(here, replace(here, **{field: Hash32(bytes(32))}))
        assert found is not None
        assert (found.place, found.fields) == (4, (word,))
        assert found.lines == (
            f"{word}: 0x{getattr(here, field).hex()} here, 0x{bytes(32).hex()} there",
        )


def test_root_is_that_of_the_block_and_the_position_stays_as_it_was(
    steps: CaseExecutor,
) -> None:
    whole = observed(steps)
    case = case_of(steps)
    for _ in range(2):
        found = observe(steps, steps.begin, case)
        assert found == replace(whole, block_hash=None)
        assert steps.run_sequence(steps.begin, case, hash_memory=True) == found.outcomes
    position = steps.advance(steps.begin, case)
    assert position.root == found.root


def test_field_that_only_one_side_has_is_a_difference() -> None:
    found = difference_in(0, {"a": 1}, {"a": 1, "b": 2})
    assert found is not None
    assert found.lines == ("b: None here, 2 there",)
    assert difference_in(0, {"a": 1}, {"a": 1}) is None


# Engines


class CostlyEngine(MiscountingEngine):
    """Takes so much more that whole gas differs, and with it the blocks."""

    def spoil(self, instance: Any) -> None:
        for _ in range(20_000):
            super().spoil(instance)


def test_engine_that_differed_before_the_position_is_found(
    steps: CaseExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_wrong_engine(monkeypatch, CostlyEngine)
    case = case_of(steps)
    found = check(engine_oracle("wasmtime"), steps, case[2:3], case[:1])
    assert found is not None
    assert found.story.startswith("transaction 0 of the case differs:\ngas used: ")


# Memory and stack


def test_poison_ends_with_the_oracle(
    steps: CaseExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int | None] = []
    monkeypatch.setattr(surroundings, "set_poison", asked.append)
    factory = partial(SurroundingsOracle, "poisoned-memory", 0)
    assert check(factory, steps, case_of(steps)) is None
    assert asked == [0xA5, None]


def test_stack_that_is_needed_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = CaseExecutor(campaign_for(STEPS).start)
    monkeypatch.setattr(surroundings, "FRAMES_LEFT", 12)
    found = check(
        partial(SurroundingsOracle, "narrow-stack", 0), executor, case_of(executor)
    )
    assert found is not None
    assert (found.kind, found.name) == (DIFFERENCE, "narrow-stack: InternalError")
    assert found.story.startswith("it needs more stack: ")


# Gas


def test_tight_gas_exempts_contracts_that_look_at_their_gas() -> None:
    campaign = campaign_for({"look()": ""})
    start = start_from_code(contract(LOOKS, imports=GAS_IMPORT), schedule=SCHEDULE)
    executor = CaseExecutor(start)
    look = CaseTransaction(
        start.contracts[0], campaign.functions[0].selector, gas_limit=1_000_000
    )
    (outcome,) = executor.run_sequence(executor.begin, [look])
    assert outcome.succeeded
    assert outcome.output != executor.run(
        executor.begin, structs.replace(look, gas_limit=900_000)
    ).output.ljust(32, b"\0")
    assert check(partial(TightGasOracle, 0), executor, [look]) is None


def test_tight_gas_finds_what_depends_on_gas_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If nothing reports that the contract reads its gas."""
    monkeypatch.setattr(gas_oracles, "depends_on_gas", lambda _: False)
    campaign = campaign_for({"look()": ""})
    start = start_from_code(contract(LOOKS, imports=GAS_IMPORT), schedule=SCHEDULE)
    look = CaseTransaction(
        start.contracts[0], campaign.functions[0].selector, gas_limit=1_000_000
    )
    found = check(partial(TightGasOracle, 0), CaseExecutor(start), [look])
    assert found is not None
    assert found.name == "tight-gas: output"


def test_gas_that_the_books_do_not_explain_is_found(
    steps: CaseExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    explain = gas_oracles.explain

    def explain_less(recording: Any) -> Any:
        report = explain(recording)
        return replace(report, gas_used=report.gas_used - 1)

    monkeypatch.setattr(gas_oracles, "explain", explain_less)
    found = check(ORACLES["ledger"], steps, case_of(steps))
    assert found is not None
    assert found.name == "ledger: gas explained"


def test_books_that_do_not_close_are_found(
    steps: CaseExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Any) -> Any:
        raise InternalError("a gas report leaves 3 units unexplained")

    monkeypatch.setattr(gas_oracles, "explain", refuse)
    found = check(ORACLES["ledger"], steps, case_of(steps))
    assert found is not None
    assert found.name == "ledger: InternalError"
    assert found.story == "a gas report leaves 3 units unexplained"


# The chain on a disk


@pytest.mark.parametrize("name", CHAIN_WAYS)
def test_chain_that_comes_to_something_else_is_found(
    name: str, steps: CaseExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = chain_oracles.shown_receipt
    monkeypatch.setattr(
        chain_oracles,
        "shown_receipt",
        lambda receipt: {**shown(receipt), "output": b"x"},
    )
    found = check(partial(ChainOracle, name, 0, 0), steps, case_of(steps))
    assert found is not None
    assert found.name == f"{name}: output"
    assert found.story.startswith("transaction 0 of the case differs:\noutput: ")


def test_block_that_runs_otherwise_from_the_disk_is_found(
    steps: CaseExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    context_of = reading.context_of
    run_head_again = chain_oracles.run_head_again

    def far_away(*arguments: Any) -> Any:
        return structs.replace(context_of(*arguments), coinbase=b"\1" * 20)

    def run_far_away(chain: Blockchain) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(reading, "context_of", far_away)
            run_head_again(chain)

    monkeypatch.setattr(chain_oracles, "run_head_again", run_far_away)
    found = check(partial(ChainOracle, "replayed-block", 0, 0), steps, case_of(steps))
    assert found is not None
    assert found.name == "replayed-block: block run again"
    assert "state root" in found.story


# Processes


def test_process_that_was_killed_is_started_again(steps: CaseExecutor) -> None:
    process = FreshProcess(steps.start, FreshOptions(3, is_cold=False))
    case = case_of(steps)
    expected = observe_with_block(steps, steps.begin, case)
    assert process.observe(steps.begin, case) == expected
    assert process._process is not None
    os.kill(process._process.pid, signal.SIGKILL)
    assert process.observe(steps.begin, case) == expected
    process.close()


def test_process_is_a_new_one_after_so_many_cases(steps: CaseExecutor) -> None:
    process = FreshProcess(steps.start, FreshOptions(3, is_cold=True), cases_each=1)
    pids = []
    for _ in range(2):
        process.observe(steps.begin, case_of(steps)[:1])
        assert process._process is not None
        pids.append(process._process.pid)
    process.close()
    assert pids[0] != pids[1]


def test_process_that_ends_twice_is_said(steps: CaseExecutor) -> None:
    options = FreshOptions(3, is_cold=True, modules=("tests.helpers.no_such_module",))
    process = FreshProcess(steps.start, options)
    with pytest.raises(ProcessEnded) as caught:
        process.observe(steps.begin, case_of(steps))
    assert caught.value.exit_code == 1
    assert str(caught.value) == "a process that ran the case ended with 1"


def test_position_that_a_process_cannot_come_to_is_said(steps: CaseExecutor) -> None:
    process = FreshProcess(steps.start, FreshOptions(3, is_cold=False))
    position = steps.advance(steps.begin, case_of(steps)[:1])
    wrong = replace(position, block_hash=Hash32(bytes(32)))
    with pytest.raises(PositionDiffers):
        process.observe(wrong, case_of(steps))
    process.close()


def test_both_processes_have_hash_seeds_that_are_not_the_same(
    steps: CaseExecutor,
) -> None:
    oracle = FreshOracle(0, MILLION, steps)
    assert isinstance(oracle, FreshOracle)
    assert oracle._cold._options.hash_seed != oracle._warm._options.hash_seed
    assert (oracle._cold._options.is_cold, oracle._warm._options.is_cold) == (
        True,
        False,
    )
    oracle.close()


@pytest.mark.parametrize("name", ["counter/counter.wasm", "keccak/keccak.wasm"])
def test_engines_agree_on_traps_and_on_examples(name: str) -> None:
    for code in (example(name), contract(TRAPS)):
        executor = CaseExecutor(start_from_code(code, schedule=SCHEDULE))
        to = executor.start.contracts[0]
        case = [CaseTransaction(to, data) for data in (b"", b"abcd", bytes(100))]
        assert check(engine_oracle("wasmtime"), executor, case) is None


def test_a_module_beyond_the_compilers_limits_is_no_difference(
    steps: CaseExecutor,
) -> None:
    limit = CompilationLimit("wasmtime", "532 MiB", 20_116)
    oracle = engine_oracle("wasmtime")(steps)
    with (
        mock.patch.object(type(oracle), "difference", side_effect=limit),
        pytest.warns(UserWarning, match="not compared: wasmtime needs more than 532"),
    ):
        assert oracle.check(steps, steps.begin, (), ()) is None
