"""Scripts of the official WebAssembly test suite, as commands and modules."""

import json
from pathlib import Path
from typing import Any

from tests.helpers.wasm_tools import wasm_tools


def convert_wast(script: Path, folder: Path) -> list[dict[str, Any]]:
    """The commands of a `.wast` file; their modules are written to `folder`."""
    output = folder / f"{script.stem}.json"
    wasm_tools(
        ["json-from-wast", str(script), "--wasm-dir", str(folder), "-o", str(output)]
    )
    commands: list[dict[str, Any]] = json.loads(output.read_text())["commands"]
    return commands
