"""What ends a run is kept as an outcome, and raised again as the same."""

import pytest

from contractvm.errors import InternalError, LimitExceeded, OutOfGas, Trap, TrapCode
from contractvm.guests.errors import HostRaised
from contractvm.guests.outcomes import (
    HostFailed,
    LimitReached,
    Outcome,
    RanOutOfGas,
    Returned,
    Trapped,
)
from contractvm.guests.recording import Recorder, outcome_of, raise_again
from contractvm.guests.tape import HostCall

ENDINGS = [
    (LimitExceeded("host_calls", 3), LimitReached("host_calls", 3)),
    (
        HostRaised("env.f", ValueError("no")),
        HostFailed("env.f", "ValueError: no"),
    ),
    (
        Trap(TrapCode.HOST_REFUSED, "why"),
        Trapped(TrapCode.HOST_REFUSED, "why"),
    ),
    (OutOfGas(7, 2), RanOutOfGas(7)),
]


@pytest.mark.parametrize(("error", "outcome"), ENDINGS)
def test_an_ending_is_raised_again_as_it_was(
    error: Exception, outcome: Outcome
) -> None:
    assert outcome_of(error) == outcome
    with pytest.raises(type(error)) as caught:
        raise_again(outcome, 2)
    assert str(caught.value) == str(error)
    assert outcome_of(caught.value) == outcome


def test_other_errors_have_no_outcome_and_other_outcomes_no_error() -> None:
    assert outcome_of(ValueError("no")) is None
    raise_again(Returned(), 1)


def test_what_is_recorded_belongs_to_a_call() -> None:
    reason = "^no call of a host function is being recorded$"
    recorder = Recorder()
    with pytest.raises(InternalError, match=reason):
        recorder.read((0,), (b"",))
    recorder.begin("env.f", (8, 2), 5)
    recorder.read((0,), (b"ab",))
    recorder.write(16, b"c")
    recorder.end(3, b"answer", (1,), is_secret=False)
    with pytest.raises(InternalError, match=reason):
        recorder.end(3, b"", (1,), is_secret=False)
    writes = ((16, b"c"),)
    given = HostCall("env.f", (8, 2), (0,), (b"ab",), 5, 3, writes, (1,), b"answer")
    assert recorder.calls == [given]


def test_of_secret_calls_only_the_name_is_kept() -> None:
    recorder = Recorder()
    recorder.begin("env.secret", (), 0)
    recorder.end(1, b"answer", (), is_secret=True)
    assert (recorder.calls, recorder.secrets) == ([], {"env.secret"})
