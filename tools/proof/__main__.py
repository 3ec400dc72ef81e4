"""Prove the gas by independent counts: python -m tools.proof --seconds 60 [--json].

Four oracles, each over the kernels, the examples, the official suite's modules and
random ones of `wasm-tools smith`, as many as there is time for:

    instructions  our interpreter counts each instruction that it executes, without
                  instrumentation, and prices them
    walk          charged = cost on every path of every func's control flow ("calls"
                  are bodies here)
    fuel          wasmtime's fuel, with a schedule set to wasmtime's own rules
    engines       our two engines on the instrumented module

Exits with 1 where any of them found a difference, which it names.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field

from tools.proof.corpora import CORPORA, Case, smith
from tools.proof.counted import compare_counted
from tools.proof.engines import compare_on_engines
from tools.proof.fuel import compare_fuel
from tools.proof.result import Result
from tools.proof.walk import walk

ORACLES: dict[str, Callable[[Case], Result]] = {
    "instructions": compare_counted,
    "walk": walk,
    "fuel": compare_fuel,
    "engines": compare_on_engines,
}


@dataclass
class Tally:
    """What one oracle saw of one corpus; `skipped` counts reasons."""

    corpus: str
    oracle: str
    modules: int = 0
    calls: int = 0
    differences: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case, result: Result) -> None:
        if result.skipped is not None:
            self.skipped[result.skipped.partition(":")[0]] += 1
            return
        self.modules += 1
        self.calls += result.calls
        if result.difference is not None:
            self.differences.append(f"{case.name}: {result.difference}")


def prove(corpus: str, cases: Iterable[Case], names: list[str]) -> list[Tally]:
    """Every case through every oracle that is named."""
    tallies = [Tally(corpus, name) for name in names]
    for case in cases:
        for tally in tallies:
            tally.add(case, ORACLES[tally.oracle](case))
    return tallies


def until(cases: Iterable[Case], deadline: float, most: int) -> Iterable[Case]:
    for number, case in enumerate(cases):
        if number >= most or time.monotonic() > deadline:
            return
        yield case


def print_tally(tally: Tally) -> None:
    skipped = ", ".join(f"{count} {reason}" for reason, count in tally.skipped.items())
    sys.stdout.write(
        f"{tally.corpus:16}{tally.oracle:14}{tally.modules:>9}{tally.calls:>10}"
        f"{len(tally.differences):>13}  {skipped}".rstrip()
        + "\n"
    )
    for difference in tally.differences:
        sys.stdout.write(f"  DIFFERENCE in {difference}\n")
    sys.stdout.flush()


def print_heading() -> None:
    sys.stdout.write(
        f"{'corpus':16}{'oracle':14}{'modules':>9}{'calls':>10}{'differences':>13}"
        "  not for it\n"
    )


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60, help="for random modules")
    parser.add_argument("--count", type=int, default=10**9, help="of them at most")
    parser.add_argument("--seed", type=int, default=0, help="of the first of them")
    parser.add_argument("--corpus", choices=CORPORA, action="append")
    parser.add_argument("--oracle", choices=ORACLES, action="append")
    parser.add_argument("--json", action="store_true", help="one document, no table")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    found: list[Tally] = []
    if not options.json:
        print_heading()
    for corpus in options.corpus or CORPORA:
        cases: Iterable[Case] = CORPORA[corpus]()
        if corpus == "smith":
            deadline = time.monotonic() + options.seconds
            cases = until(smith(options.seed), deadline, options.count)
        tallies = prove(corpus, cases, options.oracle or list(ORACLES))
        found += tallies
        if not options.json:
            for tally in tallies:
                print_tally(tally)
    if options.json:
        sys.stdout.write(
            json.dumps([asdict(tally) for tally in found], indent=2) + "\n"
        )
    sys.exit(any(tally.differences for tally in found))


if __name__ == "__main__":
    main()
