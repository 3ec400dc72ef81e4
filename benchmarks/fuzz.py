"""Cases a second of campaigns, with workers, and compared with a random fuzzer.

    python -m benchmarks.fuzz

A campaign chooses, changes, runs, judges and keeps; coverage is on, and a case in a
hundred is run on wasmtime too. The plain fuzzer makes the same inputs from nothing and
runs them the same way, but nothing of what it sees comes back into them. They take
turns; the best of each counts. A case is a transaction, now and then several, so
transactions are given too. As a measure of the machine, how long Python takes to call
a function that does nothing, at its best and at its worst between the turns.
"""

import os
import time
import timeit
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf
from pathlib import Path

from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.abi.functions import AbiFunction
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.cases.start_states import start_from_code
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.oracle_registry import engine_oracle
from contract_fuzz.workers.pools import InProcess, Processes

EXAMPLES = Path(__file__).parents[1] / "examples"
SCHEDULE = "ewasm-metered"
CASES = 10_000
ROUNDS = 3
YARDSTICK_CALLS = 200_000
SCALING_CASES = 30_000
WARM_UP = 2_000
GOALS = {"counter": 15_000, "token transfer": 4_000}


@dataclass(frozen=True)
class Subject:
    """A contract, and the functions that are called."""

    file: str
    is_init_code: bool = False
    functions: Sequence[AbiFunction] = ()

    def campaign(self) -> Campaign:
        """With the engines compared on one case in a hundred."""
        code = (EXAMPLES / self.file).read_bytes()
        start = start_from_code(code, schedule=SCHEDULE, is_init_code=self.is_init_code)
        return Campaign(
            start,
            (EXAMPLES / self.file.replace("_init", "")).read_bytes(),
            tuple(self.functions),
            oracles=(engine_oracle("wasmtime"),),
        )


def token_functions(*names: str) -> list[AbiFunction]:
    functions = read_abi((EXAMPLES / "token" / "token.json").read_bytes())
    return [each for each in functions if not names or each.name in names]


def run_alone(campaign: Campaign, cases: int) -> tuple[CampaignState, float]:
    """The campaign in this process, and its processor seconds."""
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    pool = InProcess(campaign, coordinator.runner)
    coordinator.run(pool, CampaignLimits(WARM_UP))
    began = time.process_time()
    state = coordinator.run(pool, CampaignLimits(WARM_UP + cases))
    return state, time.process_time() - began


def transactions_of(state: CampaignState) -> float:
    """How many transactions a case has."""
    return state.transaction_count / state.case_count


def call_nanoseconds() -> float:
    """A call of a function that does nothing, as Python makes it now."""
    seconds = timeit.timeit(lambda: None, time.process_time, number=YARDSTICK_CALLS)
    return seconds / YARDSTICK_CALLS * 1e9


def run_with(campaign: Campaign, workers: int, cases: int = SCALING_CASES) -> float:
    """Seconds by the clock, the workers' start not counted."""
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    pool = Processes(campaign, workers)
    try:
        coordinator.run(pool, CampaignLimits(WARM_UP))
        began = time.monotonic()
        coordinator.run(pool, CampaignLimits(WARM_UP + cases))
        return time.monotonic() - began
    finally:
        pool.close()


def main() -> None:
    token = "token/token_init.wasm"
    subjects = {
        "counter": Subject("counter/counter.wasm"),
        "token transfer": Subject(token, True, token_functions("transfer")),
        "token": Subject(token, True, token_functions()),
    }
    print(f"Campaigns on one core, per processor second, the best of {ROUNDS}; the")
    print("engines are compared on 1 % of the cases")
    print(f"{'':16}{'cases/s':>9}{'goal':>8}{'transactions/s':>16}", end="")
    print(
        f"{'plain':>9}{'ratio':>7}{'edges':>7}{'plain':>7}{'features':>10}{'plain':>7}"
    )
    calls = [call_nanoseconds()]
    for name, subject in subjects.items():
        campaign = subject.campaign()
        seconds = plain_seconds = inf
        for _ in range(ROUNDS):
            guided, taken = run_alone(campaign, CASES)
            plain, plain_taken = run_alone(replace(campaign, is_guided=False), CASES)
            seconds, plain_seconds = (
                min(seconds, taken),
                min(plain_seconds, plain_taken),
            )
            calls.append(call_nanoseconds())
        print(
            f"{name:16}{CASES / seconds:>9,.0f}{GOALS.get(name, ''):>8}"
            f"{CASES / seconds * transactions_of(guided):>16,.0f}"
            f"{CASES / plain_seconds:>9,.0f}{plain_seconds / seconds:>7.2f}"
            f"{guided.features.edge_count:>7}{plain.features.edge_count:>7}"
            f"{guided.features.feature_count:>10}{plain.features.feature_count:>7}"
        )
    print(f"An empty call took {min(calls):.0f} to {max(calls):.0f} ns.")
    print(f"\nWorkers, counter, {SCALING_CASES:,} cases, cases per second by the")
    print(f"clock, the best of {ROUNDS}")
    campaign = subjects["counter"].campaign()
    one = two = inf
    for _ in range(ROUNDS):
        one, two = min(one, run_with(campaign, 1)), min(two, run_with(campaign, 2))
    load = os.getloadavg()[0]
    print(f"1 worker {SCALING_CASES / one:,.0f}, 2 workers {SCALING_CASES / two:,.0f}:")
    print(f"{one / two:.2f} times; {os.cpu_count()} cores, load before {load:.1f}")


if __name__ == "__main__":
    main()
