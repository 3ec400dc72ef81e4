"""Stylus programs: calls, cases and the published benchmark, beside wasmtime's fuel.

    python -m benchmarks.stylus [--cases N] [--calls N]

The ERC-20 is examples/stylus/erc20.c. Calls run in this process as a chain runs them,
without keeping anything; cases are those of a campaign with one worker and the default
oracles. Both are by the second of processor time. The published benchmark makes 400
million additions; its ink is exact on both engines, its time is once.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import wasmtime

from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.stylus_tests.benchmark import SOURCE, measure_benchmark
from contract_fuzz import (
    Campaign,
    CampaignLimits,
    Coordinator,
    InProcess,
    start_from_code,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.start_states import StartState
from contractvm.hosts.registry import find_host
from contractvm.hosts.stylus.module_rules import ENTRY
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.module_source import assemble
from gas_schedule.loader import load_schedule

ERC20 = Path(__file__).parents[1] / "examples" / "stylus" / "erc20.wasm"
SCHEDULE = "stylus-1"
RECIPIENT = "0x" + "11" * 20
SIGNATURES = (
    "totalSupply()(uint256)",
    "balanceOf(address)(uint256)",
    "allowance(address,address)(uint256)",
    "transfer(address,uint256)(bool)",
    "approve(address,uint256)(bool)",
    "transferFrom(address,address,uint256)(bool)",
)
CALLS = {
    "balanceOf(address)": [RECIPIENT],
    "transfer(address,uint256)": [RECIPIENT, 0],
}
GAS_LIMIT = 200_000
FUEL = (1 << 63) - 1


def calls_a_second(
    start: StartState, signature: str, values: list[object], count: int
) -> float:
    """Messages to the token, each from the same state."""
    executor = CaseExecutor(start, ExecutorOptions(has_coverage=False))
    data = parse_function(signature).encode(values)
    call = CaseTransaction(start.contracts[0], data, gas_limit=GAS_LIMIT)
    executor.run(executor.begin, call)
    return count / processor_seconds(
        lambda: [executor.run(executor.begin, call) for _ in range(count)]
    )


def cases_a_second(start: StartState, count: int) -> float:
    """A campaign's cases, after what begins one."""
    functions = tuple(map(parse_function, SIGNATURES))
    campaign = Campaign(start, ERC20.read_bytes(), functions=functions)
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    worker = InProcess(campaign, coordinator.runner)
    limits = CampaignLimits(runs=count)
    return count / processor_seconds(partial(coordinator.run, worker, limits))


def benchmark_seconds() -> dict[str, tuple[float, int]]:
    """By engine: the published benchmark's seconds, and what it counted."""
    host, schedule = find_host("stylus"), load_schedule(SCHEDULE)
    found = {}
    for name in ("interpreter", "wasmtime"):
        pipeline = host.pipeline(make_engine(name), schedule)
        measure = partial(measure_benchmark, pipeline)
        ink = measure()
        found[name] = processor_seconds(measure), ink
    found["wasmtime's fuel"] = fuel_run()
    return found


def fuel_run() -> tuple[float, int]:
    """The same module on wasmtime alone, with its own fuel."""
    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    store = wasmtime.Store(engine)
    module = wasmtime.Module(engine, assemble("benchmark", SOURCE.encode()))
    hook = wasmtime.Func(store, wasmtime.FuncType([], []), lambda: None)
    store.set_fuel(FUEL)
    exports = wasmtime.Instance(store, module, [hook, hook]).exports(store)
    entry = exports[ENTRY]
    if not isinstance(entry, wasmtime.Func):
        raise SystemExit("the benchmark has no entry")
    seconds = processor_seconds(lambda: entry(store, 0))
    return seconds, FUEL - store.get_fuel()


def processor_seconds(work: Callable[[], object]) -> float:
    """Of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=6_000)
    parser.add_argument("--calls", type=int, default=4_000)
    options = parser.parse_args()
    start = start_from_code(ERC20.read_bytes(), schedule=SCHEDULE)
    print("Stylus' ERC-20, by the second of processor time (goals: 10,000 and 5,000)")
    for signature, values in CALLS.items():
        rate = calls_a_second(start, signature, values, options.calls)
        print(f"{signature:28}{rate:>10,.0f} calls", flush=True)
    rate = cases_a_second(start, options.cases)
    print(f"{'campaign':28}{rate:>10,.0f} cases", flush=True)
    print("\nThe published benchmark, 400 million additions")
    for name, (seconds, counted) in benchmark_seconds().items():
        unit = "fuel" if "fuel" in name else "ink"
        print(f"{name:20}{seconds:>8.2f} s  {counted:>16,} {unit}", flush=True)


if __name__ == "__main__":
    main()
