"""Work grows with what a price sees: the processor's instructions, counted."""

import shutil

import pytest

from benchmarks.gas_against_size import OPERATIONS
from benchmarks.instructions_by_size import Count, count, selected

needs_valgrind = pytest.mark.skipif(
    shutil.which("valgrind") is None, reason="valgrind counts the instructions"
)
# A gas is 100 ns, in which a processor executes some hundred instructions, and some
# thousand of those that only fill or copy. What is free is bounded by the bytes of a
# module; for each of its parts it may take this many.
MOST_PER_GAS = 12_000
MOST_OF_WHAT_IS_FREE = 120


def is_paid(found: Count) -> bool:
    """Whether the work that a size adds is in proportion to its gas."""
    least_gas = 1e-3 * found.size
    most = MOST_PER_GAS if found.gas > least_gas else MOST_OF_WHAT_IS_FREE
    work = found.gas if found.gas > least_gas else found.size
    return found.instructions <= most * work


def test_a_price_that_does_not_see_the_size_is_found() -> None:
    assert not is_paid(Count("elements", 1_000, 5.2, 3_000_000))
    assert not is_paid(Count("segments", 1_000, 0.0, 1_302_091))
    assert is_paid(Count("funcs", 1_000, 0.0, 70_366))


def test_operations_are_named_once() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))
    assert [entry.name for entry in selected(["br,"])] == ["br, values", "br, depth"]


@needs_valgrind
def test_no_operation_takes_work_that_its_price_does_not_see() -> None:
    found = count([])
    assert len(found) == len(selected([]))
    assert [entry for entry in found if not is_paid(entry)] == []
