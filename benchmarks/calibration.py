"""Gas against time over the kernels, under schedules; and the released measurement.

    python -m benchmarks.calibration [--schedules NAME|PATH,...] [--plot PATH]
    python -m benchmarks.calibration --release PATH [--seconds N] [--repeats N]

No calibration sees the kernels: they are the test of its prices. Left out are
`host_calls` and `token_transfer`, whose time is that of host functions. `--release`
first measures the schedule `contractvm-2` anew and writes it to PATH.
"""

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from benchmarks.kernel_table import KERNELS
from contractvm.calibration.judging import judge, relative_rates
from contractvm.calibration.plot import Points, draw
from contractvm.calibration.running import Program, ProgramRun
from contractvm.calibration.timing import time_in_turns
from contractvm.hosts.registry import find_host
from contractvm.runtime.engine_selection import make_engine
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

# Of about a millisecond: a busy machine has moments that are as short.
ARGUMENTS = {
    "fib_recursive": 23,
    "fib_iterative": 150_000,
    "sieve": 60_000,
    "keccak256": 10_000,
    "sha256": 13_000,
    "blake2b": 30_000,
    "multiply256": 2_000,
    "power256": 3,
    "secp256k1": 1,
    "matrix": 48,
    "bytecode": 100,
    "memory_copy": 22,
    "sort": 6_000,
    "call_indirect": 60_000,
}


def measure(schedule: GasSchedule, seconds: float) -> Points:
    """Gas and nanoseconds of each kernel, run as the schedule meters it."""
    engine = make_engine()
    metering = find_host(schedule.interface).metering_under(schedule)
    # The kernels grow no memory, and import nothing.
    metering = replace(metering, grow_hook=None)
    runs = {
        kernel.name: ProgramRun(
            engine,
            schedule,
            Program(kernel.name, kernel.wasm, ARGUMENTS[kernel.name]),
            metering,
        )
        for kernel in KERNELS
        if kernel.name in ARGUMENTS
    }
    gas = {name: run() / schedule.units_per_gas for name, run in runs.items()}
    timings = time_in_turns(runs, seconds, lambda _share: None)
    return {name: (gas[name], timings[name].least) for name in runs}


def print_report(panels: dict[str, Points]) -> None:
    print("Kernels: ns per gas, by the mean of all kernels")
    print(f"{'kernel':24}" + "".join(f"{name:>16}" for name in panels))
    rates = {name: relative_rates(points) for name, points in panels.items()}
    for kernel in ARGUMENTS:
        row = "".join(f"{rates[name][kernel]:16.2f}" for name in panels)
        print(f"{kernel:24}{row}")
    judged = {name: judge(points) for name, points in panels.items()}
    for label, field in (
        ("ns per gas, median", "nanoseconds_per_gas"),
        ("greatest by least", "spread"),
        ("deviation of logarithm", "deviation"),
        ("R-squared, equal times", "at_equal_time"),
        ("R-squared, as they ran", "r_squared"),
    ):
        row = "".join(f"{getattr(found, field):16.3f}" for found in judged.values())
        print(f"{label:24}{row}")


def release(path: Path, seconds: float, repeats: int) -> None:
    """Measure `contractvm-2`."""
    verb = [sys.executable, "-m", "contractvm_cli", "schedule", "calibrate"]
    names = ["--name", "contractvm-2", "-o", str(path)]
    times = ["--seconds", str(seconds), "--repeats", str(repeats)]
    subprocess.run([*verb, *names, *times], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--schedules", default="ewasm-metered,contractvm-2,stylus-1")
    parser.add_argument("--release", type=Path, metavar="PATH")
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--plot", type=Path, metavar="PATH", action="append")
    options = parser.parse_args()
    if options.release:
        release(options.release, options.seconds, options.repeats)
        options.schedules += f",{options.release}"
    schedules = [load_schedule(name) for name in options.schedules.split(",")]
    seconds = options.seconds / 3 / len(schedules)
    panels = {schedule.name: measure(schedule, seconds) for schedule in schedules}
    print_report(panels)
    for path in options.plot or ():
        draw(panels, path)


if __name__ == "__main__":
    main()
