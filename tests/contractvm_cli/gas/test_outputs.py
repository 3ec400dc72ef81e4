"""The forms of a gas report: each adds up to the gas used."""

import json
from xml.etree import ElementTree

import pytest

from chain_sim.ethereum.gas_report.report_document import report_document
from chain_sim.ethereum.gas_report.report_stacks import gas_stacks
from chain_sim.ethereum.gas_report.report_totals import (
    function_totals,
    group_totals,
    line_totals,
)
from contractvm_cli.gas.amounts import GasAmounts, share_text
from contractvm_cli.gas.flame_graph import flame_graph_text
from contractvm_cli.gas.profiles import folded_text, speedscope_text
from contractvm_cli.gas.terminal import print_report
from tests.helpers.gas_reports import INNER, OUTER, REPORT

SVG = "{http://www.w3.org/2000/svg}"


def test_report_made_by_hand_closes() -> None:
    assert REPORT.remainder == 0


@pytest.mark.parametrize(
    ("units", "units_per_gas", "text"),
    [
        (0, 1, "0"),
        (12_345, 1, "12,345"),
        (12_345, 10_000, "1.2345"),
        (20_000, 10_000, "2"),
        (-1, 10_000, "-0.0001"),
        (-123_456_789, 10, "-12,345,678.9"),
        (7, 3, "2 1/3"),
        (2**64 - 1, 10_000, "1,844,674,407,370,955.1615"),
    ],
)
def test_gas_is_exact(units: int, units_per_gas: int, text: str) -> None:
    assert GasAmounts(units_per_gas, (units,))(units) == text


def test_gas_of_a_column_has_the_same_decimals() -> None:
    gas = GasAmounts(100, (100, 1))
    assert [gas(100), gas(1)] == ["1.00", "0.01"]


@pytest.mark.parametrize(
    ("units", "total", "text"),
    [
        (1, 2000, "0.1%"),
        (1, 2001, "<0.1%"),
        (0, 10, "0.0%"),
        (1, 3, "33.3%"),
        (2, 3, "66.7%"),
        (3, 3, "100.0%"),
        (-1, 2, "-50.0%"),
        (5, 0, ""),
    ],
)
def test_shares_are_to_the_nearest_tenth(units: int, total: int, text: str) -> None:
    assert share_text(units, total) == text


def test_groups_add_up_to_the_gas_used_with_stipends_taken_off() -> None:
    totals = {total.group: total.units for total in group_totals(REPORT)}
    assert totals == {
        "transaction": 210_000,
        "instructions": 8,
        "host": 7_020,
        "storage": 6_980,
        "value": 67_000,
        "refund": -150_000,
        "rounding": 2,
    }
    assert list(totals)[:2] == ["transaction", "instructions"]
    assert sum(totals.values()) == 141_010


def test_functions_of_several_contracts_are_told_apart() -> None:
    assert [
        (entry.contract, entry.cost.own_units) for entry in function_totals(REPORT)
    ] == [(OUTER, 97_003), (INNER, 7_005)]


def test_lines_are_added_up_over_calls() -> None:
    assert [(line.line, line.units) for line in line_totals(REPORT)] == [(4, 5), (9, 3)]


def test_folded_lines_add_up_to_the_gas_used() -> None:
    root, outer = "call of 0xc0c0", "call 0xC0C0...c0C0"
    inner = f"{root};{outer};main;call [host];call 0xc1c1...C1c1"
    lines = folded_text(gas_stacks(REPORT)).splitlines()
    found = {
        name.lower(): int(units)
        for name, _, units in (line.rpartition(" ") for line in lines)
    }
    assert found == {
        f"{root};refund: slots cleared": -150_000,
        f"{root};rounding: to whole gas": 2,
        f"{root};transaction: base": 210_000,
        f"{root};{outer};main".lower(): 3,
        f"{root};{outer};main;call [host]".lower(): 74_000,
        f"{inner};store:it".lower(): 25,
        f"{inner};store:it;storageStore [host]".lower(): 6_980,
    }
    assert sum(found.values()) == 141_010


def test_speedscope_profiles_add_up_to_the_gas_used() -> None:
    document = json.loads(speedscope_text(REPORT, gas_stacks(REPORT)))
    charged, given_back = document["profiles"]
    frames = document["shared"]["frames"]
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    assert (charged["endValue"], given_back["endValue"]) == (291_010, 150_000)
    for profile in (charged, given_back):
        assert (profile["type"], profile["unit"]) == ("sampled", "none")
        assert sum(profile["weights"]) == profile["endValue"]
        assert len(profile["weights"]) == len(profile["samples"])
        assert all(0 <= i < len(frames) for row in profile["samples"] for i in row)


def test_flame_graph_says_what_was_charged_paid_and_given_back() -> None:
    root = ElementTree.fromstring(flame_graph_text(REPORT, gas_stacks(REPORT)))
    tooltips = [title.text for title in root.iterfind(f"{SVG}g/{SVG}title")]
    assert "call of 0xc0c0: 29,101.0 gas, 100.0%" in tooltips
    assert "gas used: 14,101 gas, 48.5%" in tooltips
    assert "given back: 15,000 gas, 51.5%" in tooltips
    assert "storageStore [host]: 698.0 gas, 2.4%" in tooltips


def test_document_has_exact_units_and_every_call_with_its_caller() -> None:
    document = report_document(REPORT)
    assert document["modes"] == {
        "tx": 14_101,
        "call": 8_101,
        "net": 9_701,
        "required": None,
    }
    assert document["gasUsedUnits"] == 141_010
    assert sum(group["units"] for group in document["groups"]) == 141_010
    assert document["scheduleHash"] == "0x" + "ab" * 32
    assert document["remainder"] == 0
    assert [call["parent"] for call in document["calls"]] == [None, 0]
    assert document["calls"][1]["calledAt"] == ["main", "call"]


def test_terminal_shows_calls_as_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(REPORT, with_lines=True, shows_all=False)
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("call 0xC0C0...c0c0  used 8,100.8, own 9,700.3")
    assert lines[start + 1] == "└── call 0xC1C1...c1c1  used 700.5, stipend 2,300.0"
    assert any(line.split() == ["total", "14,101.0", "100.0%"] for line in lines)
    assert any(line.split() == ["remainder", "0.0"] for line in lines)
    assert any(line.split() == ["a.c:4", "5", "0.5", "<0.1%"] for line in lines)
