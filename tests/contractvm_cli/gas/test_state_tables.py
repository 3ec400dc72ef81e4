"""Tables of starts and of slots, as they are printed."""

from dataclasses import replace

import pytest

from contractvm.hosts.amounts import StartPrices
from contractvm.ledger.report import KeyCost
from contractvm_cli.gas.state_tables import print_keys, print_starts
from tests.helpers.gas_reports import CALLEE, CALLER, REPORT

KEY, OTHER = b"\x01" * 32, b"\x02" * 32
CALLED = replace(
    CALLEE,
    recipient=b"\x0b" * 20,
    keys=(KeyCost(KEY, "load", 1, 20), KeyCost(KEY, "store", 3, 400)),
)
REPORTED = replace(
    REPORT,
    units_per_gas=10,
    gas_used=100,
    call=replace(
        CALLER,
        recipient=b"\x0a" * 20,
        keys=(KeyCost(KEY, "load", 1, 20), KeyCost(OTHER, "load", 1, 100)),
        calls=(CALLED, CALLED),
        calls_at=((), ()),
    ),
)
ROWS = [
    ["0x" + "01" * 32, "0x0B0b...0b0b", "store", "6", "80", "80.0%"],
    ["0x" + "02" * 32, "0x0A0a...0A0a", "load", "1", "10", "10.0%"],
    ["0x" + "01" * 32, "0x0B0b...0b0b", "load", "2", "4", "4.0%"],
    ["0x" + "01" * 32, "0x0A0a...0A0a", "load", "1", "2", "2.0%"],
]


def lines(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    """The words of each line that is not empty."""
    found = capsys.readouterr().out.splitlines()
    return [line.split() for line in found if line.strip()]


def lowered(rows: list[list[str]]) -> list[list[str]]:
    """Without the checksums of addresses, which are not this table's."""
    return [[cell.lower() for cell in row] for row in rows]


def test_slots_are_added_up_by_contract_and_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_keys(REPORTED, None)
    head, *rows = lines(capsys)
    assert head == ["slot", "contract", "for", "count", "gas", "share"]
    assert lowered(rows[-4:]) == lowered(ROWS)


@pytest.mark.parametrize(
    ("limit", "rest"),
    [
        (4, []),
        (3, ["and 1 slot more, see --all"]),
        (2, ["and 2 slots more, see --all"]),
    ],
)
def test_the_costliest_slots_are_shown_and_the_rest_is_counted(
    capsys: pytest.CaptureFixture[str], limit: int, rest: list[str]
) -> None:
    print_keys(REPORTED, limit)
    found = lines(capsys)
    shown = found[len(found) - len(rest) - limit : len(found) - len(rest)]
    assert lowered(shown) == lowered(ROWS[:limit])
    assert [" ".join(line) for line in found[len(found) - len(rest) :]] == rest


def test_a_report_without_slots_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_keys(replace(REPORT, call=replace(CALLEE, keys=())), None)
    assert lines(capsys) == [["no", "slots"]]


def test_each_start_has_its_three_prices(capsys: pytest.CaptureFixture[str]) -> None:
    started = replace(
        CALLEE,
        code_address=b"\x0b" * 20,
        start_prices=StartPrices("cached", 50, 40, 30),
    )
    caller = replace(CALLER, start_prices=None, calls=(started,), calls_at=((),))
    print_starts(replace(REPORT, units_per_gas=10, call=caller))
    head, *rows = lines(capsys)
    assert head == ["start", "paid", "first", "repeated", "cached"]
    assert lowered(rows[-1:]) == [["0x0b0b...0b0b", "cached", "5", "4", "3"]]
