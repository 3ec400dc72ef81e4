"""What the table of goals measures: each work gives its figures by name."""

import importlib.util
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from benchmarks.chain_works import (
    random_balance,
    transfers_in_memory,
    transfers_on_disk,
    view_call,
)
from benchmarks.fuzz import Subject, run_with, token_functions
from benchmarks.kernel_hosts import RunFunc
from benchmarks.kernel_table import KERNELS, Kernel
from benchmarks.measuring import geometric_mean, interleaved_medians
from benchmarks.metering_cost import measure as measure_forms
from benchmarks.ours import COUNTING, DEFAULT, ours, ours_with
from contract_fuzz.campaign.coordinator import CampaignLimits, Coordinator
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.oracle_registry import SAMPLED_ORACLES
from contract_fuzz.workers.pools import InProcess

Figures = dict[str, float]

FLOATS = ("mandelbrot", "nbody", "rays", "spectral_norm")
SMALL = ("fib_recursive", "fib_iterative", "deep_recursion", "tight_loops")
TINY = ("fib_recursive", "binary_trees", "tiny_funcs", "call_indirect")
# Their time is that of Python's functions.
OF_HOST_CALLS = ("host_calls", "token_transfer")


class Settings(NamedTuple):
    """How much is measured; kernels have short arguments where `is_short`."""

    rounds: int = 7
    items: int = 500
    accounts: int = 600_000
    cases: int = 10_000
    is_short: bool = False


QUICK = Settings(rounds=1, items=3, accounts=50, cases=20, is_short=True)


class PeerMissing(Exception):
    """A peer that a work is compared with is not installed."""


def kernel_seconds(
    kernel: Kernel, engines: dict[str, RunFunc], settings: Settings
) -> Figures:
    """Seconds by engine, in turns; all must give the kernel's result."""
    run = kernel.small if settings.is_short else kernel.full
    for name, engine in engines.items():
        if engine(run.argument) != run.result:
            raise SystemExit(f"{kernel.name}: {name} gives another result")
    works = {name: partial(engine, run.argument) for name, engine in engines.items()}
    return interleaved_medians(works, settings.rounds)


def metering(settings: Settings) -> Figures:
    """How many times as long tiny funcs take with gas."""
    found = {}
    for kernel in KERNELS:
        if kernel.name in TINY:
            engines = {
                "plain": ours(kernel.wasm, kernel.host()),
                "gas": ours_with(DEFAULT)(kernel.wasm, kernel.host()),
            }
            seconds = kernel_seconds(kernel, engines, settings)
            found[kernel.name] = seconds["gas"] / seconds["plain"]
    return found


def wasm3(settings: Settings) -> Figures:
    """How many times as long wasm3 takes without metering as we do with."""
    if importlib.util.find_spec("wasm3") is None:
        raise PeerMissing("wasm3")
    from benchmarks.with_wasm3 import (  # noqa: PLC0415 (of the group bench)
        with_wasm3,
    )

    ratios: dict[str, dict[str, float]] = {"integers": {}, "small": {}, "floats": {}}
    for kernel in KERNELS:
        if kernel.name in OF_HOST_CALLS:
            continue
        engines = {
            "gas": ours_with(DEFAULT)(kernel.wasm, kernel.host()),
            "wasm3": with_wasm3(kernel.wasm, kernel.host()),
        }
        seconds = kernel_seconds(kernel, engines, settings)
        kind = "floats" if kernel.name in FLOATS else "integers"
        kind = "small" if kernel.name in SMALL else kind
        ratios[kind][kernel.name] = seconds["wasm3"] / seconds["gas"]
    found = {}
    for kind, by_kernel in ratios.items():
        found[f"{kind}, mean"] = geometric_mean(by_kernel.values())
        found[f"{kind}, worst"] = min(by_kernel.values())
    return found


def fuel(settings: Settings) -> Figures:
    """How many times as long wasmtime takes with our counter as with its fuel."""
    ratios = []
    for kernel in KERNELS:
        if kernel.name not in OF_HOST_CALLS:
            run = kernel.small if settings.is_short else kernel.full
            measured_kernel = replace(kernel, full=run)
            seconds = measure_forms(measured_kernel, COUNTING, settings.rounds)
            ratios.append(seconds["counter"] / seconds["fuel"])
    return {"mean": geometric_mean(ratios), "greatest": max(ratios)}


def chain(settings: Settings) -> Figures:
    """Microseconds of a view, and of transfers in blocks."""
    rounds, items = settings.rounds, settings.items
    return {
        "view": view_call(rounds, items),
        "100 a block": transfers_in_memory(rounds, 1, min(items, 100)),
        "one a block": transfers_in_memory(rounds, min(items, 100), 1),
        "one a block, LevelDB": transfers_on_disk(rounds, min(items, 100)),
    }


def balance(settings: Settings) -> Figures:
    """Microseconds of a balance, at random."""
    found = random_balance(settings.accounts, settings.rounds, 10 * settings.items)
    return {"random": found}


def campaigns() -> dict[str, Campaign]:
    """The contracts that are fuzzed, with the default oracles."""
    token = Subject("token/token_init.wasm", True, token_functions())
    subjects = {"counter": Subject("counter/counter.wasm"), "token": token}
    oracles = tuple(SAMPLED_ORACLES.values())
    return {
        name: replace(subject.campaign(), oracles=oracles)
        for name, subject in subjects.items()
    }


def fuzzing(settings: Settings) -> Figures:
    """Cases a second of processor time, in one process."""
    found = {}
    for name, campaign in campaigns().items():
        coordinator = Coordinator(campaign)
        coordinator.begin([])
        pool = InProcess(campaign, coordinator.runner)
        coordinator.run(pool, CampaignLimits(settings.cases))
        rates = []
        for turn in range(min(settings.rounds, 3)):
            start = time.process_time()
            coordinator.run(pool, CampaignLimits((turn + 2) * settings.cases))
            rates.append(settings.cases / (time.process_time() - start))
        found[name] = max(rates)
    return found


def workers(settings: Settings) -> Figures:
    """How many times as many cases two workers run as one, by the clock."""
    found = {}
    for name, campaign in campaigns().items():
        seconds = {
            count: min(
                run_with(campaign, count, 3 * settings.cases)
                for _ in range(min(settings.rounds, 3))
            )
            for count in (1, 2)
        }
        found[name] = seconds[1] / seconds[2]
    return found


WORKS: dict[str, Callable[[Settings], Figures]] = {
    work.__name__: work
    for work in (metering, wasm3, fuel, chain, balance, fuzzing, workers)
}


def measured(name: str, settings: Settings) -> tuple[Figures, Iterable[str]]:
    """A work's figures, and the peers that are missing for them."""
    try:
        return WORKS[name](settings), ()
    except PeerMissing as missing:
        return {}, (str(missing),)
