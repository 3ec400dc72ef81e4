"""Interrupts while a verb's module is imported."""

import signal
import threading
from types import ModuleType
from typing import Any

import click
import pytest

from contractvm_cli import verbs
from contractvm_cli.verbs import LazyGroup


def handler_while_imported(monkeypatch: pytest.MonkeyPatch) -> Any:
    """That of SIGINT while the module of a verb is imported."""
    seen = []

    def import_module(name: str) -> ModuleType:
        seen.append(signal.getsignal(signal.SIGINT))
        module = ModuleType(name)
        module.run_command = click.Command("run")  # type: ignore[attr-defined]
        return module

    monkeypatch.setattr(verbs, "import_module", import_module)
    group = LazyGroup("contractvm")
    assert group.get_command(click.Context(group), "run") is not None
    (handler,) = seen
    return handler


@pytest.mark.parametrize(
    ("handler", "while_imported"),
    [
        (signal.default_int_handler, signal.SIG_DFL),
        (signal.SIG_IGN, signal.SIG_IGN),
    ],
)
def test_interrupt_of_an_import_ends_the_process_unless_it_is_handled(
    monkeypatch: pytest.MonkeyPatch, handler: Any, while_imported: Any
) -> None:
    before = signal.signal(signal.SIGINT, handler)
    try:
        assert handler_while_imported(monkeypatch) is while_imported
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_threads_import_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    thread = threading.Thread(
        target=lambda: found.append(handler_while_imported(monkeypatch))
    )
    thread.start()
    thread.join()
    assert found == [signal.getsignal(signal.SIGINT)]
