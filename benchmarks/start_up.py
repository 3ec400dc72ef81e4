"""Start-up times of imports and of the command line, in fresh processes.

    python -m benchmarks.start_up

Goals: `import contractvm` in 60 ms, each command in 150 ms. Medians of the time that
passes, where a busy machine shows, and of processor time, where it does not.
"""

import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from wasmtime import wat2wasm

ROUNDS = 20
EXAMPLES = Path(__file__).parent.parent.joinpath("examples").resolve()
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
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
COMMANDS = (
    ("--help",),
    ("balance", CONTRACT),
    ("call", CONTRACT, "get()(uint256)"),
    ("send", CONTRACT, "increment()"),
    ("run", "add.wasm", "--invoke", "add", "1", "2"),
)
ADD = """(module (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))"""
Times = tuple[float, float]


def run_python(*arguments: str, folder: Path | None = None) -> str:
    finished = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return finished.stdout


def import_seconds(name: str) -> Times:
    """Of one import with everything that it imports."""
    passed, processor = run_python("-c", TIMED_IMPORT.format(name=name)).split()
    return float(passed), float(processor)


def process_seconds(folder: Path, *arguments: str) -> Times:
    """From the start of the process to its end."""
    start, before = perf_counter(), getrusage(RUSAGE_CHILDREN)
    run_python(*arguments, folder=folder)
    after = getrusage(RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return perf_counter() - start, processor


def print_row(name: str, times: list[Times]) -> None:
    passed, processor = (1000 * median(column) for column in zip(*times, strict=True))
    print(f"{name:48}{passed:10.1f}{processor:12.1f}", flush=True)


def print_processes(folder: Path) -> None:
    """Python alone, then commands on a chain in the folder."""
    command = ("-m", "contractvm_cli")
    folder.joinpath("add.wasm").write_bytes(wat2wasm(ADD))
    counter = str(EXAMPLES.joinpath("counter", "counter.wasm"))
    run_python(*command, "deploy", counter, folder=folder)
    alone = [process_seconds(folder, "-c", "pass") for _ in range(ROUNDS)]
    print_row("python -c pass", alone)
    for arguments in COMMANDS:
        times = [process_seconds(folder, *command, *arguments) for _ in range(ROUNDS)]
        print_row(f"contractvm {arguments[0]}", times)


def main() -> None:
    print("Start, milliseconds (goals: import contractvm 60, each command 150)")
    print(f"{'':48}{'passed':>10}{'processor':>12}")
    for name in IMPORTS:
        times = [import_seconds(name) for _ in range(ROUNDS)]
        print_row(f"import {name}", times)
    with TemporaryDirectory() as folder:
        print_processes(Path(folder))


if __name__ == "__main__":
    main()
