"""What `[tool.contractvm]` says to pytest: an option comes first, then the table."""

import pytest

from tests.contract_testing.plugin.conftest import Run

pytest_plugins = "pytester"

TEST = """
def test_pay(counter):
    counter.increment()
"""


def table(project: pytest.Pytester, text: str) -> None:
    project.makefile(".toml", pyproject=f"[tool.contractvm]\n{text}")
    project.makepyfile(test_counter=TEST)


def test_the_gas_file_is_the_projects(run: Run, project: pytest.Pytester) -> None:
    table(project, '[tool.contractvm.gas]\nsnapshot = "gas.txt"\n')
    run("--gas-snapshot").assert_outcomes(passed=1)
    assert (project.path / "gas.txt").is_file()
    assert not (project.path / ".gas-snapshot").exists()
    run("--gas-snapshot", "--gas-snapshot-file", "other.txt")
    assert (project.path / "other.txt").is_file()


@pytest.mark.parametrize(("tolerance", "code"), [("99.9", 1), ("100", 0)])
def test_the_tolerance_is_the_projects(
    run: Run, project: pytest.Pytester, tolerance: str, code: int
) -> None:
    table(project, f"[tool.contractvm.gas]\ntolerance = {tolerance}\n")
    run("--gas-snapshot").assert_outcomes(passed=1)
    path = project.path / ".gas-snapshot"
    head, _, gas = path.read_text().rpartition("gas: ")
    half = (int(gas.rstrip(")\n")) + 1) // 2
    path.write_text(f"{head}gas: {half})")
    assert run("--gas-snapshot-check").ret == code
    assert run("--gas-snapshot-check", "--gas-tolerance", "101").ret == 0


def test_the_engine_is_the_projects(run: Run, project: pytest.Pytester) -> None:
    table(project, 'engine = "wasmtime"\ncross-check = true\n')
    project.makepyfile(
        test_counter="""
def test_engine(cvm, pytestconfig):
    from contract_testing.plugin.options import SETTINGS
    settings = pytestconfig.stash[SETTINGS]
    assert (settings.contract_engine, settings.contract_cross_check) == (
        "wasmtime", True)
"""
    )
    run().assert_outcomes(passed=1)


def test_reports_leave_out_what_the_project_excludes(
    run: Run, project: pytest.Pytester
) -> None:
    table(project, "")
    assert "increment()" in run("--gas-report").stdout.str()
    table(project, '[tool.contractvm.gas]\nreport-exclude = ["count*"]\n')
    assert "increment()" not in run("--gas-report").stdout.str()


def test_a_wrong_table_is_a_usage_error(run: Run, project: pytest.Pytester) -> None:
    table(project, "[tool.contractvm.gas]\ntolerence = 1\n")
    result = run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*pyproject.toml:3: no key 'tolerence' in [[]tool.contractvm.gas[]]*"]
    )


def test_coverage_may_be_too_low(run: Run, project: pytest.Pytester) -> None:
    """A module without debug information has no lines, and so none that ran."""
    table(project, '[tool.contractvm.coverage]\nlcov = "c.info"\nfail-under = 0\n')
    assert run("--contract-coverage").ret == 0
    assert (project.path / "c.info").is_file()
