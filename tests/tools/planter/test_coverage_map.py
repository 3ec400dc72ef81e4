"""Tests of a line, from a record of what each test ran."""

from pathlib import Path

import pytest
from coverage import CoverageData

from tools.planter import coverage_map
from tools.planter.__main__ import NearestTests
from tools.planter.coverage_map import CoverageMap, collected_tests
from tools.planter.selection import KNOWING_ALL, TestMap

PATH = "gas_schedule/prices.py"
NEAR, FAR, NEW, SKIPPED = (
    "tests/gas_schedule/test_prices.py::test_price[a|b]",
    "tests/test_far.py::test_all",
    "tests/gas_schedule/test_prices.py::test_new",
    "tests/test_other.py::test_unrecorded",
)
FILES = ["tests/gas_schedule/test_prices.py", "tests/test_far.py"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    recorded = CoverageData(str(path))
    for context, lines in (
        ("", [1, 4]),
        (f"{FAR}|run", [5]),
        (f"{NEAR}|setup", [5]),
        (f"{NEAR}|run", [6]),
    ):
        recorded.set_context(context)
        recorded.add_lines({f"/another/copy/{PATH}": lines})
    recorded.close()
    return path


def test_tests_that_run_a_line_are_those_of_the_record_nearest_first(
    data: Path,
) -> None:
    covered = CoverageMap(data, [FAR, NEAR])
    assert covered.stages(PATH, 5, FILES) == [[NEAR, FAR]]
    assert covered.stages(PATH, 6, FILES) == [[NEAR]]
    assert covered.stages(PATH, 5, FILES[1:]) == [[FAR, NEAR]]


def test_new_tests_of_near_files_count_for_every_line_that_has_tests(
    data: Path,
) -> None:
    covered = CoverageMap(data, [FAR, NEW, SKIPPED])
    assert covered.stages(PATH, 5, FILES) == [[NEW, FAR]]
    assert covered.stages(PATH, 6, FILES) == [[NEW]]


@pytest.mark.parametrize(("path", "line"), [(PATH, 4), (PATH, 7), ("prices.py.py", 5)])
def test_lines_that_run_on_import_or_never_have_no_tests(
    data: Path, path: str, line: int
) -> None:
    assert CoverageMap(data, [FAR, NEAR, NEW]).stages(path, line, FILES) == []


def test_a_fault_s_tests_are_those_of_its_line_where_they_are_known(
    data: Path, tmp_path: Path
) -> None:
    tests = NearestTests(TestMap(tmp_path, []), CoverageMap(data, [FAR, NEAR]))
    source = "a\nb\nc\nd\nhere = 1\nf\nnowhere = 1\n"
    known = list(KNOWING_ALL)
    assert tests.stages(PATH, source, source.index("here")) == [known, [FAR, NEAR]]
    assert tests.stages(PATH, source, source.index("nowhere")) == []


def test_what_generates_compiled_code_has_the_tests_of_compiled_code(
    tmp_path: Path,
) -> None:
    recorded = CoverageData(str(tmp_path / "other"))
    recorded.set_context(f"{FAR}|run")
    recorded.add_lines({"/a/copy/interpreter/loop_generator.py": [1]})
    recorded.close()
    covered = CoverageMap(tmp_path / "other", [FAR])
    path = "interpreter/loop_generator.py"
    assert covered.stages(path, 1, FILES) == [[FAR]]
    near = TestMap(tmp_path, [])
    assert NearestTests(near, covered).stages(path, "a\n", 0) == near.stages(path, "")


def test_few_tests_go_before_the_others(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage_map, "FIRST", 1)
    covered = CoverageMap(data, [FAR, NEAR])
    assert covered.stages(PATH, 5, FILES) == [[NEAR], [FAR]]


def test_a_record_without_tests_is_refused(tmp_path: Path) -> None:
    recorded = CoverageData(str(tmp_path / "data"))
    recorded.add_lines({f"/a/{PATH}": [1]})
    recorded.close()
    with pytest.raises(ValueError, match="does not say which test ran what"):
        CoverageMap(tmp_path / "data", [])


def test_fast_tests_are_collected_by_their_full_names(tmp_path: Path) -> None:
    tmp_path.joinpath("pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    tmp_path.joinpath("test_a.py").write_text(
        "import pytest\n\n\n@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_b(n):\n    pass\n"
    )
    assert collected_tests(tmp_path) == ["test_a.py::test_b[1]", "test_a.py::test_b[2]"]
