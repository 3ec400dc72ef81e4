"""Runs of tests on a planted fault: noticed or not, and by which test."""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.planter.process import Ended, Limits, run_limited
from tools.planter.scratch import Scratch

MEMORY_BYTES = 4 << 30
PASSED = (0, 5)  # 5: no test was selected
ENDED_BY_SIGNAL = 128
LAST_RESULT = re.compile(
    r"^(\S+::.+?)(?: (?:PASSED|FAILED|SKIPPED|XFAIL).*)? *$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a fault was noticed, and by what: a test, or how the process ended."""

    is_noticed: bool
    by: str


class TestRuns:
    """Runs pytest on the planted copy, on the whole one to see what fails anyway."""

    __test__ = False  # for pytest, which takes the name for a test's

    def __init__(
        self, scratch: Scratch, python: Path, silent_seconds: float, seconds: float
    ) -> None:
        self._scratch = scratch
        self._command = [
            str(python), "-m", "pytest", "-x", "-v", "--no-header", "--tb=no",
            "-p", "no:xdist", "-p", "no:randomly",
        ]  # fmt: skip
        self._silent_seconds = silent_seconds
        self._seconds = seconds
        self._fails_anyway: set[str] = set()
        self._holds: set[str] = set()

    def judge(self, stages: Sequence[Sequence[str]]) -> Verdict:
        """Run the stages until a test fails, twice, that passes without the fault.

        A run that has shown no result for `silent_seconds` hangs, which is noticed. The
        last stage may be long: after `seconds` what passed is all that was asked.
        """
        for tests in stages:
            verdict = self._judge_stage(tests)
            if verdict.is_noticed:
                return verdict
        return Verdict(False, "")

    def _judge_stage(self, tests: Sequence[str]) -> Verdict:
        while True:
            ended = self._run(self._scratch.planted, tests)
            if ended.limit == "time" or (not ended.limit and ended.code in PASSED):
                return Verdict(False, "")
            if ended.limit:
                return Verdict(True, f"{ended.limit}: {last_test(ended.output)}")
            if ended.code < 0 or ended.code > ENDED_BY_SIGNAL:
                return Verdict(True, f"crash: {last_test(ended.output)}")
            failed = self._failed(self._scratch.planted)
            if not failed or self._is_of_the_fault(failed):
                return Verdict(True, failed or f"exit code {ended.code}")

    def _is_of_the_fault(self, test: str) -> bool:
        """Whether a test that failed does so again, and passes without the fault."""
        return self._passes_without_fault(test) and self._fails_again(test)

    def _fails_again(self, test: str) -> bool:
        ended = self._run(self._scratch.planted, [test])
        if ended.limit or ended.code not in PASSED:
            return True
        self._fails_anyway.add(test)
        return False

    def _passes_without_fault(self, test: str) -> bool:
        if test not in self._holds:
            ended = self._run(self._scratch.whole, [test])
            if ended.limit or ended.code != 0:
                self._fails_anyway.add(test)
                return False
            self._holds.add(test)
        return True

    def _run(self, copy: Path, tests: Sequence[str]) -> Ended:
        shutil.rmtree(copy / ".pytest_cache", ignore_errors=True)
        deselected = [f"--deselect={test}" for test in sorted(self._fails_anyway)]
        return run_limited(
            [*self._command, *deselected, *tests],
            copy,
            self._scratch.environment(copy),
            Limits(self._seconds, self._silent_seconds, MEMORY_BYTES),
        )

    @staticmethod
    def _failed(copy: Path) -> str:
        """The test that failed, by pytest's own record; "" if none did."""
        record = copy / ".pytest_cache" / "v" / "cache" / "lastfailed"
        if not record.exists():
            return ""
        return str(next(iter(json.loads(record.read_text())), ""))


def last_test(output: str) -> str:
    """The test that ran when the output ended."""
    return str((LAST_RESULT.findall(output) or ["before the first test"])[-1])
