"""Which tests run which line: recorded once, by `make coverage`.

A fault in a line of Python can only be noticed by a test that runs the line. Lines that
run on import, in other processes or in compiled code are of no test here.
"""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from coverage import CoverageData

# Of all tests that run the line, those that are run before the others.
FIRST = 60


class CoverageMap:
    """The tests that run each line of the sources as they were when it was recorded.

    Tests written since are told apart by their names: they may run any line.
    """

    def __init__(self, data: Path, tests: Sequence[str]) -> None:
        recorded = CoverageData(str(data))
        recorded.read()
        if not any(recorded.measured_contexts()):
            raise ValueError(f"{data} does not say which test ran what")
        self._recorded = recorded
        self._tests = tests
        known = {test_of(context) for context in recorded.measured_contexts()}
        self._new = [test for test in tests if test not in known]

    def stages(self, path: str, line: int, files: Sequence[str]) -> list[list[str]]:
        """The tests of a line, in the order of `files`; none if no test runs it."""
        running = {test_of(context) for context in self._contexts(path, line)} - {""}
        if not running:
            return []
        order = {name: place for place, name in enumerate(files)}
        found = [test for test in self._tests if test in running]
        found += [test for test in self._new if file_of(test) in order]
        found.sort(key=lambda test: order.get(file_of(test), len(order)))
        return [stage for stage in (found[:FIRST], found[FIRST:]) if stage]

    def _contexts(self, path: str, line: int) -> Sequence[str]:
        # The sources may be those of another copy of the tree.
        for measured in self._recorded.measured_files():
            if measured.endswith(f"/{path}"):
                return self._recorded.contexts_by_lineno(measured).get(line, [])
        return []


def test_of(context: str) -> str:
    """The test of a context, which names its phase too."""
    return context.rpartition("|")[0]


def file_of(test: str) -> str:
    return test.partition("::")[0]


def collected_tests(tree: Path) -> list[str]:
    """The names of all fast tests of a tree."""
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:xdist"],
        cwd=tree,
        check=True,
        capture_output=True,
        text=True,
    )
    return [line for line in ran.stdout.splitlines() if "::" in line]
