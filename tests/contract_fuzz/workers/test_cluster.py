"""A campaign on a Dask cluster of processes, one of which is killed in the middle."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.report import make_report
from contract_fuzz.errors import ClusterFailed
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.workers.cluster import Cluster
from contract_fuzz.workers.pools import InProcess
from tests.helpers.fuzz_contracts import STEPS, campaign_for
from tests.helpers.source_tree import ROOT

WORKERS = 3
RUNS = 1_000
START_SECONDS = 120

# Threads of the client outlive it for a moment, and its loop is closed by them.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler and three worker processes, and the scheduler's address."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    place = [
        *("--host", "127.0.0.1", "--no-dashboard"),
        *("--scheduler-file", str(file)),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CONTRACTVM_CACHE": ""}
    environment["DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES"] = "0"
    dask = [sys.executable, "-m", "dask"]
    processes = [
        start([*dask, "scheduler", "--port", "0", *place], folder, environment)
    ]
    try:
        address = wait_for_address(file)
        worker = [
            *(*dask, "worker", address, "--host", "127.0.0.1", "--no-dashboard"),
            *("--nworkers", str(WORKERS), "--nthreads", "1"),
            *("--local-directory", str(folder)),
        ]
        processes.append(start(worker, folder, environment))
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(60)


def start(
    command: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def wait_for_address(file: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            return str(json.loads(file.read_text())["address"])
        except (OSError, ValueError):
            time.sleep(0.1)
    raise TimeoutError("the scheduler did not start")


def run_alone(campaign: Campaign) -> CampaignState:
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    return coordinator.run(
        InProcess(campaign, coordinator.runner), CampaignLimits(RUNS)
    )


def kill_one(pool: Cluster) -> None:
    """What only this worker holds, and what it is running, is lost."""
    pids = sorted(pool.client.run(os.getpid).values())
    assert len(pids) == WORKERS
    os.kill(pids[0], signal.SIGKILL)


def restart(pool: Cluster) -> None:
    """All that the workers hold is lost, and everything waiting for it is cancelled."""
    pool.client.restart()


@pytest.mark.parametrize("harm", [kill_one, restart])
def test_workers_lost_in_a_campaign_change_nothing(
    scheduler: str, harm: Callable[[Cluster], None]
) -> None:
    campaign = campaign_for(STEPS)
    pool = Cluster(campaign, scheduler)
    harmed_at = []

    def watch(state: CampaignState) -> None:
        if state.case_count > RUNS // 4 and not harmed_at:
            harmed_at.append(state.case_count)
            harm(pool)

    coordinator = Coordinator(campaign, watch=watch)
    coordinator.begin([])
    try:
        pool.client.wait_for_workers(WORKERS, timeout=START_SECONDS)
        state = coordinator.run(pool, CampaignLimits(RUNS))
    finally:
        pool.close()
    assert len(harmed_at) == 1
    assert harmed_at[0] < RUNS
    alone = run_alone(campaign)
    assert state.case_count == RUNS
    assert list(state.findings) == list(alone.findings)
    assert [entry.name for entry in state.entries] == [
        entry.name for entry in alone.entries
    ]
    assert (
        make_report(campaign, state, []).hash == make_report(campaign, alone, []).hash
    )


def test_address_where_no_scheduler_is_gives_a_clear_error() -> None:
    with pytest.raises(ClusterFailed) as caught:
        Cluster(campaign_for(STEPS), "tcp://127.0.0.1:9", seconds=1)
    assert caught.value.address == "tcp://127.0.0.1:9"
