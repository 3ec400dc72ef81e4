"""Start-up times of imports and of the command line, in fresh processes.

    python -m benchmarks.start_up

Goals: `import contractvm` in 60 ms, `contractvm --help` in 150 ms. Medians of the time
that passes, where a busy machine shows, and of processor time, where it does not.
"""

import subprocess
import sys
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from time import perf_counter

ROUNDS = 11
IMPORTS = (
    "contractvm",
    "contractvm.runtime.pipeline",
    "chain_sim.ethereum.chain.blockchain",
)
TIMED_IMPORT = """
from time import perf_counter, process_time
passed, processor = perf_counter(), process_time()
import {name}
print(perf_counter() - passed, process_time() - processor)
"""
PROCESSES = {
    "python -c pass": ("-c", "pass"),
    "contractvm --help": ("-m", "contractvm_cli", "--help"),
}
Times = tuple[float, float]


def run_python(*arguments: str) -> str:
    command = [sys.executable, *arguments]
    finished = subprocess.run(command, check=True, capture_output=True, text=True)
    return finished.stdout


def import_seconds(name: str) -> Times:
    """Of one import with everything that it imports."""
    passed, processor = run_python("-c", TIMED_IMPORT.format(name=name)).split()
    return float(passed), float(processor)


def process_seconds(arguments: tuple[str, ...]) -> Times:
    """From the start of the process to its end."""
    start, before = perf_counter(), getrusage(RUSAGE_CHILDREN)
    run_python(*arguments)
    after = getrusage(RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return perf_counter() - start, processor


def print_row(name: str, times: list[Times]) -> None:
    passed, processor = (1000 * median(column) for column in zip(*times, strict=True))
    print(f"{name:30}{passed:10.1f}{processor:12.1f}", flush=True)


def main() -> None:
    print("Start, milliseconds (goals: import contractvm 60, contractvm --help 150)")
    print(f"{'':30}{'passed':>10}{'processor':>12}")
    for name in IMPORTS:
        times = [import_seconds(name) for _ in range(ROUNDS)]
        print_row(f"import {name}", times)
    for name, arguments in PROCESSES.items():
        print_row(name, [process_seconds(arguments) for _ in range(ROUNDS)])


if __name__ == "__main__":
    main()
