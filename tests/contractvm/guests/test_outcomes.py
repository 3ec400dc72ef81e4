"""Outcomes as text, and which of them are a success."""

import pytest

from contractvm.errors import TrapCode
from contractvm.guests.outcomes import (
    Cancelled,
    DeadlineExceeded,
    Exited,
    Failed,
    HostFailed,
    LimitReached,
    Outcome,
    RanOutOfGas,
    Returned,
    Trapped,
    is_success,
)


@pytest.mark.parametrize(
    ("outcome", "text", "succeeded"),
    [
        (Exited(0), "exited with code 0", True),
        (Exited(1), "exited with code 1", False),
        (Returned(), "returned", True),
        (Trapped(TrapCode.UNREACHABLE), "trapped: unreachable", False),
        (
            Trapped(TrapCode.UNREACHABLE, "here"),
            "trapped: unreachable: here",
            False,
        ),
        (RanOutOfGas(7), "out of gas, 7 units short", False),
        (LimitReached("host_calls", 3), "more than 3 host calls", False),
        (Failed("no"), "failed: no", False),
        (DeadlineExceeded(5), "the deadline is exceeded", False),
        (Cancelled(5), "cancelled", False),
        (HostFailed("f", "E: x"), "the host function f failed: E: x", False),
    ],
)
def test_outcomes_as_text(outcome: Outcome, text: str, succeeded: bool) -> None:
    assert str(outcome) == text
    assert is_success(outcome) is succeeded
