"""The end of a session with coverage: all workers' counts as an lcov file."""

from pathlib import Path

import pytest

from contract_testing.coverage.counts import read_counts
from contract_testing.coverage.report import lcov_text, make_report, table_lines

# Where builds and their sources usually are, besides the project's root.
SOURCE_FOLDERS = ("contracts", "build", "tests")


def finish_coverage(config: pytest.Config, folder: Path, name: str) -> list[str]:
    """Write the file; the lines of the summary."""
    root = config.rootpath
    counts, faults = read_counts([folder])
    places = [root / each for each in SOURCE_FOLDERS]
    report = make_report(counts, root, places)
    root.joinpath(name).write_text(lcov_text(report), encoding="utf-8")
    return [*map(str, faults), *table_lines(report), f"wrote {name}"]
