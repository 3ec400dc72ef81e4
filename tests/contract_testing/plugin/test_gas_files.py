"""Gas files: written in forge's form, and checked."""

import json
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from contract_testing.plugin.collecting import GasCollector
from contract_testing.plugin.comparison import Verdict, verdict_of
from contract_testing.plugin.gas_file import (
    GasEntry,
    entry_of_examples,
    read_gas_file,
    test_name,
)
from contract_testing.plugin.meta_file import why_text
from contract_testing.plugin.options import read_tolerance
from contract_testing.plugin.shown_gas import (
    ContractGas,
    FunctionGas,
    cut,
    report_lines,
)
from tests.contract_testing.plugin.conftest import OPTIONS, Run

pytest_plugins = "pytester"

TESTS = """
import pytest

def test_pay(counter, cvm):
    counter.increment()
    cvm.gas.snapshot("increment", counter.increment())

class TestMore:
    @pytest.mark.parametrize("text", ["2-a", "b[1]"])
    def test_two(self, counter, text, cvm):
        with cvm.gas.measure("two"):
            counter.increment()

def test_calls_only(counter):
    assert counter.get.call() == 1

def test_without_contracts():
    pass
"""
MORE = """
from hypothesis import given, strategies

@given(number=strategies.integers(0, 3))
def test_property(counter, number):
    for _ in range(number):
        counter.increment()
"""
INCREMENT = 28_521
GAS_FILE = (
    "test_a.TestMore:test_two(2-a) (gas: 28521)\n"
    "test_a.TestMore:test_two(b_1_) (gas: 28521)\n"
    "test_a:test_pay() (gas: 57042)\n"
    "test_b:test_property() (runs: 4, \u03bc: 42781, ~: 42781)"
)
OK, FAILED, USAGE = 0, 1, 4


@pytest.fixture
def folder(project: pytest.Pytester) -> Path:
    project.makepyfile(test_a=TESTS, test_b=MORE)
    return project.path


def test_the_file_is_forges_byte_for_byte(folder: Path, run: Run) -> None:
    assert run("--gas-snapshot").ret == OK
    assert (folder / ".gas-snapshot").read_bytes() == GAS_FILE.encode()
    values = (folder / "snapshots" / "test_a.json").read_text()
    assert values == '{\n  "increment": "28521"\n}'
    values = (folder / "snapshots" / "TestMore.json").read_text()
    assert values == '{\n  "two": "28521"\n}'
    meta = json.loads((folder / ".gas-snapshot.meta.json").read_text())
    assert (meta["format"], meta["version"], meta["mode"]) == (
        "contractvm-gas-meta",
        1,
        "tx",
    )
    assert meta["schedule"]["name"] == "contractvm-2"
    entry = meta["entries"]["test_a:test_pay()"]
    assert entry["modules"] == ["counter.wat"]
    units = sum(map(int, entry["parts"].values()))
    assert units == 2 * INCREMENT * meta["unitsPerGas"]


def test_measuring_changes_no_number(folder: Path, run: Run) -> None:
    names = [".gas-snapshot", ".gas-snapshot.meta.json", "snapshots/test_a.json"]
    run("--gas-snapshot")
    alone = [(folder / name).read_bytes() for name in names]
    for options in (
        ["--gas-report", "--gas-diff-md", "gas.md"],
        ["--contract-engine", "wasmtime"],
        ["--contract-cross-check"],
        ["-n", "2"],
    ):
        for name in names:
            (folder / name).unlink()
        result = run("--gas-snapshot", *options)
        assert result.ret == OK
        assert [(folder / name).read_bytes() for name in names] == alone


def test_a_check_passes_and_writes_nothing(folder: Path, run: Run) -> None:
    run("--gas-snapshot")
    path = folder / ".gas-snapshot"
    changed = "\r\n".join(reversed(path.read_text().split("\n"))) + "\r\n"
    path.write_bytes(changed.encode())
    result = run("--gas-snapshot-check")
    assert result.ret == OK
    assert path.read_bytes() == changed.encode()


@pytest.mark.parametrize(
    ("old", "options", "code", "line"),
    [
        ("57042", [], OK, None),
        (
            "57041",
            [],
            FAILED,
            "FAIL  test_a:test_pay()  57,041 -> 57,042   +1   +0.00%*",
        ),
        ("57043", [], FAILED, "FAIL  test_a:test_pay()  57,043 -> 57,042   -1*"),
        # One per cent of 56,477 is 564.77: 565 more exceed it.
        ("56477", ["--gas-tolerance", "1"], FAILED, "*+565*"),
        ("56478", ["--gas-tolerance", "1"], OK, "ok    test_a:test_pay()*+564*"),
        ("57042", ["--gas-tolerance", "x"], USAGE, None),
    ],
)
def test_another_number_fails_beyond_the_tolerance(
    folder: Path, run: Run, old: str, options: list[str], code: int, line: str | None
) -> None:
    (folder / ".gas-snapshot").write_text(GAS_FILE.replace("57042", old))
    result = run("--gas-snapshot-check", *options)
    assert result.ret == code
    if line is not None:
        result.stdout.fnmatch_lines([line])


def test_an_entry_that_is_gone_fails(folder: Path, run: Run) -> None:
    gone = GAS_FILE + "\ntest_a:test_old() (gas: 7)\n"
    (folder / ".gas-snapshot").write_text(gone)
    result = run("--gas-snapshot-check")
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "*= gas changed: 1 gone =*",
            "FAIL  test_a:test_old()  7 -> gone",
            "update with --gas-snapshot",
        ]
    )
    # Only a part of the tests ran: nothing can be said of the others.
    for part in (["test_a.py"], ["-k", "pay"], ["test_a.py::test_pay"]):
        assert run("--gas-snapshot-check", *part).ret == OK


def test_a_new_test_is_told_and_fails_only_where_that_is_asked(
    folder: Path, run: Run
) -> None:
    lines = GAS_FILE.split("\n")
    (folder / ".gas-snapshot").write_text("\n".join(lines[:2] + lines[3:]))
    result = run("--gas-snapshot-check")
    assert result.ret == OK
    result.stdout.fnmatch_lines(["new   test_a:test_pay()  57,042"])
    assert run("--gas-snapshot-check", "--gas-strict").ret == FAILED


def test_a_missing_file_fails(folder: Path, run: Run) -> None:
    result = run("--gas-snapshot-check")
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(["no .gas-snapshot; make it with --gas-snapshot"])
    assert not (folder / ".gas-snapshot").exists()


def test_nothing_is_written_or_checked_where_a_test_failed(
    project: pytest.Pytester, folder: Path, run: Run
) -> None:
    project.makepyfile(test_c="def test_bad(): assert False")
    result = run("--gas-snapshot")
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(["not all passed: no gas file was written"])
    assert not (folder / ".gas-snapshot").exists()
    (folder / ".gas-snapshot").write_text(GAS_FILE)
    result = run("--gas-snapshot-check")
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(["not all passed: gas was not checked"])


def test_an_interrupted_run_and_a_listing_write_nothing(
    project: pytest.Pytester, folder: Path, run: Run
) -> None:
    assert run("--gas-snapshot", "--collect-only").ret == OK
    assert not (folder / ".gas-snapshot").exists()
    project.makepyfile(test_c="def test_stop(): raise KeyboardInterrupt")
    result = project.runpytest_subprocess(*OPTIONS, "--gas-snapshot")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["not all passed: no gas file was written"])
    project.makepyfile(test_c="import nothing_like_it")
    assert run("--gas-snapshot").ret == pytest.ExitCode.INTERRUPTED
    assert not (folder / ".gas-snapshot").exists()


def test_other_rules_fail_and_other_modules_are_told(folder: Path, run: Run) -> None:
    run("--gas-snapshot")
    path = folder / ".gas-snapshot.meta.json"
    meta = json.loads(path.read_text())
    rules = {**meta, "schedule": {"name": "old", "hash": "0x12"}, "fork": "london"}
    path.write_text(json.dumps(rules))
    result = run("--gas-snapshot-check")
    assert result.ret == FAILED
    result.stdout.fnmatch_lines(
        [
            "the gas file is for schedule old (0x12), this run has contractvm-2 (*",
            "the gas file is for fork london, this run has byzantium",
        ]
    )
    meta["modules"]["counter.wat"] = {"hash": "0x00", "bytes": 9}
    path.write_text(json.dumps(meta))
    result = run("--gas-snapshot-check")
    assert result.ret == OK
    result.stdout.fnmatch_lines(["counter.wat has other code: * bytes, were 9"])
    path.unlink()
    result = run("--gas-snapshot-check")
    assert result.ret == OK
    result.stdout.fnmatch_lines(["no .gas-snapshot.meta.json: only numbers*"])


def test_a_partial_run_replaces_its_own_lines(folder: Path, run: Run) -> None:
    old = GAS_FILE.replace("57042", "1").replace("(2-a) (gas: 28521", "(2-a) (gas: 2")
    (folder / ".gas-snapshot").write_text(old)
    result = run("--gas-snapshot", "-k", "pay")
    assert result.ret == OK
    result.stdout.fnmatch_lines(["only a part of the tests ran: other lines were kept"])
    assert (folder / ".gas-snapshot").read_text() == old.replace(
        "test_pay() (gas: 1)", "test_pay() (gas: 57042)"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("test_a:test_pay[1] (gas: 1)", "line 1: no line of a gas file"),
        ("# comment", "line 1: no line of a gas file"),
        ("a:b() (gas: 1)\n\na:c() (gas: x)", "line 3: no line of a gas file"),
        ("a:b() (gas: 1)a:c() (gas: 2)", "line 1: two lines without a break"),
        ("a:b() (gas: 1)\na:b() (gas: 1)", "line 2: a:b() is there twice"),
    ],
)
def test_a_line_of_another_form_is_wrong_usage(
    folder: Path, run: Run, content: str, reason: str
) -> None:
    (folder / ".gas-snapshot").write_text(content)
    result = run("--gas-snapshot-check")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines([f"*.gas-snapshot, {reason}"])


def test_what_forge_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "gas"
    path.write_text(
        "VaultTest:testDeposit() (gas: 41081)\n"
        "VaultTest:testFuzz(uint64,(uint8,bool)) (runs: 256, \u03bc: 32734, ~: 36475)\n"
        "a b/c::d.e:f(x (y)) (gas: 0)\n"
    )
    assert read_gas_file(path) == {
        "VaultTest:testDeposit()": GasEntry(41081),
        "VaultTest:testFuzz(uint64,(uint8,bool))": GasEntry(32734, 256, 36475),
        "a b/c::d.e:f(x (y))": GasEntry(0),
    }
    assert read_gas_file(tmp_path / "none") is None


def test_one_name_for_two_tests_is_wrong_usage(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        test_c="""
        import pytest

        @pytest.mark.parametrize("text", ["a[", "a]"])
        def test_it(text): pass
        """
    )
    assert run().ret == OK
    result = run("--gas-snapshot")
    assert result.ret == USAGE
    result.stderr.fnmatch_lines(["*test_it* are both test_c:test_it(a_)"])


def test_one_name_for_two_values_is_an_error(
    project: pytest.Pytester, run: Run
) -> None:
    project.makepyfile(
        test_c="""
        import pytest
        from contract_testing.plugin.gas_values import GasNameTaken

        def test_it(counter, cvm):
            cvm.gas.snapshot("x", 5)
            cvm.gas.snapshot("x", 5)
            with pytest.raises(GasNameTaken, match="test_it, another in .*test_it"):
                cvm.gas.snapshot("x", 6)
            cvm.gas.snapshot("x", 6, group="other")
            for wrong in ("", "a/b", "x" * 101, "a\\n"):
                with pytest.raises(ValueError):
                    cvm.gas.snapshot(wrong, 5)
            with pytest.raises(TypeError):
                cvm.gas.snapshot("y", "5")
        """
    )
    run().assert_outcomes(passed=1)


def test_the_comment_of_a_pull_request(folder: Path, run: Run) -> None:
    run("--gas-snapshot")
    result = run("--gas-snapshot-check", "--gas-diff-md", "gas.md")
    assert result.ret == OK
    assert (folder / "gas.md").read_text() == "Gas unchanged (4 entries).\n"
    (folder / ".gas-snapshot").write_text(
        GAS_FILE.replace("57042", "57000") + "\na:gone() (gas: 3)"
    )
    run("--gas-snapshot-check", "--gas-diff-md", "gas.md")
    lines = (folder / "gas.md").read_text().splitlines()
    assert lines[0] == "## Gas: 1 worse, 1 gone"
    assert lines[2].startswith("Schedule contractvm-2 (0x")
    assert lines[6] == ("| test\\_a:test\\_pay() | 57,000 | 57,042 | +42 | +0.07% |  |")
    assert "- a:gone(): 3 -> gone" in lines


def test_the_report_is_a_table_by_function(folder: Path, run: Run) -> None:
    result = run("--gas-report", "--gas-report-json", "report.json", "-k", "pay")
    result.stdout.fnmatch_lines(
        [
            "counter.wat:counter: deployed for 186113 gas, 482 bytes",
            "Function       Min    Avg  Median    Max  # Calls  Failed",
            "increment()  28521  33521   28521  43521        3       0",
        ]
    )
    (contract,) = json.loads((folder / "report.json").read_text())
    assert contract == {
        "contract": "counter.wat:counter",
        "deployment": {"gas": 186113, "size": 482},
        "functions": {
            "increment()": {
                "min": 28521,
                "mean": 33521,
                "median": 28521,
                "max": 43521,
                "calls": 3,
            }
        },
    }


LONG_FUNCTION = "transferWithAuthorization(address,address,uint256)"
GAS = {"a:A": ContractGas((500, 7), {LONG_FUNCTION: FunctionGas([1_000, 3_000], 1)})}
ROW = f"{LONG_FUNCTION}  1000  2000    2000  3000        2       1"
LIST = [
    "a:A: deployed for 500 gas, 7 bytes",
    "",
    f"Function  {LONG_FUNCTION}",
    "Min       1000",
    "Avg       2000",
    "Median    2000",
    "Max       3000",
    "# Calls   2",
    "Failed    1",
]


def test_a_report_wider_than_the_terminal_is_a_list() -> None:
    table = report_lines(GAS)
    assert table[2] == ROW
    assert report_lines(GAS, len(ROW)) == table
    assert report_lines(GAS, len(ROW) - 1) == LIST


@pytest.mark.parametrize(("is_terminal", "lines"), [(True, LIST[2:]), (False, [ROW])])
def test_only_a_terminal_makes_a_report_narrow(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
    is_terminal: bool,
    lines: list[str],
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    reporter = pytest.TerminalReporter(pytestconfig, sys.stdout)
    monkeypatch.setattr(reporter, "isatty", is_terminal)
    settings = Mock(gas_report=True, counts_tests=False)
    collector = GasCollector(Mock(), settings)
    monkeypatch.setattr(collector, "_contracts", GAS)
    collector.show(reporter)
    assert capsys.readouterr().out.splitlines()[-len(lines) :] == lines


@pytest.mark.parametrize(
    ("nodeid", "name"),
    [
        (
            "tests/test_v.py::TestPay::test_two[2-a]",
            "tests.test_v.TestPay:test_two(2-a)",
        ),
        ("test_v.py::test_one", "test_v:test_one()"),
        ("t.py::A::B::test[x[1]\n\x01]", "t.A.B:test(x_1__?)"),
    ],
)
def test_names_in_the_file(nodeid: str, name: str) -> None:
    assert test_name(nodeid) == name


@pytest.mark.parametrize(
    ("gas", "expected"),
    [
        ([5], GasEntry(5, 1, 5)),
        ([1, 4], GasEntry(2, 2, 2)),
        ([9, 1, 4], GasEntry(4, 3, 4)),
    ],
)
def test_mean_and_median_are_whole_numbers(gas: list[int], expected: GasEntry) -> None:
    assert entry_of_examples(gas) == expected


@pytest.mark.parametrize(
    ("old", "new", "tolerance", "verdict"),
    [
        (0, 0, "5", Verdict.SAME),
        (0, 1, "5", Verdict.WORSE),
        (1000, 1005, "0.5", Verdict.TOLERATED),
        (1000, 1006, "0.5", Verdict.WORSE),
        (1000, 995, "0.5", Verdict.TOLERATED),
        (1000, 994, "0.5", Verdict.BETTER),
    ],
)
def test_tolerance_is_exact(
    old: int, new: int, tolerance: str, verdict: Verdict
) -> None:
    found = verdict_of(GasEntry(old), GasEntry(new), read_tolerance(tolerance))
    assert found is verdict


def test_why_names_the_groups_that_changed_most() -> None:
    old = {"parts": {"storage": "50000000", "host": "100", "calldata": "70000"}}
    new = {"parts": {"storage": "62000000", "host": "9100", "calldata": "20000"}}
    assert why_text(old, new, 10_000) == "storage +1,200, calldata -5"
    assert why_text(old, {"parts": {}}, 10_000) == ""
    assert why_text({"parts": "x"}, new, 10_000) == ""


def test_a_comment_is_never_too_long() -> None:
    text = "\n".join("x" * 99 for _ in range(1_000))
    shown = cut(text)
    assert len(shown) < 60_000
    assert shown.endswith(" more lines\n")
    assert cut("short") == "short\n"
