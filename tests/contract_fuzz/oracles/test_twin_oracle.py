"""What oracles make of two runs of a case: findings, retries, and nothing."""

from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from contract_fuzz.cases.case import CaseStatus, CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.start_states import start_from_chain
from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles import divergence, gas_oracles
from contract_fuzz.oracles.chain_oracles import ChainOracle, chain_from
from contract_fuzz.oracles.divergence import Divergence, EnginePair, find_divergence
from contract_fuzz.oracles.gas_oracles import LedgerOracle, TightGasOracle
from contract_fuzz.oracles.observations import Observation, OutcomeDifference
from contract_fuzz.oracles.oracle import Finding
from contract_fuzz.oracles.oracle_registry import (
    GROUPS,
    ORACLES,
    SAMPLED_ORACLES,
    engine_oracle,
)
from contract_fuzz.oracles.twin_oracle import RanCase, TwinOracle
from contractvm.errors import CompilationLimit, InternalError
from tests.helpers.fuzz_contracts import STEPS, campaign_for


@dataclass(frozen=True)
class Place:
    """Stands for a position."""

    transactions: tuple[str, ...] = ()
    block_hash: bytes = b"\1"


BEGIN, LATER = Place(), Place(("a", "b"))


class Saying(TwinOracle):
    """An oracle that says what it was told to, case by case."""

    def __init__(self, *answers: Any) -> None:
        super().__init__("saying", 5)
        self.answers = list(answers)
        self.cases: list[RanCase] = []

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        self.cases.append(case)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert answer is None or isinstance(answer, OutcomeDifference)
        return answer


class Running:
    """An executor whose outcomes are its transactions."""

    begin = BEGIN

    def run_sequence(self, _: Place, transactions: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(f"outcome of {one}" for one in transactions)


RUNNING = Running()
DIFFERS = OutcomeDifference(1, ("output", "logs"), ("one", "two"))


def test_an_oracle_checks_all_new_cases_unless_told_otherwise() -> None:
    oracle = Saying()
    assert (oracle.name, oracle.share, oracle.share_of_new) == ("saying", 5, 1_000_000)


def test_a_difference_is_a_finding_with_its_lines() -> None:
    oracle = Saying(DIFFERS, None)
    assert oracle.check(RUNNING, LATER, ("c",), ("o",)) == Finding(
        "difference",
        "saying: output, logs",
        story="transaction 1 of the case differs:\none\ntwo",
    )
    assert oracle.cases == [RanCase(RUNNING, LATER, ("c",), ("o",))]
    assert oracle.check(RUNNING, LATER, ("c",), ("o",)) is None


def test_a_difference_before_the_position_is_looked_for_from_the_start() -> None:
    oracle = Saying(PositionDiffers(LATER, BEGIN), DIFFERS)
    found = oracle.check(RUNNING, LATER, ("c",), ("o",))
    assert found is not None
    assert found.name == "saying: output, logs"
    whole = ("a", "b", "c")
    outcomes = ("outcome of a", "outcome of b", "outcome of c")
    assert oracle.cases[1] == RanCase(RUNNING, BEGIN, whole, outcomes)


def test_a_difference_of_the_start_itself_is_our_own_error() -> None:
    with pytest.raises(PositionDiffers):
        Saying(PositionDiffers(BEGIN, LATER)).check(RUNNING, BEGIN, ("c",), ("o",))


def test_our_own_error_is_a_finding_of_its_kind() -> None:
    oracle = Saying(InternalError("why"))
    assert oracle.check(RUNNING, LATER, ("c",), ("o",)) == Finding(
        "difference", "saying: InternalError", story="why"
    )


def test_what_cannot_be_compiled_here_is_not_compared() -> None:
    limit = CompilationLimit("wasmtime", "a gigabyte", 9)
    with pytest.warns(UserWarning, match="not compared") as warned:
        assert Saying(limit).check(RUNNING, LATER, ("c",), ("o",)) is None
    assert str(warned[0].message) == f"saying: not compared: {limit}"


# Gas


class Checks:
    """Checks of gas that note what they are asked."""

    def __init__(self, differs_at: str = "") -> None:
        self.asked: list[Any] = []
        self.differs_at = differs_at

    def report(self, position: str, transaction: str, outcome: Any) -> Any:
        self.asked.append((position, transaction))
        return {"gas_used": 1}, {"gas_used": 1 + (transaction == self.differs_at)}

    def tight(self, place: int, position: str, transaction: str) -> OutcomeDifference:
        self.asked.append((place, position, transaction))
        return DIFFERS


class Advancing:
    """An executor whose positions are texts."""

    start = None

    def advance(self, position: str, transactions: tuple[str, ...]) -> str:
        return " ".join((position, *transactions))


def ran(transactions: str, *refused: int, ends: bool = True) -> RanCase:
    """A case of transactions of one letter each."""
    statuses = [
        CaseStatus.REFUSED if place in refused else CaseStatus.SUCCESS
        for place in range(len(transactions))
    ]
    outcomes = [SimpleNamespace(status=one, succeeded=ends) for one in statuses]
    return RanCase(Advancing(), "begin", tuple(transactions), outcomes)


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (ran("abc"), [("begin", "a"), ("begin a", "b"), ("begin a b", "c")]),
        # What was refused made no block.
        (ran("abc", 1), [("begin", "a"), ("begin a", "c")]),
        (ran("a", 0), []),
    ],
)
def test_the_books_of_each_transaction_are_checked_where_it_ran(
    monkeypatch: pytest.MonkeyPatch, case: RanCase, asked: list[Any]
) -> None:
    checks = Checks()
    monkeypatch.setattr(gas_oracles, "gas_checks_of", lambda _: checks)
    executor: Any = Advancing()
    oracle = LedgerOracle(7, executor)
    assert (oracle.name, oracle.share, oracle.share_of_new) == ("ledger", 7, 1_000_000)
    assert oracle.difference(case) is None
    assert checks.asked == asked


def test_the_first_book_that_does_not_close_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = Checks("b")
    monkeypatch.setattr(gas_oracles, "gas_checks_of", lambda _: checks)
    executor: Any = Advancing()
    found = LedgerOracle(7, executor).difference(ran("abbc", 1))
    assert found == OutcomeDifference(2, ("gas used",), ("gas used: 1 here, 2 there",))
    assert len(checks.asked) == 2


def test_just_enough_gas_is_looked_for_for_the_last_that_succeeded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checks = Checks()
    monkeypatch.setattr(gas_oracles, "gas_checks_of", lambda _: checks)
    executor: Any = Advancing()
    oracle = TightGasOracle(7, executor, share_of_new=8)
    assert (oracle.name, oracle.share, oracle.share_of_new) == ("tight-gas", 7, 8)
    assert oracle.difference(ran("abc", ends=False)) is None
    assert checks.asked == []
    assert oracle.difference(ran("abc")) == DIFFERS
    assert checks.asked == [(2, "begin a b", "c")]


@pytest.mark.parametrize(
    ("limit", "notes"), [(None, ()), (50_000, ("it also succeeds with less",))]
)
def test_gas_that_is_not_enough_where_it_was_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, limit: int | None, notes: tuple[str, ...]
) -> None:
    executor = CaseExecutor(campaign_for(STEPS).start)
    (call,) = executor.simplest_calls()
    required = SimpleNamespace(gas_limit=limit, notes=notes)
    monkeypatch.setattr(gas_oracles, "search_required", lambda *_, **__: required)
    step = campaign_for(STEPS).functions[0].selector
    made = CaseTransaction(call.to, step, gas_limit=1_000_000)
    found = TightGasOracle(1, executor).difference(
        RanCase(
            executor, executor.begin, (made,), (executor.run(executor.begin, made),)
        )
    )
    assert found == OutcomeDifference(0, ("success with less gas",), notes)


# The chain


def test_a_start_that_is_no_chains_is_not_compared(tmp_path: Any) -> None:
    plain = campaign_for(STEPS).start
    with chain_from(tmp_path / "chain", plain) as chain:
        assert chain.head.hash == plain.head.hash
        start = start_from_chain(chain, plain.contracts, sender_balance=5)
    executor = CaseExecutor(start)
    oracle = ChainOracle("commit-reopen", 1, 2, executor)
    assert (oracle.name, oracle.share, oracle.share_of_new) == ("commit-reopen", 1, 2)
    # Outcomes that no chain has.
    case = RanCase(executor, executor.begin, executor.simplest_calls(), ())
    assert oracle.difference(case) is None


# Where engines diverge


def placed_at(
    monkeypatch: pytest.MonkeyPatch, case: tuple[CaseTransaction, ...]
) -> Any:
    start = campaign_for(STEPS).start
    begin = CaseExecutor(start).begin
    monkeypatch.setattr(divergence, "first_differing", lambda *_: (0, begin))
    return find_divergence(start, "interpreter", case, lambda _: None)


def test_a_transaction_without_the_gas_to_begin_diverges_as_a_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to = campaign_for(STEPS).start.contracts[0]
    assert placed_at(
        monkeypatch, (CaseTransaction(to, gas_limit=20_000),)
    ) == Divergence(0)


def test_engines_that_agree_on_the_message_differ_when_it_is_settled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    to = campaign_for(STEPS).start.contracts[0]
    call = CaseTransaction(to, gas_limit=100_000)
    assert placed_at(monkeypatch, (call,)) == Divergence(0)


def test_engines_that_cannot_come_to_one_position_have_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = CaseExecutor(campaign_for(STEPS).start)

    def differs(*_: object) -> Observation:
        raise PositionDiffers(executor.begin, executor.begin)

    monkeypatch.setattr(divergence, "observe", differs)
    calls = tuple(executor.simplest_calls())
    assert divergence.first_differing(executor.start, "interpreter", calls) is None


@pytest.mark.parametrize(
    ("here", "there", "text"),
    [
        (["a"], ["a"], ""),
        (["a", "b"], ["a", "c"], "1: b here, c there"),
        (["a"], ["a", "c"], "1: none here, c there"),
        (["a"], [], "0: a here, none there"),
    ],
)
def test_the_first_host_call_that_differs_is_told(
    monkeypatch: pytest.MonkeyPatch, here: list[str], there: list[str], text: str
) -> None:
    calls = iter((here, there))
    monkeypatch.setattr(divergence, "host_calls_of", lambda *_: next(calls))
    placed: Any = None
    pair = EnginePair(campaign_for(STEPS).start, "interpreter")
    assert pair.host_call(placed, 5) == text


# Shares


def shares(name: str, oracles: dict[str, Any]) -> tuple[int, int]:
    factory = oracles[name]
    if isinstance(factory, partial):
        numbers = [each for each in factory.args if isinstance(each, int)]
        more = factory.keywords.get("share_of_new", 1_000_000)
        return numbers[0], numbers[1] if len(numbers) > 1 else more
    return factory.share, factory.share_of_new


def test_what_takes_longest_checks_the_fewest_cases() -> None:
    assert {name: shares(name, ORACLES) for name in ORACLES} == {
        "engines": (10_000, 1_000_000),
        "ledger": (1_000, 1_000_000),
        "poisoned-memory": (1_000, 1_000_000),
        "moved-memory": (1_000, 1_000_000),
        "narrow-stack": (1_000, 1_000_000),
        "tight-gas": (1_000, 1_000_000),
        "snapshot-revert": (100, 100_000),
        "commit-reopen": (100, 100_000),
        "replayed-block": (100, 100_000),
        "fresh-process": (100, 100_000),
    }
    assert {name: shares(name, SAMPLED_ORACLES) for name in SAMPLED_ORACLES} == {
        "engines": (10_000, 250_000),
        "ledger": (200, 50_000),
        "poisoned-memory": (200, 50_000),
        "moved-memory": (200, 50_000),
        "narrow-stack": (200, 50_000),
        "tight-gas": (200, 50_000),
        "snapshot-revert": (10, 10_000),
        "commit-reopen": (10, 10_000),
        "replayed-block": (10, 10_000),
        "fresh-process": (10, 2_000),
    }


@pytest.mark.parametrize("oracles", [ORACLES, SAMPLED_ORACLES], ids=["all", "sampled"])
def test_an_oracle_has_the_name_it_is_asked_for_by(oracles: dict[str, Any]) -> None:
    executor = CaseExecutor(campaign_for(STEPS).start)
    names = [factory(executor).name for factory in oracles.values()]
    assert names == ["engine wasmtime", *list(ORACLES)[1:]]


def test_perturbations_are_all_that_change_the_conditions() -> None:
    assert GROUPS["perturbations"] == (
        "poisoned-memory",
        "moved-memory",
        "narrow-stack",
        "tight-gas",
        "snapshot-revert",
        "commit-reopen",
        "replayed-block",
    )
    factory: Any = engine_oracle("interpreter")
    assert (factory.engine, factory.share, factory.share_of_new) == (
        *("interpreter", 10_000, 1_000_000),
    )
