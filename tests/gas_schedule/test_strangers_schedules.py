"""Untrusted gas schedules: whatever is in one, the loader raises ScheduleError.

Each example once caused another error, or took very long.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gas_schedule.bounded_files import read_bounded
from gas_schedule.errors import ScheduleError
from gas_schedule.loader import (
    load_schedule,
    parse_schedule,
    read_content,
    schedule_path,
)

FILE = Path("theirs.toml")


def refusal(content: str) -> ScheduleError:
    with pytest.raises(ScheduleError) as caught:
        parse_schedule(content.encode(), FILE)
    return caught.value


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000, "9_" * 4_999 + "9"])
def test_python_reads_no_number_of_thousands_of_digits(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    assert refusal(f"local = {number}").reason.startswith("a line of more than 2000")
    monkeypatch.setattr("gas_schedule.loader.MAX_LINE_CHARACTERS", 20_000)
    assert refusal(f"memory_page = {number}").reason == "a number is too long"


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("0x" + "f" * 1_900, "must be at most 2147483647, is a number of 7600 bits"),
        ("0x" + "f" * 65, "must be at most 2147483647, is a number of 260 bits"),
        ("2147483648", "must be at most 2147483647, is 2147483648"),
        ("-1", "must be at least 0, is -1"),
        ("-0", None),
        ("1e999999999", "must be a whole number"),
        ("nan", "must be a whole number"),
        ("true", "must be a whole number"),
    ],
)
def test_numbers_out_of_range_are_named(number: str, reason: str | None) -> None:
    content = read_content(schedule_path("ewasm-metered")).decode()
    theirs = re.sub(r"(?m)^memory_page = .*$", f"memory_page = {number}", content)
    if reason is None:
        assert parse_schedule(theirs.encode(), FILE).memory_page == 0
        return
    assert refusal(theirs).reason == reason


def test_a_number_that_is_read_but_cannot_be_written_is_named_by_its_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gas_schedule.loader.MAX_LINE_CHARACTERS", 20_000)
    content = read_content(schedule_path("ewasm-metered")).decode()
    number = "0x" + "f" * 5_000
    theirs = re.sub(r"(?m)^memory_page = .*$", f"memory_page = {number}", content)
    reason = "must be at most 2147483647, is a number of 20000 bits"
    assert refusal(theirs).reason == reason


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        ("a = " + "[" * 33 + "]" * 33, "nested too deeply", 1),
        ("\na = " + "{a=" * 15_000, "nested too deeply", 2),
        (".".join("a" * 1_001) + " = 1", "a line of more than 2000 characters", 1),
        ("#" * 65_537, "larger than 65536 bytes", None),
        ("\ufeffname = 1", "not TOML: Invalid statement (at line 1, column 1)", 1),
        ("name = 1\nname = 2", "not TOML: Cannot overwrite a value", 2),
    ],
)
def test_what_a_reader_of_toml_stumbles_over(
    content: str, reason: str, line: int | None
) -> None:
    error = refusal(content)
    assert error.reason.startswith(reason)
    assert error.line == line


def test_thirty_two_brackets_may_stand_in_each_other() -> None:
    assert refusal("a = " + "[" * 32 + "]" * 32).reason == "unknown key"


def test_a_key_as_long_as_a_line_is_shortened_in_the_message() -> None:
    assert str(refusal("a" * 1_900 + " = 1")) == (
        f'theirs.toml:1: "{"a" * 80}...": unknown key'
    )


def fifo(path: Path) -> None:
    os.mkfifo(path)


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "reason"), [(fifo, "not a regular file"), (folder, "Is a directory")]
)
def test_what_is_no_regular_file_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "theirs.toml"
    make(path)
    with pytest.raises(ScheduleError) as caught:
        load_schedule(str(path))
    assert caught.value.reason == reason


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/stdin/../zero/x.toml"])
def test_a_device_is_never_read(name: str) -> None:
    with pytest.raises(ScheduleError):
        load_schedule(name)


def test_a_path_with_a_nul_is_refused() -> None:
    with pytest.raises(ScheduleError) as caught:
        load_schedule("a\0.toml")
    assert caught.value.reason == "a path has no NUL in it"


@pytest.mark.parametrize(("size", "fits"), [(7, True), (8, False)])
def test_the_two_sizes_at_the_limit(tmp_path: Path, size: int, fits: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    if fits:
        assert read_bounded(path, 7) == b"x" * 7
        return
    with pytest.raises(OSError, match="larger than 7 bytes"):
        read_bounded(path, 7)
