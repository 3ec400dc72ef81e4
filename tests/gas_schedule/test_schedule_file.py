"""Tables of a schedule file: numbers within bounds, and the lines that errors name."""

from pathlib import Path
from typing import Any

import pytest

from gas_schedule.errors import ScheduleError
from gas_schedule.schedule_file import ScheduleFile, ScheduleTable

TEXT = """name = "a"
local = 5

[instructions]
"i32.add" = 1
nop = 2
br_table.base = 3

[host.m]
f = 4

[ host . "m.n" ]
g = 5
"""


def root(**values: Any) -> ScheduleTable:
    return ScheduleFile(Path("a.toml"), TEXT).root(values)


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("name",), 1),
        (("local",), 2),
        (("instructions",), 4),
        (("instructions", "i32.add"), 5),
        (("instructions", "nop"), 6),
        (("instructions", "br_table"), 7),
        (("instructions", "br_table", "base"), 7),
        # What is missing has the line of the table it is missing from.
        (("instructions", "i32.sub"), 4),
        (("instructions", "br_table", "per_entry"), 4),
        (("host", "m", "f"), 10),
        (("host", "m", "g"), 9),
        (("host", "m.n", "g"), 13),
        (("host", "m.n", "f"), 12),
        (("host",), 9),
        (("transaction",), None),
        (("host", "x"), None),
    ],
)
def test_the_line_of_a_key(keys: tuple[str, ...], line: int | None) -> None:
    assert ScheduleFile(Path("a.toml"), TEXT).line_of(keys) == line


def refusal(table: ScheduleTable, method: str, *arguments: Any) -> tuple[Any, ...]:
    with pytest.raises(ScheduleError) as refused:
        getattr(table, method)(*arguments)
    error = refused.value
    return error.reason, error.key, error.line


@pytest.mark.parametrize("value", [0, 1, 2**31 - 1])
def test_numbers_within_the_bounds(value: int) -> None:
    assert root(local=value).number("local") == value


def test_a_number_has_a_minimum_and_a_default() -> None:
    assert root(local=3).number("local", minimum=3) == 3
    assert root(local=3).number("local", default=7) == 3
    assert root().number("local", default=7) == 7
    assert root().number("local", minimum=5, default=0) == 0
    assert refusal(root(local=2), "number", "local", 3) == (
        "must be at least 3, is 2",
        "local",
        2,
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-1, "must be at least 0, is -1"),
        (2**31, "must be at most 2147483647, is 2147483648"),
        (2**256 - 1, f"must be at most 2147483647, is {2**256 - 1}"),
        (2**256, "must be at most 2147483647, is a number of 257 bits"),
        (True, "must be a whole number"),
        (1.5, "must be a whole number"),
        ("1", "must be a whole number"),
    ],
)
def test_what_is_no_number(value: object, reason: str) -> None:
    assert refusal(root(local=value), "number", "local") == (reason, "local", 2)


def test_what_is_missing_or_of_another_kind() -> None:
    table = root(name="a", local=5, empty="  ", host={"m": {"f": 4}})
    assert refusal(table, "number", "memory_page") == ("missing", "memory_page", None)
    assert refusal(table, "table", "local") == ("must be a table", "local", 2)
    assert refusal(table, "text", "local") == ("must be a text", "local", 2)
    assert refusal(table, "text", "empty") == ("must be a text", "empty", None)
    assert refusal(table, "numbers", "local") == ("unknown key", "local", 2)
    assert table.text("name") == "a"
    assert (table.holds_table("host"), table.holds_table("local")) == (True, False)
    inner = table.table("host").table("m")
    assert (inner.keys_above, inner.keys, inner.number("f")) == (
        ("host", "m"),
        ("f",),
        4,
    )
    assert refusal(inner, "number", "g") == ("missing", "host.m.g", 9)


def test_numbers_hold_numbers_only() -> None:
    assert root(host={"a": 1, "b": 2}).numbers("host").keys == ("a", "b")
    assert refusal(root(local={"a": 1, "b": "2"}), "numbers", "local") == (
        "must be a whole number",
        "local.b",
        2,
    )


def test_unknown_keys_are_refused_the_first_first() -> None:
    root(name="a", local=5).refuse_unknown_keys(("local", "name", "more"))
    assert refusal(root(name="a", x=1, y=2), "refuse_unknown_keys", ("name",)) == (
        *("unknown key", "x", None),
    )


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("a_1", "a_1"),
        ("i32.add", '"i32.add"'),
        ("k" * 80, "k" * 80),
        ("k" * 81, '"' + "k" * 80 + '..."'),
    ],
)
def test_keys_are_shown_as_they_are_written_and_cut(key: str, shown: str) -> None:
    assert root().error("reason", key).key == shown
