"""What counts as a finding: failures of the contract, invariants that do not hold."""

from dataclasses import replace

import pytest

from chain_sim.ethereum.abi.functions import AbiFunction, parse_function
from chain_sim.ethereum.abi.types import parse_type
from chain_sim.ethereum.primitives.errors import NonceTooLow
from contract_fuzz.cases.case import (
    DEFAULT_CASE_GAS,
    CaseOutcome,
    CaseStatus,
    CaseTransaction,
    error_kind_of,
    refused,
)
from contract_fuzz.errors import InvariantFails
from contract_fuzz.judging.campaign import FAIL_ON
from contract_fuzz.judging.judging import Judge, broken_because
from contract_fuzz.oracles.oracle import CRASH, Finding
from contractvm.errors import OutOfGas, Trap, TrapCode
from tests.helpers.fuzz_contracts import LISTS, campaign_for

TRUE = bytes(31) + b"\1"


def outcome(
    status: CaseStatus, kind: str = "", error: str | None = None, output: bytes = b""
) -> CaseOutcome:
    return CaseOutcome(status, kind, error, output, (), 21_000, 0)


def judge(*fail_on: str) -> Judge:
    campaign = replace(campaign_for(LISTS), fail_on=fail_on)
    # Of single outcomes it asks no executor.
    return Judge(campaign, None)


@pytest.mark.parametrize(
    ("failed", "on"),
    [
        (outcome(CaseStatus.FAILURE, "unreachable"), {"traps"}),
        (outcome(CaseStatus.FAILURE, "out of bounds memory access"), {"traps"}),
        (outcome(CaseStatus.FAILURE, "out of gas"), {"out-of-gas"}),
        (outcome(CaseStatus.FAILURE, "insufficient balance"), set()),
        (outcome(CaseStatus.REVERTED), {"reverts"}),
        (outcome(CaseStatus.SUCCESS), set()),
        (outcome(CaseStatus.REFUSED, "unreachable"), set()),
    ],
)
def test_a_failure_is_a_finding_where_the_campaign_says_so(
    failed: CaseOutcome, on: set[str]
) -> None:
    assert {kind for kind in FAIL_ON if judge(kind).is_crash(failed)} == on
    assert judge(*FAIL_ON).is_crash(failed) == bool(on)
    assert not judge().is_crash(failed)


def test_a_finding_tells_the_failure() -> None:
    trap = outcome(CaseStatus.FAILURE, "unreachable", "unreachable: here")
    assert judge().crash(trap, "f") == Finding(
        CRASH, "unreachable", "f", "unreachable: here"
    )
    revert = outcome(CaseStatus.REVERTED, output=b"abc")
    assert judge().crash(revert, "") == Finding(
        CRASH, "reverted", "", "reverted with 3 bytes"
    )


def invariant(*results: str) -> AbiFunction:
    return replace(parse_function("holds()"), results=tuple(map(parse_type, results)))


@pytest.mark.parametrize(
    ("results", "ended", "reason"),
    [
        ((), outcome(CaseStatus.SUCCESS), ""),
        (("uint256",), outcome(CaseStatus.SUCCESS, output=bytes(32)), ""),
        (("bool",), outcome(CaseStatus.SUCCESS, output=TRUE), ""),
        (("bool",), outcome(CaseStatus.SUCCESS, output=bytes(32)), "it returned false"),
        (("bool", "bool"), outcome(CaseStatus.SUCCESS, output=TRUE + bytes(32)), ""),
        (
            ("bool",),
            outcome(CaseStatus.SUCCESS, output=b"\1"),
            "it returned 1 bytes that are no bool",
        ),
        ((), outcome(CaseStatus.REVERTED), "its call failed: reverted"),
        (
            ("bool",),
            outcome(CaseStatus.FAILURE, "out of gas", "out of gas: 5 units short"),
            "its call failed: out of gas: 5 units short",
        ),
    ],
)
def test_why_an_invariant_does_not_hold(
    results: tuple[str, ...], ended: CaseOutcome, reason: str
) -> None:
    assert broken_because(invariant(*results), ended) == reason


class Answering:
    """An executor whose every run has one outcome."""

    begin = "the start"

    def __init__(self, ended: CaseOutcome) -> None:
        self.ended = ended
        self.asked: list[tuple[object, CaseTransaction]] = []

    def run(self, position: object, transaction: CaseTransaction) -> CaseOutcome:
        self.asked.append((position, transaction))
        return self.ended


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        (outcome(CaseStatus.SUCCESS, output=TRUE), ""),
        # It may fail to hold: that is for the cases to find.
        (outcome(CaseStatus.SUCCESS, output=bytes(32)), ""),
        (
            outcome(CaseStatus.SUCCESS, output=b"\1"),
            "it returned 1 bytes that are no bool",
        ),
        (outcome(CaseStatus.REVERTED), "its call failed: reverted"),
    ],
)
def test_an_invariant_must_answer_at_the_start(ended: CaseOutcome, reason: str) -> None:
    asked = invariant("bool")
    campaign = replace(campaign_for(LISTS), invariants=(asked,))
    executor = Answering(ended)
    judge = Judge(campaign, executor)
    assert judge.has_invariants
    if reason:
        with pytest.raises(InvariantFails) as caught:
            judge.require_callable()
        assert str(caught.value) == str(InvariantFails("holds()", reason))
    else:
        judge.require_callable()
    head = campaign.start.head
    limit = min(DEFAULT_CASE_GAS, head.gas_limit)
    probe = CaseTransaction(
        to=campaign.start.contracts[0], data=asked.selector, gas_limit=limit
    )
    assert executor.asked == [("the start", probe)]


def test_kinds_of_failures_are_codes_of_traps_or_words_of_classes() -> None:
    trap = Trap(TrapCode.UNREACHABLE, "detail")
    assert [error_kind_of(each) for each in (None, trap, OutOfGas(5, 1))] == [
        *("", "unreachable", "out of gas"),
    ]
    reason = NonceTooLow(1, 2)
    assert refused(reason) == CaseOutcome(
        CaseStatus.REFUSED, "nonce too low", str(reason), b"", (), 0, 0
    )
