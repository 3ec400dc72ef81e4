"""The time of a campaign's activities, by a clock that ticks whenever it is asked."""

from collections.abc import Sequence
from itertools import count

import pytest

from contract_fuzz.campaign.coordinator import CampaignLimits, Coordinator
from contract_fuzz.cases.case import CaseOutcome, CaseTransaction, Position
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.judging import case_judge, case_runner
from contract_fuzz.judging.campaign import Campaign, Chunk, FrozenRound
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.judging.chunk_result import (
    CALLS,
    FINDINGS,
    INVARIANTS,
    NEW_COVERAGE,
    ORACLE,
    Activity,
)
from contract_fuzz.oracles.oracle import DIFFERENCE, MILLION, Finding
from contract_fuzz.workers.pools import InProcess
from tests.helpers.fuzz_contracts import TRAPS, campaign_for

ADDS = {"add()": "(call $keep (i32.add (call $stored) (i32.const 1)))"}
BROKEN = {"invariant_broken()": "(call $return (i32.ne (call $stored) (i32.const 1)))"}


class Unhappy:
    """An oracle that finds a difference in every case."""

    name, share, share_of_new = "unhappy", MILLION, MILLION

    def __init__(self, executor: CaseExecutor) -> None:
        self.executor = executor

    def check(
        self,
        executor: CaseExecutor,
        position: Position,
        transactions: Sequence[CaseTransaction],
        outcomes: Sequence[CaseOutcome],
    ) -> Finding | None:
        assert executor is self.executor
        return Finding(DIFFERENCE, "unhappy")


def ticks(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> dict[Activity, float]:
    """By activity, how often the clock ticked until it ended."""
    runner = CaseRunner(campaign)
    clock = count()
    for module in (case_judge, case_runner):
        monkeypatch.setattr(module, "perf_counter", lambda: float(next(clock)))
    result = runner.replay([], lambda: False)
    assert result is not None
    found = dict(result.seconds)
    for activity, seconds in runner.run(FrozenRound(0), Chunk(0, 40)).seconds.items():
        found[activity] = found.get(activity, 0.0) + seconds
    return found


PLAIN = {(CALLS, "add()"): 39, (CALLS, ""): 3, (NEW_COVERAGE, ""): 4}


def test_calls_and_new_coverage_take_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ticks(campaign_for(ADDS), monkeypatch) == PLAIN


def test_crashes_take_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ticks(campaign_for(TRAPS), monkeypatch) == {
        (CALLS, "trap()"): 39,
        (CALLS, ""): 3,
        (NEW_COVERAGE, ""): 4,
        (FINDINGS, ""): 39,
    }


def test_broken_invariants_take_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ticks(campaign_for({**ADDS, **BROKEN}), monkeypatch)
    assert found == PLAIN | {(INVARIANTS, ""): 40, (FINDINGS, ""): 39}


def test_oracles_and_their_findings_take_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = ticks(campaign_for(ADDS, oracles=(Unhappy,)), monkeypatch)
    assert found == PLAIN | {(ORACLE, "unhappy"): 42, (FINDINGS, ""): 42}


def test_the_time_of_a_campaign_is_that_of_all_its_chunks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = campaign_for(ADDS)
    coordinator = Coordinator(campaign)
    clock = count()
    for module in (case_judge, case_runner):
        monkeypatch.setattr(module, "perf_counter", lambda: float(next(clock)))
    coordinator.begin([])
    pool = InProcess(campaign, coordinator.runner)
    state = coordinator.run(pool, CampaignLimits(500))
    calls = [time for (kind, _), time in state.seconds.items() if kind == CALLS]
    assert sum(calls) == 500 + 2
