"""Differences of two schedules, number by number."""

from dataclasses import replace

import pytest

from gas_schedule.differences import PriceDifference, differences
from gas_schedule.loader import load_schedule


@pytest.mark.parametrize(
    ("old", "new", "kind", "ratio"),
    [
        (None, 5, "added", None),
        (None, 0, "added", None),
        (5, None, "removed", None),
        (0, None, "removed", None),
        (0, 5, "changed", None),
        (5, 0, "changed", "0.000"),
        (1, 1, "changed", "1.000"),
        (3, 2, "changed", "0.666"),
        (2, 3, "changed", "1.500"),
        (1_000, 12_005, "changed", "12.005"),
    ],
)
def test_kinds_and_ratios(
    old: int | None, new: int | None, kind: str, ratio: str | None
) -> None:
    found = PriceDifference("section", "key", old, new)
    assert (found.kind, found.ratio) == (kind, ratio)


def test_equal_schedules_have_no_differences() -> None:
    schedule = load_schedule("ewasm-metered")
    assert differences(schedule, schedule) == ()


def test_a_changed_number_is_told_with_its_place() -> None:
    old = load_schedule("ewasm-metered")
    new = replace(old, memory_page=old.memory_page + 1)
    (found,) = differences(old, new)
    assert (found.old, found.new) == (old.memory_page, old.memory_page + 1)
    assert (found.kind, found.key) == ("changed", "memory_page")
    (back,) = differences(new, old)
    assert back == PriceDifference(found.section, found.key, found.new, found.old)


def test_a_removed_function_is_told_and_an_added_one_too() -> None:
    old = load_schedule("ewasm-metered")
    (module, functions), *_ = old.host_costs.items()
    (name, cost), *_ = functions.items()
    fewer = {each: price for each, price in functions.items() if each != name}
    new = replace(old, host_costs={**old.host_costs, module: fewer})
    removed, added = differences(old, new), differences(new, old)
    assert {each.kind for each in removed} == {"removed"}
    assert {each.kind for each in added} == {"added"}
    assert cost.base in [each.old for each in removed]
    assert [(each.section, each.key, each.old) for each in removed] == [
        (each.section, each.key, each.new) for each in added
    ]
    assert {each.new for each in removed} == {each.old for each in added} == {None}
