"""Vectors that are not what they should be: the file and the row are named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_sim.ethereum.execution.engine_choice import engine_with_schedule
from chain_sim.ethereum.stylus_tests import vector_files
from chain_sim.ethereum.stylus_tests.published import (
    Published,
    PublishedRow,
    run_published,
)
from chain_sim.ethereum.stylus_tests.vector_files import (
    InvalidStylusVectors,
    VectorRow,
    read_module,
    read_rows,
    read_text,
)

PATH = Path("golden.csv")
GOLDEN = ("id", "value", "what", "status", "how_computed", "source")


def row(**columns: str) -> VectorRow:
    return VectorRow(PATH, 7, columns)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        (lambda: row()["gas"], "no column gas"),
        (lambda: row(gas="-1").number("gas"), "gas is '-1', not a number"),
        (lambda: row(gas="").number("gas"), "gas is '', not a number"),
        (lambda: row(gas="\u0663").number("gas"), "gas is '\u0663', not a number"),
        (lambda: row(gas="9" * 20).number("gas"), f"gas is '{'9' * 20}', not a number"),
        (lambda: row(gas="a" * 50).number("gas"), f"gas is '{'a' * 40}', not a number"),
        (lambda: row(data="0x01").data("data"), "data is not hexadecimal"),
        (lambda: row(data="0").data("data"), "data is not hexadecimal"),
    ],
)
def test_a_row_that_does_not_hold_what_it_should(
    read: Callable[[], object], reason: str
) -> None:
    with pytest.raises(InvalidStylusVectors) as caught:
        read()
    error = caught.value
    assert (error.path, error.row, error.reason) == (PATH, 7, reason)
    assert str(error) == f"golden.csv: row 7: {reason}"


def test_a_row_holds_numbers_and_bytes() -> None:
    found = row(gas="9" * 19, data="00ff")
    assert (found.number("gas"), found.data("data")) == (10**19 - 1, b"\0\xff")


def test_a_short_row_has_no_last_column(tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("id,value\na,1\nb\n")
    first, second = read_rows(path)
    assert (first.row, second.row, first["value"]) == (1, 2, "1")
    with pytest.raises(InvalidStylusVectors, match=r"row 2: no column value$"):
        second["value"]


def test_files_that_are_missing_or_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    with pytest.raises(InvalidStylusVectors) as caught:
        read_text(path)
    assert (caught.value.path, caught.value.row) == (path, None)
    assert str(caught.value) == f"{path}: No such file or directory"
    monkeypatch.setattr(vector_files, "MAX_FILE_BYTES", 4)
    monkeypatch.setattr(vector_files, "MAX_MODULE_BYTES", 3)
    path.write_bytes(b"abc\xff")
    assert read_text(path) == "abc\N{REPLACEMENT CHARACTER}"
    with pytest.raises(InvalidStylusVectors, match=r"file: larger than 3 bytes$"):
        read_module(path)
    path.write_bytes(b"abc")
    assert read_module(path) == b"abc"
    path.write_bytes(b"abcde")
    with pytest.raises(InvalidStylusVectors, match=r"file: larger than 4 bytes$"):
        read_text(path)


def test_a_file_that_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"id,value\n{'a' * 140_000},1\n")
    with pytest.raises(InvalidStylusVectors, match="field larger than field limit"):
        list(read_rows(path))


def golden(name: str, **columns: str) -> VectorRow:
    return row(**{**dict.fromkeys(GOLDEN, ""), "id": name, "value": "5", **columns})


@pytest.mark.parametrize(
    ("name", "columns", "reason"),
    [
        ("hostio/nothing", {}, "no program for 'nothing'"),
        (f"hostio/{'n' * 50}", {}, f"no program for '{'n' * 40}'"),
        ("public/trace/other", {}, "it says no gas used"),
        ("other", {"what": "gas usage 5"}, "it says no gas used"),
        ("activation/a", {"what": "L=1 F=2"}, "no figure T"),
    ],
)
def test_a_published_row_that_nothing_here_can_run(
    tmp_path: Path, name: str, columns: dict[str, str], reason: str
) -> None:
    published = Published(tmp_path, engine_with_schedule("stylus-1", "interpreter"))
    with pytest.raises(InvalidStylusVectors) as caught:
        published.run(golden(name, **columns))
    assert caught.value.reason == reason


@pytest.mark.parametrize("column", ["what", "how_computed"])
def test_an_estimate_is_found_again_from_the_gas_used(
    tmp_path: Path, column: str
) -> None:
    rows = "id,value,what,status,how_computed,source\nother,5,{},,{},\n"
    texts = ("gas used 21000", "") if column == "what" else ("", "est(21000)")
    tmp_path.joinpath("golden.csv").write_text(rows.format(*texts))
    engine = engine_with_schedule("stylus-1", "interpreter")
    (found,) = run_published(tmp_path, engine)
    # Halved from (21,000 + 2,300) * 64 // 63 = 23,669 until it is within 1.5 %.
    assert found == PublishedRow("other", "5", "21165")
    assert found.difference == "value: 21165, expected 5"


def test_a_row_that_agrees_or_was_not_run_differs_in_nothing() -> None:
    assert PublishedRow("a", "5", "5").difference is None
    assert PublishedRow("a", "5", None, "not recorded").difference is None
