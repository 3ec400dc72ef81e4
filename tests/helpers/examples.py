"""The example contracts, by name."""

from pathlib import Path

import wasmtime

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str) -> bytes:
    """A contract's bytes: `example("token/token.wasm")`; text is translated."""
    path = EXAMPLES / name
    if path.suffix == ".wat":
        return bytes(wasmtime.wat2wasm(path.read_text()))
    return path.read_bytes()
