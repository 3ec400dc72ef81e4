"""Gas reports on narrow terminals: every name and number stays whole."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from rich.console import Console

from contractvm_cli.gas.comparison import print_comparison
from contractvm_cli.gas.terminal import print_report
from tests.helpers.gas_reports import CALLEE, CALLER, REPORT

DRAWN = "─│└├━"
# Thirds of gas have a space: "2 1/3".
THIRDS = replace(REPORT, units_per_gas=3, schedule="contractvm-of-thirds-and-sixths")
LONG_NAME = "transfer_with_authorization_of_the_owner(u32,u32,u64,u64)"
NAMED = replace(
    REPORT,
    call=replace(CALLER, functions=(replace(CALLER.functions[0], name=LONG_NAME),)),
)
NESTED = replace(
    REPORT, call=replace(CALLER, calls=(replace(CALLEE, calls=(CALLEE,)),))
)
SHOWN = {
    "report": partial(print_report, REPORT, with_lines=True, shows_all=False),
    "thirds": partial(print_report, THIRDS, with_lines=True, shows_all=True),
    "long name": partial(print_report, NAMED, with_lines=False, shows_all=True),
    "nested calls": partial(print_report, NESTED, with_lines=False, shows_all=True),
    "comparison": partial(print_comparison, REPORT, THIRDS),
}


@pytest.fixture
def printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, int], list[str]]:
    """What is shown, on a terminal so wide; without one at 0."""

    def printed(name: str, width: int) -> list[str]:
        with monkeypatch.context() as patch:
            if width > 0:
                patch.setenv("COLUMNS", str(width))
                # Without it Rich takes a dumb terminal to have 80 columns.
                patch.setenv("LINES", "24")
                patch.setenv("TERM", "dumb")
                patch.setattr(Console, "is_terminal", True)
            SHOWN[name]()
        return capsys.readouterr().out.splitlines()

    return printed


def words(lines: list[str]) -> set[str]:
    """What is between spaces and is not drawn."""
    return {word for line in lines for word in line.split() if word.strip(DRAWN)}


@pytest.mark.parametrize("width", [80, 60, 40, 20])
@pytest.mark.parametrize("name", SHOWN)
def test_no_word_is_broken(
    printed: Callable[[str, int], list[str]], name: str, width: int
) -> None:
    assert words(printed(name, width)) == words(printed(name, 0))


def test_a_pipe_gets_every_row_on_one_line(
    printed: Callable[[str, int], list[str]],
) -> None:
    lines = printed("long name", 0)
    (row,) = (line for line in lines if LONG_NAME in line)
    assert row.split()[2:] == ["1", "9,700.3", "68.8%", "8,100.8", "57.4%"]


def test_a_row_that_is_too_wide_is_a_list_of_facts(
    printed: Callable[[str, int], list[str]],
) -> None:
    lines = printed("long name", 60)
    start = lines.index(f"func       {LONG_NAME}")
    assert lines[start : start + 6] == [
        f"func       {LONG_NAME}",
        "calls      1",
        "own        9,700.3",
        "share      68.8%",
        "inclusive  8,100.8",
        "share      57.4%",
    ]


@pytest.mark.parametrize("width", [80, 60, 50, 40, 30, 20])
def test_a_number_with_a_fraction_is_not_wrapped(
    printed: Callable[[str, int], list[str]], width: int
) -> None:
    lines = printed("thirds", width)
    for number in ("47,003 1/3", "-50,000", "2,326 2/3"):
        assert any(f" {number}" in line for line in lines), number


def test_sections_are_apart(printed: Callable[[str, int], list[str]]) -> None:
    for lines in (printed("comparison", 0), printed("report", 80)):
        total = next(
            index for index, line in enumerate(lines) if line.startswith("total")
        )
        assert lines[total - 1].strip(DRAWN + " ") == ""
