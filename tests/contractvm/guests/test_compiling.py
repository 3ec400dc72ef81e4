"""Compiling in the background: how it ends, and that its process is closed."""

import threading
from threading import Thread, current_thread
from typing import Any

import pytest

from contractvm.errors import ContractVmError
from contractvm.guests import compiling
from contractvm.guests.compiling import TURN, in_background


class Process:
    """Counts how often it is closed."""

    closed = 0

    def close(self) -> None:
        self.closed += 1


class Run:
    """One compilation, waited for until its thread has ended."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Any = None) -> None:
        self.process = Process()
        self.warned: list[str] = []
        self.raised: list[Any] = []
        self.had_the_turn = False
        threads: list[Thread] = []

        def work(process: Any) -> None:
            threads.append(current_thread())
            self.had_the_turn = TURN.locked() and process is self.process
            if error is not None:
                raise error

        def warn(text: str, stacklevel: int) -> None:
            self.warned.append(text)

        monkeypatch.setattr(compiling, "CompileProcess", lambda: self.process)
        monkeypatch.setattr(compiling.warnings, "warn", warn)
        monkeypatch.setattr(
            threading, "excepthook", lambda facts: self.raised.append(facts.exc_value)
        )
        self.done = in_background(work)
        self.ending = self.done.exception(timeout=60)
        threads[0].join()
        assert threads[0].daemon
        assert threads[0].name == "contractvm-compiling"


def test_compiling_has_its_turn_and_closes_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Run(monkeypatch)
    assert run.done.result() is True
    assert (run.had_the_turn, run.process.closed) == (True, 1)
    assert (run.warned, run.raised) == ([], [])
    assert not TURN.locked()


@pytest.mark.parametrize("error", [ContractVmError("too large"), OSError("too large")])
def test_a_failure_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    run = Run(monkeypatch, error)
    assert run.done.result() is False
    assert run.warned == ["not compiled: too large"]
    assert (run.process.closed, run.raised) == (1, [])
    assert not TURN.locked()


def test_a_fault_of_our_own_is_raised_there_and_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = LookupError("ours")
    run = Run(monkeypatch, error)
    assert run.ending is error
    assert run.raised == [error]
    assert (run.process.closed, run.warned) == (1, [])
    assert not TURN.locked()
