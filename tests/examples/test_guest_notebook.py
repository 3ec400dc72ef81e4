"""The example notebook, run as a notebook does: cell by cell, on a running loop."""

import ast
import asyncio
import json
from typing import Any

import pytest

from tests.helpers.examples import EXAMPLES

CELLS = [
    cell
    for cell in json.loads((EXAMPLES / "guest_notebook.ipynb").read_text())["cells"]
    if cell["cell_type"] == "code"
]


def test_cells_print_what_the_notebook_shows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(EXAMPLES)
    space: dict[str, Any] = {}

    async def run() -> None:
        for cell in CELLS:
            code = compile(
                "".join(cell["source"]),
                cell["id"],
                "exec",
                flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            )
            waiting = eval(code, space)
            if waiting is not None:
                await waiting
            (shown,) = cell["outputs"]
            assert capsys.readouterr().out == "".join(shown["text"])

    asyncio.run(run())


def test_there_are_cells() -> None:
    assert len(CELLS) == 3
