"""What a guest needs, against the limits of a run."""

import pytest

from contractvm.errors import RefusedModule
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import Cancelled, DeadlineExceeded
from contractvm.guests.requirements import Requirements


def requirements(pages: int | None, elements: int) -> Requirements:
    return Requirements(
        imports=(),
        exports=(),
        module_bytes=8,
        min_memory_pages=pages,
        max_memory_pages=pages,
        min_table_elements=elements,
        has_start=False,
    )


@pytest.mark.parametrize(
    ("pages", "elements", "reason"),
    [
        (4, 0, "4 memory pages, 3 allowed"),
        (0, 6, "6 table elements, 5 allowed"),
        (None, 6, "6 table elements, 5 allowed"),
    ],
)
def test_more_memory_or_tables_than_the_limits_is_refused(
    pages: int | None, elements: int, reason: str
) -> None:
    with pytest.raises(RefusedModule) as caught:
        requirements(pages, elements).check_limits(
            Limits(memory_pages=3, table_elements=5)
        )
    assert caught.value.reason == reason


@pytest.mark.parametrize("pages", [None, 0, 3])
def test_as_much_as_the_limits_is_allowed(pages: int | None) -> None:
    requirements(pages, 5).check_limits(Limits(memory_pages=3, table_elements=5))


def test_runs_that_were_stopped_say_so() -> None:
    assert str(DeadlineExceeded(1)) == "the deadline is exceeded"
    assert str(Cancelled(1)) == "cancelled"
