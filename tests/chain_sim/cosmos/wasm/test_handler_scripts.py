"""Handlers of a user's script: which errors are told, and which go through."""

from pathlib import Path
from typing import Any

import pytest

from chain_sim import CosmosError
from chain_sim.cosmos.errors import HandlerFailed
from chain_sim.cosmos.wasm.handler_scripts import load_handlers

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
