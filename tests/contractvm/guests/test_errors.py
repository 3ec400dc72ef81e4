"""Errors of the guests' API carry their facts."""

import pytest

from contractvm.guests.errors import (
    GuestError,
    HostRaised,
    InstanceBusy,
    InstanceEnded,
    NoSuchExport,
    RecordedFailure,
    UnknownImports,
)


def test_unknown_imports_are_listed() -> None:
    error = UnknownImports((("env", "a"), ("m", "b")))
    assert str(error) == "nothing provides the imports env.a, m.b"
    assert error.names == (("env", "a"), ("m", "b"))


@pytest.mark.parametrize(
    ("known", "listed"), [((), "none"), (("a",), "a"), (("a", "b"), "a, b")]
)
def test_a_missing_export_is_named_with_those_there_are(
    known: tuple[str, ...], listed: str
) -> None:
    error = NoSuchExport("run", known)
    assert str(error) == f"no exported func 'run': there are {listed}"
    assert (error.name, error.known) == ("run", known)


@pytest.mark.parametrize("code", [1, 2, 2**31 - 1])
def test_codes_of_refusals(code: int) -> None:
    error = GuestError(code)
    assert error.code == code
    assert str(error) == f"refused with code {code}"


@pytest.mark.parametrize("code", [-1, 0, 2**31])
def test_codes_that_no_refusal_has(code: int) -> None:
    with pytest.raises(ValueError, match=f"the code is {code}, not 1 to 2.31 - 1"):
        GuestError(code)


def test_instances_that_cannot_be_called() -> None:
    ended = "the instance has ended: its last call did not succeed"
    assert str(InstanceEnded()) == ended
    assert str(InstanceBusy()) == "the instance is in a call"


def test_what_a_host_function_raised_is_kept_with_its_type() -> None:
    cause = KeyError("x")
    error = HostRaised("get", cause)
    assert (error.name, error.text) == ("get", "KeyError: 'x'")
    assert error.exception is cause
    assert str(error) == "get raised KeyError: 'x'"


def test_what_was_recorded_is_text_already() -> None:
    error = HostRaised("get", RecordedFailure("KeyError: 'x'"))
    assert error.text == "KeyError: 'x'"
    assert str(error) == "get raised KeyError: 'x'"
