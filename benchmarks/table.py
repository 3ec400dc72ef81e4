"""The table of goals: what was measured at first, the goal, and what it is now.

    python -m benchmarks.table [--only WORK,WORK] [--out FILE] [--again] [--quick]
                               [--json]

Each work runs in a process of its own, in which engines take turns with their peers. It
takes ten minutes on an idle machine. What a work gave is kept in the file, by default
build/table.json, so that the next run continues after the last work: figures of another
commit or with other settings are measured again, and with `--again` all are. Times are
the processor's, but those of workers.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.table_works import QUICK, WORKS, Settings, measured

Document = dict[str, Any]
KEPT = Path("build", "table.json")


class Row(NamedTuple):
    """A line: a figure of a work, its first value and its goal, at most or at least."""

    work: str
    figure: str
    title: str
    first: float
    goal: float
    is_least: bool = False

    def is_met(self, now: float) -> bool:
        """Whether the figure, as it is printed, reaches the goal."""
        shown = float(shown_number(now))
        return shown >= self.goal if self.is_least else shown <= self.goal


ROWS = (
    Row("metering", "fib_recursive", "gas/plain, fib_recursive", 1.49, 1.25),
    Row("metering", "binary_trees", "gas/plain, binary_trees", 1.48, 1.25),
    Row("metering", "tiny_funcs", "gas/plain, tiny_funcs", 1.58, 1.25),
    Row("metering", "call_indirect", "gas/plain, call_indirect", 1.08, 1.25),
    Row("wasm3", "integers, mean", "wasm3/gas, integers, mean", 1.39, 1.6, True),
    Row("wasm3", "integers, worst", "wasm3/gas, integers, worst", 1.08, 1.0, True),
    Row("wasm3", "small, mean", "wasm3/gas, small WAT, mean", 1.2, 1.2, True),
    Row("wasm3", "small, worst", "wasm3/gas, small WAT, worst", 0.79, 0.9, True),
    Row("wasm3", "floats, mean", "wasm3/gas, floats, mean", 1.07, 1.0, True),
    Row("wasm3", "floats, worst", "wasm3/gas, floats, worst", 0.71, 0.9, True),
    Row("fuel", "mean", "counter/fuel on wasmtime, mean", 0.95, 0.95),
    Row("fuel", "greatest", "counter/fuel on wasmtime, greatest", 1.05, 1.1),
    Row("chain", "view", "call of a view, us", 81, 25),
    Row("chain", "100 a block", "transfer, 100 a block, us", 102, 75),
    Row("chain", "one a block", "transfer, one a block, us", 257, 180),
    Row("chain", "one a block, LevelDB", "the same in LevelDB, synced, us", 870, 350),
    Row("balance", "random", "balance at random, us", 14.2, 8),
    Row("fuzzing", "counter", "fuzz cases a second, counter", 17_500, 30_000, True),
    Row("fuzzing", "token", "fuzz cases a second, token", 10_100, 18_000, True),
    Row("workers", "counter", "two workers to one, counter", 1.43, 1.9, True),
    Row("workers", "token", "two workers to one, token", 1.76, 1.9, True),
)


def shown_number(number: float) -> str:
    """Two decimals of a ratio, one of a time, none of a large number."""
    decimals = 2 if number < 5 else 1 if number < 1_000 else 0
    return f"{number:.{decimals}f}"


def commit() -> str:
    """The commit that is checked out, marked where files differ from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40"]
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.strip()


def run_work(name: str, is_quick: bool) -> Document:
    """What a work gave, in a process of its own, and the load before it."""
    command = [sys.executable, "-m", "benchmarks.table", "--measure", name]
    load = os.getloadavg()[0]
    finished = subprocess.run(
        command + ["--quick"] * is_quick, stdout=subprocess.PIPE, text=True, check=False
    )
    if finished.returncode:
        raise SystemExit(f"{name} failed")
    found: Document = json.loads(finished.stdout)
    return {**found, "load": round(load, 1)}


def kept_works(path: Path, origin: Document, is_again: bool) -> Document:
    """The works that need not be measured again."""
    if is_again or not path.exists():
        return {}
    kept = json.loads(path.read_text())
    found: Document = kept["works"]
    return found if kept["origin"] == origin else {}


def lines(works: Document) -> list[Document]:
    """The table's lines of the works that were measured."""
    found = []
    for row in ROWS:
        if row.work not in works:
            continue
        now = works[row.work]["figures"].get(row.figure)
        verdict = None if now is None else row.is_met(now)
        found.append({**row._asdict(), "now": now, "is_met": verdict})
    return found


def print_table(works: Document) -> None:
    print(f"{'work':38}{'first':>9}{'goal':>9}{'now':>9}")
    for line in lines(works):
        now, verdict = "-", "no peer"
        if line["now"] is not None:
            now = shown_number(line["now"])
            verdict = "met" if line["is_met"] else "missed"
        numbers = (shown_number(line["first"]), shown_number(line["goal"]), now)
        columns = "".join(f"{number:>9}" for number in numbers)
        print(f"{line['title']:38}{columns}  {verdict}")
    absent = {peer for work in works.values() for peer in work["absent"]}
    print(f"absent peers: {', '.join(sorted(absent)) or 'none'}")
    loads = [work["load"] for work in works.values()]
    print(f"load of the machine: {min(loads)} to {max(loads)}")


def measure_in_this_process(name: str, settings: Settings) -> None:
    figures, absent = measured(name, settings)
    print(json.dumps({"figures": figures, "absent": list(absent)}))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", help=f"some of {','.join(WORKS)}")
    parser.add_argument("--out", type=Path, default=KEPT, metavar="FILE")
    parser.add_argument("--again", action="store_true", help="use no kept figures")
    parser.add_argument("--quick", action="store_true", help="hardly measure at all")
    parser.add_argument("--json", action="store_true", help="one document, no table")
    parser.add_argument("--measure", metavar="WORK", help="one, in this process")
    options = parser.parse_args()
    names = options.only.split(",") if options.only else list(WORKS)
    for name in (*names, options.measure or names[0]):
        if name not in WORKS:
            parser.error(f"no work {name!r}: there are {', '.join(WORKS)}")
    if options.measure:
        measure_in_this_process(options.measure, QUICK if options.quick else Settings())
        return
    origin = {"commit": commit(), "quick": options.quick}
    works = kept_works(options.out, origin, options.again)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name not in works:
            print(f"{name} ...", file=sys.stderr, flush=True)
            works[name] = run_work(name, options.quick)
            document = {"origin": origin, "works": works}
            options.out.write_text(json.dumps(document, indent=2) + "\n")
    chosen = {name: works[name] for name in names}
    if options.json:
        absent = sorted({peer for work in chosen.values() for peer in work["absent"]})
        print(json.dumps({**origin, "rows": lines(chosen), "absent": absent}, indent=2))
    else:
        print_table(chosen)


if __name__ == "__main__":
    main()
