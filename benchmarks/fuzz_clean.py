"""Campaigns over contracts without a fault: what is found is a false alarm.

    python -m benchmarks.fuzz_clean --cases 1000000 --seconds 3600

A third of the cases each for the counter, the token and keccak, with every oracle in
its own share. Ends with 1 where anything was found.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from benchmarks.fuzz import Subject, token_functions
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.oracles.oracle_registry import ORACLES
from contract_fuzz.workers.pools import InProcess

SUBJECTS = {
    "counter": Subject("counter/counter.wasm"),
    "token": Subject("token/token_init.wasm", True, token_functions()),
    "keccak": Subject("keccak/keccak.wasm"),
}


def run(name: str, cases: int, should_stop: Callable[[], bool]) -> CampaignState:
    """The campaign over one of SUBJECTS with every oracle."""
    campaign = replace(SUBJECTS[name].campaign(), oracles=tuple(ORACLES.values()))
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    pool = InProcess(campaign, coordinator.runner)
    return coordinator.run(pool, CampaignLimits(cases, should_stop))


def main() -> int:
    parser = argparse.ArgumentParser(prog="fuzz_clean")
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3_600, help="for all of them")
    options = parser.parse_args()
    found = ran = 0
    began = time.monotonic()
    for place, name in enumerate(SUBJECTS, start=1):
        share = options.cases // len(SUBJECTS)
        end = began + options.seconds * place / len(SUBJECTS)
        state = run(name, share, lambda end=end: time.monotonic() > end)
        found += len(state.findings) + len(state.later)
        ran += state.case_count
        checks = ", ".join(f"{key} {count:,}" for key, count in state.checks.items())
        print(f"{name}: {state.case_count:,} cases, {len(state.findings)} findings")
        print(f"    checked: {checks}", flush=True)
        for key, finding in state.findings.items():
            print(f"    FALSE ALARM {key}: {finding.finding.story}", flush=True)
    print(f"{ran:,} cases, {found} false alarms, {time.monotonic() - began:,.0f} s")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
