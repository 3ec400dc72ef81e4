"""Gas budgets of cases: small at first, more where it pays, and stops within a case."""

import signal
import time
from dataclasses import replace

import pytest

from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.report import make_report
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.start_states import start_from_code
from contract_fuzz.judging.campaign import Campaign, Chunk, FrozenRound, GasObjective
from contract_fuzz.judging.case_gas import CaseGas
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.judging.chunk_result import UNFINISHED
from contract_fuzz.judging.feature_map import FeatureMap
from contract_fuzz.judging.stopping import Abandoned, StopFlag
from contract_fuzz.workers.pools import InProcess
from tests.helpers.fuzz_contracts import DIVIDES, FOREVER, STEPS, campaign_for

FULL = 10_000_000
# 2^18 additions of 92 units, 10,000 of which are a gas; then four times as much.
LEVELS = [2_412, 9_648, 38_592, 154_368, 617_472, 2_469_888, 9_879_552, FULL]
MIXED = {**STEPS, **DIVIDES, **FOREVER}


def campaign(bodies: dict[str, str], **options: object) -> Campaign:
    """Over the contract, under the schedule of new chains."""
    options.setdefault("gas_limit", FULL)
    made = campaign_for(bodies, **options)
    return replace(made, start=start_from_code(made.code))


def gas_of(made: Campaign) -> CaseGas:
    return CaseGas(made, CaseExecutor(made.start).schedule)


def run(made: Campaign, runs: int) -> CampaignState:
    coordinator = Coordinator(made)
    coordinator.begin([])
    return coordinator.run(InProcess(made, coordinator.runner), CampaignLimits(runs))


def test_levels_are_four_times_the_one_below_up_to_the_limit() -> None:
    assert gas_of(campaign(STEPS)).levels == LEVELS
    assert gas_of(campaign(STEPS, gas_limit=2_413)).levels == [2_412, 2_413]
    assert gas_of(campaign(STEPS, gas_limit=2_412)).levels == [2_412]


def test_an_ample_budget_is_the_fourth_level_or_the_greatest_there_is() -> None:
    tx = CaseTransaction(bytes(20), b"")
    for limit, level in ((FULL, LEVELS[3]), (40_000, 40_000 - 21_000)):
        gas = gas_of(campaign(STEPS, gas_limit=limit))
        assert gas.ample(tx).gas_limit == 21_000 + level


def test_search_for_gas_has_all_of_it_at_once() -> None:
    made = campaign(STEPS)
    objective = GasObjective(made.functions)
    assert gas_of(replace(made, objective=objective)).levels == [FULL]
    assert gas_of(replace(made, fail_on=("out-of-gas",))).levels == [FULL]


def test_budget_comes_on_top_of_what_the_data_costs() -> None:
    gas = gas_of(campaign(STEPS))
    call = CaseTransaction(b"\1" * 20, b"\0\1", gas_limit=FULL)
    assert gas.limited(call, 0).gas_limit == 21_000 + 4 + 68 + 2_412
    assert gas.limited(call, 5_000).gas_limit == 21_000 + 4 + 68 + 5_000
    assert gas.limited(call, FULL).gas_limit == FULL
    raised = gas.raised(gas.limited(call, 0))
    assert raised.gas_limit == 21_000 + 4 + 68 + 4 * 2_412


def test_same_numbers_choose_the_same_limits_and_seldom_much() -> None:
    gas = gas_of(campaign(STEPS))
    call = CaseTransaction(b"\1" * 20, gas_limit=FULL)

    def limits() -> list[int]:
        return [
            gas.chosen(call, 0, CaseRandom(7, number)).gas_limit
            for number in range(4_000)
        ]

    chosen = limits()
    assert chosen == limits()
    least = 21_000 + LEVELS[0]
    assert 0.9 * 4_000 < chosen.count(least) < 0.99 * 4_000
    assert max(chosen) >= 21_000 + LEVELS[3]
    assert min(chosen) < least


def test_endless_function_gets_little_and_the_others_what_they_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = campaign(MIXED)
    used: list[int] = []
    plain = CaseExecutor.run

    def counted(self: CaseExecutor, *args: object, **more: object) -> object:
        outcome = plain(self, *args, **more)  # type: ignore[arg-type]
        used.append(outcome.gas_used)
        return outcome

    monkeypatch.setattr(CaseExecutor, "run", counted)
    state = run(made, 600)
    selectors = {function.name: function.selector for function in made.functions}
    assert state.outcomes[selectors["spin"], "out of gas"] > 50
    assert state.outcomes[selectors["step"], "success"] > 50
    assert {name for _, name, _ in state.findings} == {
        "integer divide by zero",
        "invariant_small()",
    }
    # With the full limit it is two million a run, and a second for each call.
    assert sum(used) / len(used) < 60_000


def test_finding_has_the_gas_it_ran_with_and_shows_again() -> None:
    made = campaign(DIVIDES)
    (found,) = run(made, 300).findings.values()
    (transaction,) = found.finding.transactions
    assert 21_000 < transaction.gas_limit < 100_000
    executor = CaseExecutor(made.start)
    outcome = executor.run(executor.begin, transaction)
    assert outcome.error_kind == found.finding.name == "integer divide by zero"


def test_signal_ends_a_case_that_computes_and_nothing_of_it_is_kept() -> None:
    made = campaign(FOREVER, gas_limit=30_000_000, fail_on=("out-of-gas",))
    flag = StopFlag()
    before = signal.signal(signal.SIGALRM, flag.raise_it)
    runner = CaseRunner(made)
    # Case 0 is raw data; the first that spins takes seconds, this signal comes first.
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    began = time.process_time()
    try:
        result = runner.run(FrozenRound(0), Chunk(0, 64), flag)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert time.process_time() - began < 1.5
    assert result.case_count < 64
    assert (UNFINISHED, "") in result.seconds
    assert result.outcomes.total() == result.transaction_count
    again = CaseRunner(made).run(FrozenRound(0), Chunk(0, result.case_count))
    assert again == result


def test_a_chunk_counts_its_cases_and_their_transactions() -> None:
    runner = CaseRunner(campaign(STEPS))
    replayed = runner.replay([], lambda: False)
    assert replayed is not None
    # The simplest call of each function that is no invariant, and one without data.
    assert replayed.transaction_count == replayed.outcomes.total() == 3
    result = runner.run(FrozenRound(0), Chunk(5, 40))
    assert (result.first, result.case_count) == (5, 40)
    assert result.transaction_count == result.outcomes.total() == 40


def test_flag_raises_only_in_work_that_may_be_abandoned() -> None:
    flag = StopFlag()
    flag.raise_it()
    assert flag()
    with pytest.raises(Abandoned), flag.abandonable():
        flag.raise_it()
    flag.raise_it()
    assert not flag.is_abandonable


def test_same_seed_has_the_same_report_with_budgets() -> None:
    made = campaign(MIXED)
    first, second = run(made, 300), run(made, 300)
    assert make_report(made, first, []).hash == make_report(made, second, []).hash


def test_run_goes_further_if_it_takes_an_edge_more_often_than_ever() -> None:
    features = FeatureMap(3)
    features.add([8 + 3])  # edge 1, four to seven times
    assert not features.goes_further(b"\0\x07\0")
    assert features.goes_further(b"\0\x08\0")
    assert features.goes_further(b"\1\0\0")
    assert not features.goes_further(b"\0\1\0")
    assert not features.goes_further(b"\0\x08\0", b"\0\x0f\0")
    assert features.goes_further(b"\0\x10\0", b"\0\x0f\0")
    assert features.goes_further(b"\0\x08\1", b"\0\x08\0")
    for wrong in (b"\0", b"\0\0\0\0"):
        with pytest.raises(ValueError, match="another number of edges"):
            features.goes_further(wrong)
        with pytest.raises(ValueError, match="another number of edges"):
            features.goes_further(b"\0\0\0", wrong)
