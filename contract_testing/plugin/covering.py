"""The end of a session with coverage: all workers' counts as an lcov file."""

from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from contract_testing.coverage.counts import read_counts
from contract_testing.coverage.report import lcov_text, make_report, table_lines
from contract_testing.plugin.options import Settings


def finish_coverage(
    session: pytest.Session, folder: Path, settings: Settings
) -> list[str]:
    """Write the file; the lines of the summary. Fails a session with too few lines."""
    root = session.config.rootpath
    counts, faults = read_counts([folder])
    report = make_report(counts, root)
    for path in list(report.files):
        if any(fnmatchcase(path, pattern) for pattern in settings.coverage_exclude):
            del report.files[path]
    name = settings.contract_coverage_file
    root.joinpath(name).write_text(lcov_text(report), encoding="utf-8")
    lines = [*map(str, faults), *table_lines(report), f"wrote {name}"]
    least = settings.coverage_fail_under
    if least is not None and not report.reaches(least):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
        lines.append(f"{report.hit} of {report.found} lines ran, less than {least} %")
    return lines
