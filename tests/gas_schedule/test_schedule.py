"""A schedule as a value: sections as classes, and every number in order."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from gas_schedule.errors import ScheduleError
from gas_schedule.loader import parse_schedule
from gas_schedule.schedule import GasSchedule, HostCost

TEXT = """format = 2
interface = "test"
name = "a"
description = "of a test"
units_per_gas = 100
[metering]
memory_page = 7
local = 0
[instructions]
nop = 0
br = 0
call = 3
"memory.copy" = { base = 1, per_byte = 2 }
"table.grow" = { base = 1, per_element = 0 }
br_table = { base = 4, per_entry = 5 }
call_indirect = { base = 0, per_param = 6 }
[host.m]
f = 8
g = { base = 9, per_byte = 10, per_word = 0, extra = 11 }
[host.n]
f = 12
[limits]
greatest = 13
step_divisor = 1
"""


@dataclass(frozen=True)
class Limits:
    SECTION: ClassVar[str] = "limits"
    greatest: int
    step_divisor: int


@dataclass(frozen=True)
class Other:
    SECTION: ClassVar[str] = "other"
    greatest: int


@dataclass(frozen=True)
class Less:
    SECTION: ClassVar[str] = "limits"
    greatest: int


def schedule(*changes: tuple[str, str]) -> GasSchedule:
    text = TEXT
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return parse_schedule(text.encode(), Path("a.toml"))


def test_every_number_in_the_order_of_the_file() -> None:
    assert list(schedule().numbers()) == [
        ("schedule", "units_per_gas", 100),
        ("schedule", "memory_page", 7),
        ("schedule", "local", 0),
        ("instructions", "nop", 0),
        ("instructions", "br", 0),
        ("instructions", "call", 3),
        ("instructions", "memory.copy", 1),
        ("instructions", "memory.copy per_byte", 2),
        ("instructions", "table.grow", 1),
        ("instructions", "br_table", 4),
        ("instructions", "br_table per_entry", 5),
        ("instructions", "call_indirect", 0),
        ("instructions", "call_indirect per_param", 6),
        ("host", "f", 8),
        ("host", "g", 9),
        ("host", "g per_byte", 10),
        ("host", "g extra", 11),
        ("host", "f", 12),
        ("limits", "greatest", 13),
        ("limits", "step_divisor", 1),
    ]


def test_free_jumps_are_those_that_cost_nothing_and_are_allowed() -> None:
    assert schedule().free_jumps == ("br", "call_indirect")


def test_host_costs_are_by_module_and_name() -> None:
    found = schedule()
    assert found.host_cost("m", "f") == HostCost(8)
    assert found.host_cost("n", "f") == HostCost(12)
    assert found.host_cost("m", "x") is None
    assert found.host_cost("x", "f") is None
    assert found.host_cost("m", "g") == HostCost(9, 10, 0, {"extra": 11})


@pytest.mark.parametrize(("module", "line"), [("m", 18), ("n", 21)])
def test_the_place_of_a_host_function_is_its_line(module: str, line: int) -> None:
    error = schedule().host_place(module, "f").error("reason", "base")
    assert (error.key, error.line) == (f"host.{module}.f.base", line)


@pytest.mark.parametrize(
    ("byte_count", "gas"), [(0, 5), (1, 5 + 7 + 3), (32, 5 + 7 + 96), (33, 5 + 14 + 99)]
)
def test_words_of_a_call_round_up(byte_count: int, gas: int) -> None:
    assert HostCost(5, per_byte=3, per_word=7).for_bytes(byte_count) == gas


def test_units_round_up_to_gas_and_gas_is_exact_in_units() -> None:
    found = schedule()
    assert [found.gas_from_units(units) for units in (0, 1, 100, 101)] == [0, 1, 1, 2]
    assert [found.units_from_gas(gas) for gas in (0, 1, 7)] == [0, 100, 700]


def test_a_section_is_read_as_its_class() -> None:
    found = schedule()
    assert found.section(Limits) == Limits(13, 1)
    assert found.section(Limits) is found.section(Limits)


def refusal(
    kind: type, *changes: tuple[str, str]
) -> tuple[str, str | None, int | None]:
    with pytest.raises(ScheduleError) as refused:
        schedule(*changes).section(kind)
    return refused.value.reason, refused.value.key, refused.value.line


def test_a_section_has_exactly_its_keys() -> None:
    assert refusal(Other) == ("missing", "other", None)
    assert refusal(Less) == ("unknown key", "limits.step_divisor", 24)
    assert refusal(Limits, ("greatest = 13\n", "")) == (
        "missing",
        "limits.greatest",
        22,
    )


def test_a_divisor_is_at_least_1_and_other_numbers_0() -> None:
    zero = schedule(("greatest = 13", "greatest = 0"))
    assert zero.section(Limits) == Limits(0, 1)
    assert refusal(Limits, ("step_divisor = 1", "step_divisor = 0")) == (
        *("must be at least 1, is 0", "limits.step_divisor", 24),
    )
