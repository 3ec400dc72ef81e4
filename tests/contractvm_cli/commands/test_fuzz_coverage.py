"""`contractvm fuzz --coverage`: counts of a campaign, added to those of tests."""

from pathlib import Path

import pytest

from contract_testing.coverage.counts import read_counts
from tests.contractvm_cli.conftest import Run
from tests.helpers.cosmos_fuzzing import FUZZED_WAT
from tests.helpers.genhtml import run_genhtml
from tests.helpers.stylus import program

EWASM = """(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (memory (export "memory") 1)
  (func $never
    nop)
  (func (export "main")
    (if (i32.gt_u (call $size) (i32.const 3))
      (then
        nop)
      (else
        nop))))
"""
STYLUS = program(
    """
  (call $read_args (i32.const 0))
  (if (i32.load8_u (i32.const 0))
    (then
      nop))
  (i32.const 0)""",
    "read_args",
)
COUNTS = ".contractvm/coverage"
QUICK = ("--runs", 40, "--oracles", "engines")


def covered(run: Run, name: str, text: str, *options: object) -> dict[str, object]:
    """The lines of a file's coverage after a campaign."""
    Path(name).write_text(text)
    done = run("fuzz", name, *QUICK, *options, "--coverage")
    assert done.code in {0, 1}, done.err
    assert f"coverage: {COUNTS}\n" in done.err
    document = run("coverage", "report", "--json").document
    assert document["missing"] == []
    found: dict[str, object] = document["files"][name]
    return found


def test_a_campaign_of_a_contract_is_counted(run: Run) -> None:
    found = covered(run, "a.wat", EWASM)
    lines: dict[str, int] = found["lines"]  # type: ignore[assignment]
    assert set(lines) == {"5", "7", "9", "10", "11"}
    assert {line for line, count in lines.items() if not count} == {"5"}
    assert found["branches"] == {"7": [[lines["9"], lines["11"]]]}
    assert found["functions"] == {"never": 0, "main": lines["7"]}


def test_a_campaign_of_a_program_is_counted(run: Run) -> None:
    found = covered(run, "p.wat", STYLUS, "--schedule", "stylus-1")
    branches: dict[str, list[list[int]]] = found["branches"]  # type: ignore[assignment]
    ((edges,),) = branches.values()
    assert len(edges) == 2
    assert min(edges) > 0


def test_a_campaign_of_messages_is_counted(run: Run) -> None:
    found = covered(run, "c.wat", FUZZED_WAT, "--message", 'execute={"keep": "$text"}')
    functions: dict[str, int] = found["functions"]  # type: ignore[assignment]
    assert functions["execute"] > 0
    assert functions["query"] == 0


def test_the_same_campaign_has_the_same_counts(run: Run) -> None:
    first = covered(run, "a.wat", EWASM)
    assert covered(run, "a.wat", EWASM) == first
    # Another seed is another campaign: both are kept.
    both = covered(run, "a.wat", EWASM, "--seed", 7)
    before, after = (each["functions"]["main"] for each in (first, both))  # type: ignore[index]
    assert after > before


def test_workers_count_the_same(run: Run) -> None:
    first = covered(run, "a.wat", EWASM)
    counts, _ = read_counts([Path(COUNTS)])
    assert covered(run, "a.wat", EWASM, "--workers", 2) == first
    assert read_counts([Path(COUNTS)]) == (counts, [])


def test_counts_of_campaigns_and_tests_add_up(run: Run) -> None:
    covered(run, "a.wat", EWASM)
    run("fuzz", "a.wat", *QUICK, "--coverage", "other")
    alone = run("coverage", "report", COUNTS, "--json").document
    both = run("coverage", "report", COUNTS, "other", "--json").document
    lines = alone["files"]["a.wat"]["lines"]
    assert both["files"]["a.wat"]["lines"] == {
        line: 2 * count for line, count in lines.items()
    }


def test_a_file_is_written_in_lcovs_form(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.wat").write_text(EWASM)
    done = run("fuzz", "a.wat", *QUICK, "--coverage", "a.info")
    assert done.code == 0
    assert not (tmp_path / ".contractvm" / "coverage").exists()
    text = (tmp_path / "a.info").read_text()
    assert text.startswith("TN:\nSF:a.wat\nFN:5,never\nFN:7,main\nFNDA:0,never\n")
    assert "BRF:2\nBRH:2\nDA:5,0\n" in text
    assert "lines......: 80.0% (4 of 5 lines)" in run_genhtml(tmp_path, "a.info")


def test_a_place_that_cannot_be_written_is_said_and_the_report_stays(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.wat").write_text(EWASM)
    (tmp_path / "file").touch()
    done = run("fuzz", "a.wat", *QUICK, "--coverage", "file")
    assert done.code == 1
    assert "file" in done.err
    assert "Traceback" not in done.err
    assert "40, " in done.out


@pytest.mark.parametrize("missing", [(), ("--coverage",)])
def test_the_contract_must_be_named(run: Run, missing: tuple[str, ...]) -> None:
    assert run("fuzz", *missing).code == 2
