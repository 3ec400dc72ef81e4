"""Handlers of a user's script: which errors are told, and which go through."""

from pathlib import Path
from typing import Any

import pytest

from chain_sim import CosmosError
from chain_sim.cosmos.errors import HandlerFailed, ScriptFailed
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from chain_sim.cosmos.wasm.handlers import Handlers

SCRIPT = """
from chain_sim import CosmosError
from chain_sim.cosmos.errors import NOT_FOUND

def refuses(*arguments):
    raise CosmosError(NOT_FOUND, "no such thing")

def breaks(*arguments):
    raise ValueError("not this")

def register(handlers):
    handlers.messages["a.refuses"] = refuses
    handlers.queries["a.refuses"] = refuses
    handlers.queries["a.breaks"] = breaks
"""


def test_an_error_of_the_chain_goes_through_and_others_are_told(
    tmp_path: Path,
) -> None:
    path = tmp_path / "handlers.py"
    path.write_text(SCRIPT)
    handlers = load_handlers(path)
    asked: Any
    for asked in (handlers.messages["a.refuses"], handlers.queries["a.refuses"]):
        with pytest.raises(CosmosError) as caught:
            asked(1, 2, 3)
        assert str(caught.value) == "no such thing: not found (codespace sdk code 38)"
    asked = handlers.queries["a.breaks"]
    with pytest.raises(HandlerFailed) as failed:
        asked(1, 2)
    assert str(failed.value) == (
        f"the handler of a.breaks: ValueError: not this ({path}:9)"
    )


@pytest.mark.parametrize(
    ("name", "script", "reason"),
    [
        ("a.txt", "", "the script ends in .py"),
        ("a.py", "", "no function register(handlers)"),
        ("a.py", "register = 5", "no function register(handlers)"),
        ("a.py", "raise ValueError('odd')", "ValueError: odd (1)"),
        (
            "a.py",
            "def register(handlers):\n    handlers.nothing()",
            "AttributeError: 'Handlers' object has no attribute 'nothing' (2)",
        ),
    ],
    ids=["ending", "empty", "number", "raises", "breaks"],
)
def test_a_script_that_cannot_be_used_is_named(
    tmp_path: Path, name: str, script: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_text(script)
    handlers = Handlers()
    with pytest.raises(ScriptFailed) as caught:
        load_handlers(path, handlers)
    line = reason[-2:-1] if reason.endswith(")") else ""
    wanted = (
        reason.replace(f"({line})", f"({path}:{line})") if line.isdigit() else reason
    )
    assert (caught.value.path, caught.value.reason) == (path, wanted)
    assert str(caught.value) == f"{path}: {wanted}"
    assert handlers == Handlers()


def test_without_a_script_the_handlers_stay_as_they_are(tmp_path: Path) -> None:
    handlers = Handlers(queries={"a": lambda *_: None})
    assert load_handlers(None, handlers) is handlers
    assert load_handlers(None) == Handlers()
    path = tmp_path / "handlers.py"
    path.write_text(SCRIPT)
    assert load_handlers(path, handlers) is handlers
    assert sorted(handlers.queries) == ["a", "a.breaks", "a.refuses"]
    assert sorted(handlers.messages) == ["a.refuses"]
