"""Campaigns: their findings, which are the same however they are run."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.report import make_report, never_succeeding
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.judging.campaign import (
    Campaign,
    Chunk,
    chunks_of,
    round_cases,
)
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.oracles.oracle import CRASH, INVARIANT
from contract_fuzz.oracles.oracle_registry import engine_oracle
from contract_fuzz.workers.pools import InProcess, Processes
from tests.helpers.fuzz_contracts import (
    DIVIDES,
    EATER,
    FOREVER,
    MAGIC,
    STEPS,
    TRAPS,
    campaign_for,
)


def run(campaign: Campaign, runs: int, first: int = 0) -> CampaignState:
    coordinator = Coordinator(campaign, first)
    coordinator.begin([])
    return coordinator.run(
        InProcess(campaign, coordinator.runner), CampaignLimits(runs)
    )


def run_with_workers(campaign: Campaign, runs: int, workers: int) -> CampaignState:
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    pool = Processes(campaign, workers)
    try:
        return coordinator.run(pool, CampaignLimits(runs))
    finally:
        pool.close()


def hash_of(campaign: Campaign, state: CampaignState) -> str:
    return make_report(campaign, state, []).hash


def keys(state: CampaignState) -> set[tuple[str, str]]:
    return {(kind, name) for kind, name, _ in state.findings}


def test_value_that_only_a_comparison_tells_is_found() -> None:
    campaign = campaign_for(MAGIC)
    state = run(campaign, 4_000)
    assert keys(state) == {(CRASH, "unreachable")}
    (found,) = state.findings.values()
    (transaction,) = found.finding.transactions
    product = 0x1234567 * 0x7654321
    assert transaction.data[28:36].ljust(8, b"\0") == product.to_bytes(8, "little")


def test_plain_random_inputs_do_not_find_it() -> None:
    campaign = campaign_for(MAGIC, is_guided=False)
    assert run(campaign, 4_000).findings == {}


def test_raw_call_data_finds_the_function_and_the_value() -> None:
    campaign = campaign_for(MAGIC, functions=())
    assert keys(run(campaign, 20_000)) == {(CRASH, "unreachable")}


def test_crash_has_its_kind_its_place_and_the_simplest_input() -> None:
    campaign = campaign_for(DIVIDES)
    state = run(campaign, 500)
    ((kind, name, place),) = state.findings
    assert (kind, name) == (CRASH, "integer divide by zero")
    assert place.startswith("func 9 ")
    (found,) = state.findings.values()
    (transaction,) = found.finding.transactions
    function = campaign.functions[0]
    # 21,272 for the data it had, and twice what a call is known to use and the least.
    assert transaction == CaseTransaction(
        campaign.start.contracts[0], function.selector, gas_limit=51_276
    )
    assert state.repeats[kind, name, place] > 1


def test_reverts_are_findings_only_where_they_are_asked_for() -> None:
    campaign = campaign_for({"no()": "(call $revert (i32.const 0) (i32.const 0))"})
    assert run(campaign, 100).findings == {}
    asked = replace(campaign, fail_on=("reverts",))
    assert keys(run(asked, 100)) == {(CRASH, "reverted")}


def test_invariant_is_broken_by_the_shortest_sequence() -> None:
    campaign = campaign_for(STEPS)
    state = run(campaign, 6_000)
    assert keys(state) == {(INVARIANT, "invariant_small()")}
    (found,) = state.findings.values()
    step = campaign.functions[0].selector
    assert [each.data[:4] for each in found.finding.transactions] == [step] * 3
    assert found.finding.story == "it returned false"


def test_invariants_that_break_together_have_the_same_shortest_sequence() -> None:
    small = STEPS["invariant_small()"]
    campaign = campaign_for({**STEPS, "invariant_little()": small})
    state = run(campaign, 2_000)
    step = campaign.functions[0].selector
    found = {
        name: [each.data[:4] for each in kept.finding.transactions]
        for (_, name, _), kept in state.findings.items()
    }
    assert found == {"invariant_small()": [step] * 3, "invariant_little()": [step] * 3}


@pytest.mark.parametrize(("length", "is_found"), [(2, False), (3, True)])
def test_a_case_is_at_most_as_long_as_the_campaign_says(
    length: int, is_found: bool
) -> None:
    """Three steps break the invariant."""
    state = run(campaign_for(STEPS, length=length), 3_000)
    assert bool(state.findings) is is_found
    assert max(len(entry.transactions) for entry in state.entries) <= length


def test_invariant_that_fails_before_any_transaction_needs_none() -> None:
    never = {"invariant_no()": "(call $return (i32.const 0))", "f()": ""}
    state = run(campaign_for(never), 64)
    (found,) = state.findings.values()
    assert found.finding.transactions == ()


def test_contract_that_never_ends_is_stopped_by_its_gas() -> None:
    campaign = campaign_for(FOREVER, gas_limit=30_000)
    state = run(campaign, 64)
    assert state.findings == {}
    assert state.outcomes[campaign.functions[0].selector, "out of gas"] > 10
    asked = replace(campaign, fail_on=("out-of-gas",))
    assert keys(run(asked, 64)) == {(CRASH, "out of gas")}


def test_contract_that_eats_memory_is_stopped_by_its_gas() -> None:
    campaign = campaign_for(EATER)
    state = run(campaign, 64)
    assert state.case_count == 64
    assert state.outcomes[campaign.functions[0].selector, "out of gas"] > 10


def test_contract_that_traps_at_once_is_one_finding() -> None:
    campaign = campaign_for(TRAPS)
    state = run(campaign, 300)
    assert keys(state) == {(CRASH, "unreachable")}
    ((key, found),) = state.findings.items()
    assert len(found.finding.transactions) == 1
    assert state.repeats[key] > 100


def test_abi_of_another_contract_is_noticed() -> None:
    campaign = replace(campaign_for(STEPS), functions=campaign_for(MAGIC).functions)
    state = run(campaign, 400)
    assert never_succeeding(campaign.functions, state.outcomes) == ["open(uint64)"]
    fitting = campaign_for(MAGIC)
    state = run(fitting, 400)
    assert never_succeeding(fitting.functions, state.outcomes) == []


# The same, however it is run


@pytest.fixture(scope="module")
def steps() -> tuple[Campaign, str]:
    campaign = campaign_for(STEPS, oracles=(engine_oracle("wasmtime"),))
    return campaign, hash_of(campaign, run(campaign, 1_000))


def test_same_campaign_gives_the_same_report_again(steps: tuple[Campaign, str]) -> None:
    campaign, expected = steps
    state = run(campaign, 1_000)
    assert hash_of(campaign, state) == expected
    assert state.checks["engine wasmtime"] >= 3


@pytest.mark.parametrize("workers", [1, 2, 8])
def test_workers_change_nothing(steps: tuple[Campaign, str], workers: int) -> None:
    campaign, expected = steps
    state = run_with_workers(campaign, 1_000, workers)
    assert state.case_count == 1_000
    assert hash_of(campaign, state) == expected


def test_another_seed_gives_another_report(steps: tuple[Campaign, str]) -> None:
    campaign, expected = steps
    other = replace(campaign, seed=1)
    assert hash_of(other, run(other, 1_000)) != expected


def stop_after(count: int) -> Callable[[], bool]:
    """Say so at the asking number `count`."""
    asked = iter(range(count))
    return lambda: next(asked, None) is None


@pytest.mark.parametrize("asked", [1, 100, 700])
def test_campaign_that_was_stopped_is_one_of_so_many_cases(asked: int) -> None:
    campaign = campaign_for(STEPS)
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    pool = InProcess(campaign, coordinator.runner)
    state = coordinator.run(pool, CampaignLimits(None, stop_after(asked)))
    assert 0 <= state.case_count < asked
    again = run(campaign, state.case_count)
    assert hash_of(campaign, again) == hash_of(campaign, state)


def test_chunk_depends_on_nothing_that_was_run_before() -> None:
    campaign = campaign_for(STEPS)
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    coordinator.run(InProcess(campaign, coordinator.runner), CampaignLimits(1_000))
    frozen = coordinator.frozen()
    chunk = Chunk(5_000, 64)
    fresh = CaseRunner(campaign).run(frozen, chunk)
    used = CaseRunner(campaign)
    used.run(frozen, Chunk(9_000, 200))
    assert used.run(frozen, chunk) == fresh


def test_rounds_and_chunks_follow_from_their_numbers() -> None:
    assert [round_cases(number) for number in (0, 1, 6, 7, 1_000)] == [
        256,
        512,
        16_384,
        16_384,
        16_384,
    ]
    assert list(chunks_of(0, 10, 100)) == [Chunk(10, 64), Chunk(74, 36)]
    assert list(chunks_of(6, 0, 600)) == [Chunk(0, 512), Chunk(512, 88)]


def test_campaign_that_is_stopped_at_its_corpus_has_not_begun() -> None:
    coordinator = Coordinator(campaign_for(STEPS))
    assert not coordinator.begin([], lambda: True)
    assert coordinator.state.transaction_count == 0
    assert coordinator.begin([])
