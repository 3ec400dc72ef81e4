"""The processor's instructions against gas, for operations that have a size.

    python -m benchmarks.instructions_by_size [--schedule NAME|PATH] [NAME ...]

As `benchmarks.gas_against_size`, but counted by callgrind, so that what else the
machine does hardly matters. Operations are those of that benchmark, at their least and
greatest size; each line has what the greatest adds. Needs valgrind.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gas_against_size import OPERATIONS, Operation, work
from contractvm.runtime.engine_selection import make_engine
from gas_schedule.loader import DEFAULT_SCHEDULE, load_schedule

TOTALS = re.compile(r"^totals: (\d+)", re.MULTILINE)
# A function of the C library that only `run_counted` calls; counts are kept by its
# calls, the first of which ends what came before.
MARK = "getppid"


@dataclass(frozen=True, slots=True)
class Count:
    """What the greatest size adds to the least: sizes, gas and instructions."""

    name: str
    size: int
    gas: float
    instructions: int

    @property
    def per_gas(self) -> float:
        """Instructions for each gas; for each of the size if they are free."""
        return self.instructions / (self.gas if self.gas > 0 else self.size)


def selected(names: Sequence[str]) -> list[Operation]:
    """The operations whose names begin so; without names, those with other code."""
    if names:
        return [entry for entry in OPERATIONS if entry.name.startswith(tuple(names))]
    return [entry for entry in OPERATIONS if not entry.name.endswith(", in a row")]


def run_counted(names: Sequence[str], schedule: str) -> None:
    """Run each operation at both sizes, between marks; print its gas."""
    engine, loaded = make_engine(), load_schedule(schedule)
    for operation in selected(names):
        for size in (operation.sizes[0], operation.sizes[-1]):
            run, gas = work(engine, loaded, operation, size)
            # What the first run alone does is no work of the operation.
            run()
            os.getppid()
            run()
            os.getppid()
            print(gas)


def count(names: Sequence[str], schedule: str = DEFAULT_SCHEDULE) -> list[Count]:
    """Count in a process of its own, under callgrind."""
    module = ["-m", "benchmarks.instructions_by_size", "--run"]
    with tempfile.TemporaryDirectory() as folder:
        finished = subprocess.run(
            [
                *("valgrind", "--tool=callgrind", f"--dump-before={MARK}"),
                f"--callgrind-out-file={folder}/out",
                *(sys.executable, *module, "--schedule", schedule, *names),
            ],
            env={**os.environ, "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=True,
        )
        gas = [float(line) for line in finished.stdout.split()]
        # The parts are numbered from 1; the first is what came before the first mark.
        counted = [_total(Path(folder, f"out.{2 * n + 2}")) for n in range(len(gas))]
    return [
        Count(
            operation.name,
            operation.sizes[-1] - operation.sizes[0],
            gas[2 * place + 1] - gas[2 * place],
            counted[2 * place + 1] - counted[2 * place],
        )
        for place, operation in enumerate(selected(names))
    ]


def _total(part: Path) -> int:
    found = TOTALS.search(part.read_text())
    if found is None:
        raise SystemExit(f"callgrind counted nothing in {part.name}")
    return int(found[1])


def main() -> None:
    """Count, and print a line for each operation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="those that begin so")
    parser.add_argument("--schedule", default=DEFAULT_SCHEDULE)
    parser.add_argument("--run", action="store_true", help="run them, uncounted")
    options = parser.parse_args()
    if options.run:
        run_counted(options.names, options.schedule)
        return
    if shutil.which("valgrind") is None:
        raise SystemExit("valgrind is not installed: apt-get install valgrind")
    print(f"{'operation':28}{'more by':>10}{'gas':>14}{'instructions':>14}{'each':>9}")
    for found in count(options.names, options.schedule):
        print(
            f"{found.name:28}{found.size:10,}{found.gas:14,.3f}"
            f"{found.instructions:14,}{found.per_gas:9,.0f}"
        )


if __name__ == "__main__":
    main()
