"""`python -m tools.planter`: plant faults in copies of the sources, one at a time.

Tests run on each, nearest first; a fault that none of them notices is a test that is
missing. Mutation testing, for compiled sources too.
"""

import argparse
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools.planter.coverage_map import CoverageMap, collected_tests
from tools.planter.process import WAITING_FACTOR
from tools.planter.results import (
    NOTICED,
    SURVIVED,
    Planted,
    is_judged_equivalent,
    judged_equivalents,
    read_results,
    report,
    write_results,
)
from tools.planter.runs import TestRuns, Verdict
from tools.planter.sampling import PACKAGES, choose, source_files
from tools.planter.scratch import Scratch, is_compiled
from tools.planter.selection import KNOWING_ALL, TestMap, surroundings

ROOT = Path(__file__).resolve().parents[2]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.planter", description=__doc__
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100, help="faults to plant")
    parser.add_argument(
        "--files", default="*", help="a pattern of paths, as *metering*"
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=ROOT / "build" / "planter" / "results.json",
        help="the file of results; the scratch copies are made beside it",
    )
    parser.add_argument("--resume", action="store_true", help="go on with that file")
    parser.add_argument(
        "--again", action="store_true", help="with --resume: run its survivors again"
    )
    parser.add_argument("--report", action="store_true", help="only print its report")
    parser.add_argument(
        "--silent-seconds",
        type=float,
        default=90,
        help="of the processor, without a result: a hang",
    )
    parser.add_argument(
        "--seconds", type=float, default=300, help="for each of three stages of tests"
    )
    parser.add_argument(
        "--coverage",
        type=Path,
        metavar="FILE",
        help="what `make coverage` recorded: only tests that run the line are run",
    )
    options = parser.parse_args()
    least = WAITING_FACTOR * options.silent_seconds
    if options.seconds <= least:
        parser.error(
            f"--seconds: a hang is noticed after {least:g}, so more are needed"
        )
    return options


def main() -> None:
    options = parse_options()
    # So that what runs is ended, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    if options.resume or options.report:
        chosen = read_results(options.json)
    else:
        chosen = choose(
            ROOT, source_files(ROOT, options.files), options.seed, options.count
        )
    if options.again:
        judged = judged_equivalents()
        for fault in chosen:
            if fault.outcome == SURVIVED and not is_judged_equivalent(fault, judged):
                fault.outcome = ""
    if not options.report:
        run(options, chosen)
    say(report(chosen, ROOT))


def run(options: argparse.Namespace, chosen: list[Planted]) -> None:
    """Plant what has no outcome yet; the file is written after each."""
    folder = options.json.resolve().parent / f"{options.json.stem}-scratch"
    scratch = Scratch(ROOT, folder, Path(sys.executable))
    covered = None
    if options.coverage:
        covered = CoverageMap(options.coverage, collected_tests(ROOT))
    tests = NearestTests(TestMap(ROOT, PACKAGES), covered)
    runs = TestRuns(
        scratch, Path(sys.executable), options.silent_seconds, options.seconds
    )
    write_results(options.json, options.seed, chosen)
    for index, fault in enumerate(chosen):
        if fault.outcome:
            continue
        started = time.monotonic()
        verdict = plant(fault, scratch, tests, runs)
        fault.outcome = verdict.by if verdict.by in UNTESTED else outcome(verdict)
        fault.by = "" if verdict.by in UNTESTED else verdict.by
        fault.seconds = round(time.monotonic() - started)
        write_results(options.json, options.seed, chosen)
        say(progress(index, fault, chosen))


UNTESTED = ("does not compile", "equivalent", "gone")


def outcome(verdict: Verdict) -> str:
    return NOTICED if verdict.is_noticed else SURVIVED


@dataclass(frozen=True, slots=True)
class NearestTests:
    """The tests by distance, and by the lines that they run where that is known."""

    near: TestMap
    covered: CoverageMap | None

    def stages(self, path: str, source: str, start: int) -> list[list[str]]:
        """Lists of tests to run for a fault at a place of a source."""
        stages = self.near.stages(path, surroundings(source, start))
        # Nobody knows which test runs compiled code, or what was generated.
        if self.covered is None or is_compiled(path):
            return stages
        files = [test for stage in stages for test in stage]
        line = source.count("\n", 0, start) + 1
        found = self.covered.stages(path, line, files)
        return [list(KNOWING_ALL), *found] if found else stages


def plant(
    fault: Planted, scratch: Scratch, tests: NearestTests, runs: TestRuns
) -> Verdict:
    """The verdict of the tests on one fault, or why none ran."""
    source = scratch.whole.joinpath(fault.path).read_text()
    try:
        found = fault.fault_in(source)
        changed = found.plant(source)
    except ValueError:
        return Verdict(False, "gone")
    try:
        untested = scratch.plant(fault.path, changed)
        if untested:
            return Verdict(False, untested)
        return runs.judge(tests.stages(fault.path, source, found.start))
    finally:
        scratch.restore()


def progress(index: int, fault: Planted, chosen: list[Planted]) -> str:
    noticed = sum(other.outcome == NOTICED for other in chosen)
    survived = sum(other.outcome == SURVIVED for other in chosen)
    change = " ".join(f"{fault.original} -> {fault.replacement}".split())
    return (
        f"{index + 1}/{len(chosen)} {fault.path}:{fault.number} [{change[:70]}]"
        f" {fault.outcome} {fault.by[-90:]} ({fault.seconds} s);"
        f" {noticed} noticed, {survived} survived"
    )


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
