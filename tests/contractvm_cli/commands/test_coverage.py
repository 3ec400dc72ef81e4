"""`contractvm coverage`: reports and sums of what tests counted."""

from pathlib import Path

import pytest

from contract_testing.coverage.counts import Counts, section_hash, write_counts
from contractvm.wasm.binary.decoder import decode_module
from tests.contractvm_cli.conftest import Run
from tests.helpers.line_tables import line_table, simple_program, with_line_tables
from tests.helpers.wat import wat_to_wasm

CODE = wat_to_wasm("(module (func $f nop nop nop nop nop nop))")


@pytest.fixture
def counted(run: Run, tmp_path: Path) -> Path:
    """Counts of one line of two, in the folder of the last run."""
    module = decode_module(CODE)
    start = module.funcs[0].offset - module.code_offset
    build = with_line_tables(CODE, line_table(simple_program(start, 7)))
    (tmp_path / "a.c").write_text("source\n")
    folder = tmp_path / ".contractvm" / "coverage"
    write_counts(folder, "main", {section_hash(build): Counts(build, {start: 5})})
    return folder


def test_the_report(run: Run, counted: Path, tmp_path: Path) -> None:
    shown = run("coverage", "report", "--lcov", "lcov.info", "--fail-under", 50)
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.splitlines()[1] == "a.c    1/2 50.0%  1/1 100.0%  8"
    assert "DA:7,5\nDA:8,0\n" in (tmp_path / "lcov.info").read_text()
    document = run("coverage", "report", "--json").document
    assert document["lines"] == {"hit": 1, "found": 2}
    assert document["files"]["a.c"] == {
        "lines": {"7": 5, "8": 0},
        "functions": {"f": 5},
    }


def test_too_little_coverage_fails(run: Run, counted: Path) -> None:
    low = run("coverage", "report", "--fail-under", 51)
    assert low.code == 1
    assert low.err == "error: 1 of 2 lines ran, less than 51 %\n"
    assert run("coverage", "report", "--fail-under", 101).code == 2


def test_counts_add_up(run: Run, counted: Path, tmp_path: Path) -> None:
    merged = run("coverage", "merge", counted, counted, "-o", "both")
    assert merged.err == "wrote both: counts of 1 modules\n"
    document = run("coverage", "report", "both", "--json").document
    assert document["files"]["a.c"]["lines"] == {"7": 10, "8": 0}


def test_a_corrupt_file_is_named_and_the_rest_is_shown(run: Run, counted: Path) -> None:
    (place,) = counted.iterdir()
    (place / "gw1.cov").write_bytes(b"garbage")
    shown = run("coverage", "report")
    assert shown.code == 1
    assert shown.err == (
        "error: .contractvm/coverage/" + place.name + "/gw1.cov: no file of counts\n"
    )
    assert "1/2 50.0%" in shown.out


def test_without_counts_it_says_what_to_do(run: Run) -> None:
    missing = run("coverage", "report")
    assert (missing.code, missing.out) == (1, "")
    assert missing.err == (
        "error: no counts in .contractvm/coverage: run pytest --contract-coverage, or"
        " contractvm fuzz --coverage\n"
    )


def test_pages_and_branches_are_written(
    run: Run, counted: Path, tmp_path: Path
) -> None:
    done = run("coverage", "report", "--html", "pages")
    assert (done.code, done.err) == (0, "")
    assert '<a href="a.c.html">a.c</a>' in (tmp_path / "pages/index.html").read_text()
    assert "source" in (tmp_path / "pages" / "a.c.html").read_text()
