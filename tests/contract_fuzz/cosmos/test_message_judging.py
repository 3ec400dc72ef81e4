"""Kinds of failures of messages, tokens that appear, and what counts as a crash."""

from pathlib import Path
from typing import Any, cast

import pytest

from chain_sim.cosmos.accounts.bank import BALANCE_KEY, SUPPLY_KEY
from chain_sim.cosmos.context import Event
from chain_sim.cosmos.errors import OUT_OF_GAS, UNAUTHORIZED, VM_ERROR, CosmosError
from chain_sim.cosmos.state.stores import BANK
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cosmos.cases import CosmosOutcome
from contract_fuzz.cosmos.judging import MessageJudge, assert_holds, load_invariants
from contract_fuzz.cosmos.outcomes import Changes, kind_of, token_fault
from contract_fuzz.errors import SetupFailed
from contract_fuzz.oracles.oracle import Finding
from contractvm.errors import TrapCode

ALICE = bytes([3]) + b"ali"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (CosmosError(OUT_OF_GAS, "in a store"), "out of gas"),
        (
            CosmosError(VM_ERROR, "Ran out of gas during contract execution"),
            "out of gas",
        ),
        (CosmosError(UNAUTHORIZED, "Aborted: no"), "sdk 4"),
        (CosmosError(VM_ERROR, "Aborted: panicked at a.rs"), "aborted"),
        (CosmosError(VM_ERROR, "other"), "fault of the machine"),
        (CosmosError(VM_ERROR, "no", is_of_contract=True), ""),
        *(
            (CosmosError(VM_ERROR, f"RuntimeError: {code.value}"), code.value)
            for code in TrapCode
        ),
    ],
)
def test_a_failure_has_a_kind(error: CosmosError, kind: str) -> None:
    assert kind_of(error) == kind


def balance(
    coin: str, before: bytes | None, after: bytes | None, owner: bytes = ALICE
) -> Changes:
    return {BANK + BALANCE_KEY + owner + coin.encode(): (before, after)}


def supply(coin: str, before: bytes | None, after: bytes | None) -> Changes:
    return {BANK + SUPPLY_KEY + coin.encode(): (before, after)}


def burned(amount: str) -> Event:
    return Event("burn", [("burner", "x"), ("amount", amount)])


@pytest.mark.parametrize(
    ("events", "changes", "fault"),
    [
        ((), {}, ""),
        ((), {b"other": (b"1", b"2")}, ""),
        ((), {**balance("aaa", b"5", b"2"),
              **balance("aaa", None, b"3", bytes([2]) + b"bo")}, ""),
        ((burned("3aaa"),),
         {**balance("aaa", b"5", b"2"), **supply("aaa", b"9", b"6")}, ""),
        ((burned("1aaa"), burned("2aaa")),
         {**balance("aaa", b"3", None), **supply("aaa", b"3", None)}, ""),
        ((), balance("aaa", None, b"7"), "aaa: balances +7, supply +0, burned 0"),
        ((), supply("aaa", b"7", b"2"), "aaa: balances +0, supply -5, burned 0"),
        ((burned("3aaa"),), {}, "aaa: balances +0, supply +0, burned 3"),
        ((), {**balance("bbb", None, b"1"), **balance("aaa", None, b"2"),
              **supply("aaa", None, b"2")}, "aaa: balances +2, supply +2, burned 0"),
        ((Event("transfer", [("amount", "3aaa")]),), {}, ""),
    ],
)  # fmt: skip
def test_balances_change_with_the_supply_and_by_what_is_burned(
    events: tuple[Event, ...], changes: Changes, fault: str
) -> None:
    assert token_fault(events, changes) == fault


def outcome(
    status: CaseStatus, kind: str = "", error: str | None = None, fault: str = ""
) -> CosmosOutcome:
    return CosmosOutcome(status, kind, error, b"", (), 0, (), (), fault)


FAILED, REVERTED = CaseStatus.FAILURE, CaseStatus.REVERTED
CHOICES = ("traps", "reverts", "out-of-gas")


def judge(*fail_on: str) -> MessageJudge:
    # No message runs, so there is no need of an executor.
    return MessageJudge(cast(Any, None), fail_on, {})


@pytest.mark.parametrize(
    ("judged", "counts_on"),
    [
        (outcome(CaseStatus.SUCCESS), ()),
        (outcome(CaseStatus.REFUSED, "not simulated"), ()),
        (outcome(REVERTED), ("reverts",)),
        (outcome(FAILED, "out of gas"), ("out-of-gas",)),
        (outcome(FAILED, "aborted"), ("traps",)),
        (outcome(FAILED, "unreachable"), ("traps",)),
        (outcome(FAILED, "sdk 4"), ()),
        (outcome(FAILED, "fault of the machine"), ()),
        (
            outcome(CaseStatus.SUCCESS, fault="a: +1"),
            ("traps", "reverts", "out-of-gas"),
        ),
    ],
)
def test_each_failure_counts_where_it_is_asked_for(
    judged: CosmosOutcome, counts_on: tuple[str, ...]
) -> None:
    for choice in CHOICES:
        assert judge(choice).is_crash(judged) is (choice in counts_on)


@pytest.mark.parametrize(
    ("judged", "finding"),
    [
        (outcome(FAILED, "aborted", "Aborted: panicked at src/a-b.rs:5:7: no"),
         Finding("crash", "aborted", "src/a-b.rs:5:7",
                 "Aborted: panicked at src/a-b.rs:5:7: no")),
        (outcome(FAILED, "aborted", "x.rs:12"),
         Finding("crash", "aborted", "x.rs:12", "x.rs:12")),
        (outcome(FAILED, "unreachable", "y" * 401),
         Finding("crash", "unreachable", "edge 3", "y" * 400)),
        (outcome(REVERTED), Finding("crash", "reverted", "edge 3", "")),
        (outcome(FAILED, "aborted", "x.rs:12", "a: +1"),
         Finding("invariant", "no tokens appear", "", "a: +1")),
    ],
)  # fmt: skip
def test_a_crash_is_where_a_panic_says_or_else_at_the_edge(
    judged: CosmosOutcome, finding: Finding
) -> None:
    assert judge().crash(judged, "edge 3") == finding


def test_invariants_of_a_script_are_its_functions_of_that_name(tmp_path: Path) -> None:
    script = tmp_path / "rules.py"
    script.write_text(
        "invariant_number = 5\ndef other(): pass\n"
        "def invariant_b(view): pass\ndef invariant_a(view): pass\n"
    )
    assert list(load_invariants(script)) == ["invariant_b", "invariant_a"]
    script.write_text("invariant_number = 5\n")
    with pytest.raises(SetupFailed, match=r"no function named invariant_\.\.\."):
        load_invariants(script)
    script.write_text("1 / 0\n")
    with pytest.raises(SetupFailed, match=r"ZeroDivisionError: .* \(.*rules\.py:1\)"):
        load_invariants(script)
    with pytest.raises(SetupFailed, match=r"the script ends in \.py"):
        load_invariants(tmp_path / "rules.txt")


def test_only_false_is_an_answer_that_does_not_hold() -> None:
    for answer in (True, None, 0, ""):
        assert_holds("invariant_a", answer)
    with pytest.raises(AssertionError, match="invariant_a returned False"):
        assert_holds("invariant_a", False)
