"""Worker processes that die, that fail and that are told to stop."""

import os
import signal
from dataclasses import dataclass

import pytest

from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.report import make_report
from contract_fuzz.errors import ChunkFailed, WorkerFailed
from contract_fuzz.judging.campaign import Chunk, FrozenRound
from contract_fuzz.judging.stopping import never
from contract_fuzz.oracles.oracle import Oracle
from contract_fuzz.workers.pools import MAX_ATTEMPTS, InProcess, Processes
from tests.helpers.fuzz_contracts import STEPS, campaign_for


def test_killed_worker_changes_nothing() -> None:
    campaign = campaign_for(STEPS)
    alone = Coordinator(campaign)
    alone.begin([])
    alone.run(InProcess(campaign, alone.runner), CampaignLimits(1_000))

    pool = Processes(campaign, 2)
    killed = []

    def kill_one(state: CampaignState) -> None:
        if state.case_count > 300 and not killed:
            killed.append(pool.process_ids[0])
            os.kill(killed[0], signal.SIGKILL)

    coordinator = Coordinator(campaign, watch=kill_one)
    coordinator.begin([])
    try:
        state = coordinator.run(pool, CampaignLimits(1_000))
        assert killed[0] not in pool.process_ids
        assert len(pool.process_ids) == 2
    finally:
        pool.close()
    assert make_report(campaign, state, []).hash == (
        make_report(campaign, alone.state, []).hash
    )


@dataclass(frozen=True, slots=True)
class EndsTheProcess:
    """An oracle that ends its process."""

    parent: int

    def __call__(self, _: object) -> Oracle:
        if os.getpid() != self.parent:
            os._exit(7)
        raise NotImplementedError


class Fails:
    """An oracle that cannot be made."""

    def __call__(self, _: object) -> Oracle:
        raise RuntimeError("no such thing")


def test_chunk_whose_workers_die_each_time_ends_the_campaign() -> None:
    pool = Processes(campaign_for(STEPS, oracles=(EndsTheProcess(os.getpid()),)), 1)
    try:
        with pytest.raises(ChunkFailed) as caught:
            list(pool.run(FrozenRound(0), [Chunk(64, 32)], never))
    finally:
        pool.close()
    error = caught.value
    assert (error.first, error.count, error.attempts) == (64, 32, MAX_ATTEMPTS)
    assert str(error) == ("the worker of cases 64 to 95 ended 3 times: exit code 7")


def test_error_of_ours_in_a_worker_comes_back_with_its_traceback() -> None:
    pool = Processes(campaign_for(STEPS, oracles=(Fails(),)), 1)
    try:
        with pytest.raises(WorkerFailed) as caught:
            list(pool.run(FrozenRound(0), [Chunk(0, 32)], never))
    finally:
        pool.close()
    assert str(caught.value) == "a worker failed: RuntimeError: no such thing"
    assert "RuntimeError" in caught.value.details


def test_workers_that_are_told_to_stop_give_back_what_they_have() -> None:
    campaign = campaign_for(STEPS)
    pool = Processes(campaign, 2)
    asked = iter(range(1))
    try:
        # The first chunk takes much longer than the time until the second check.
        results = list(
            pool.run(
                FrozenRound(0),
                [Chunk(0, 10**9), Chunk(10**9, 10**9)],
                lambda: next(asked, None) is None,
            )
        )
    finally:
        pool.close()
    assert all(result.case_count < 10**9 for result in results)
