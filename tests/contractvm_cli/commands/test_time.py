"""`contractvm mine` and `contractvm time`."""

from collections.abc import Callable

import pytest

from chain_sim.ethereum.primitives.text import InvalidText
from contractvm_cli.times import parse_length, parse_time, time_text
from tests.contractvm_cli.conftest import Run

ErrorOf = Callable[..., str]
START = 1_700_000_000


def test_mine_makes_empty_blocks(run: Run) -> None:
    one = run("mine", "--json")
    assert one.document["number"] == 1
    assert one.err.startswith("new chain in ")
    document = run("mine", 600, "--interval", "12", "--json").document
    head = run("block", "--json").document
    assert document == {
        "mined": 600,
        "number": 601,
        "hash": head["hash"],
        "timestamp": START + 1 + 600 * 12,
        "branch": "main",
    }
    assert head["timestamp"] == document["timestamp"]
    assert run("mine").out.startswith("mined  1 block\nhead   602 0x")


@pytest.mark.parametrize(
    "arguments", [["0"], ["-1"], ["many"], ["1", "--interval", "x"]]
)
def test_wrong_counts_and_intervals_are_wrong_usage(
    run: Run, arguments: list[str]
) -> None:
    assert run("mine", *arguments).code == 2


def test_an_interval_of_nothing_is_refused(run: Run, error_of: ErrorOf) -> None:
    run("mine")
    line = error_of("mine", 2, "--interval", 0)
    assert line.startswith(
        f"error: the next block cannot have time {START + 1}: the head has {START + 1}"
    )


def test_time_is_set_shown_and_used(run: Run) -> None:
    run("mine")
    assert run("time", "show", "--json").document == {
        "head": START + 1,
        "next": START + 2,
        "isSet": False,
    }
    document = run("time", "set", "2030-01-01T00:00:00Z", "--json").document
    assert document == {"head": START + 1, "next": 1_893_456_000, "isSet": True}
    assert run("time", "increase", "1h", "--json").document["next"] == 1_893_459_600
    assert run("time", "show").out == (
        f"newest block  {START + 1} (2023-11-14T22:13:21Z)\n"
        "next block    1893459600 (2030-01-01T01:00:00Z), as set\n"
    )
    assert run("mine", "--json").document["timestamp"] == 1_893_459_600
    assert run("time", "show", "--json").document["isSet"] is False


def test_time_does_not_go_back(run: Run, error_of: ErrorOf) -> None:
    run("mine")
    assert error_of("time", "set", START + 1) == (
        f"error: the next block cannot have time {START + 1}: the head has"
        f" {START + 1}, and time only goes on; `contractvm time show` shows the clock"
    )
    assert error_of("time", "set", 2**64).startswith(f"error: time {2**64} is later")
    assert run("time", "set", "yesterday").code == 2
    assert run("time", "increase", "-5").code == 2


@pytest.mark.parametrize(
    ("text", "timestamp"),
    [
        ("0", 0),
        ("1900000000", 1_900_000_000),
        ("2023-11-14T22:13:20Z", START),
        ("2023-11-14T22:13:20", START),
        ("2023-11-15 00:13:20+02:00", START),
        ("2023-11-14", START - 80_000),
    ],
)
def test_times(text: str, timestamp: int) -> None:
    assert parse_time(text) == timestamp


@pytest.mark.parametrize(
    "text", ["", "-1", "1.5", "now", "1969-12-31T23:59:59Z", "2023-11-14T22:13:20.5Z"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidText):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        ("90s", 90),
        ("5m", 300),
        ("2h", 7200),
        ("7d", 604_800),
        ("1w", 604_800),
    ],
)
def test_lengths_of_time(text: str, seconds: int) -> None:
    assert parse_length(text) == seconds


@pytest.mark.parametrize("text", ["", "-1", "1.5h", "h", "1y", "1 h"])
def test_what_is_no_length_of_time(text: str) -> None:
    with pytest.raises(InvalidText):
        parse_length(text)


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (253_402_300_800, "253402300800 s"),
        (2**64 - 1, f"{2**64 - 1} s"),
    ],
)
def test_times_as_text(timestamp: int, text: str) -> None:
    assert time_text(timestamp) == text
