"""A chain that grows in steps is continued where it was left."""

import sys
from pathlib import Path

import pytest

from benchmarks import scale
from benchmarks.scale import Growth, powers


@pytest.mark.parametrize(
    ("start", "end", "steps"),
    [
        (0, 0, []),
        (0, 20, [20]),
        (20, 1_000, [1_000]),
        (0, 1_000, [1_000]),
        (0, 1_001, [1_000, 1_001]),
        (1_000, 20_000, [10_000, 20_000]),
        (20_000, 20_000, []),
        (30_000, 20_000, []),
    ],
)
def test_a_chain_grows_by_powers_of_ten(start: int, end: int, steps: list[int]) -> None:
    assert list(powers(start, end)) == steps


def test_a_chain_is_continued_and_its_lines_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "grown"
    for blocks in (2, 2, 5):
        sizes = ["--accounts", "30", "--blocks", str(blocks)]
        monkeypatch.setattr(sys, "argv", ["scale", str(folder), *sizes])
        scale.main()
    lines = Growth(folder, 30).lines
    assert [(line["accounts"], line["blocks"]) for line in lines] == [
        *((30, 0), (30, 2), (30, 5)),
    ]
    assert min(line["balance_seconds"] for line in lines) > 0
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in printed if "," not in line] == [
        *("0", "2"),
        *("0", "2"),
        *("0", "2", "5"),
    ]
