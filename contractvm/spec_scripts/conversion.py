"""Conversion of a `.wast` file to commands and binary modules, by `wasm-tools`.

Through wasmtime, the same parser reads every `.wat` file that this project is given.
"""

import json
import subprocess
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import wasmtime

from contractvm.errors import ContractVmError
from contractvm.spec_scripts.wasm_tools import wasm_tools_path

Command = dict[str, Any]  # as the tool describes it; always has "type" and "line"


class ConverterMissing(ContractVmError):
    """The program that converts scripts is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "wasm-tools is not installed; it converts the scripts:"
            " pip install 'contractvm-wasm[shrink]'"
        )


class UnreadableScript(ContractVmError):
    """A file that is no script, by what the converter says."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


@lru_cache(maxsize=1)
def find_converter() -> str:
    """The program's path; raises ConverterMissing."""
    found = wasm_tools_path()
    if found is None:
        raise ConverterMissing
    return found


def find_scripts(paths: Sequence[Path]) -> list[Path]:
    """The files named, and every `.wast` file in the folders named, in order.

    Raises OSError for a missing path.
    """
    for path in paths:
        path.stat()
    return [
        script
        for path in paths
        for script in (sorted(path.rglob("*.wast")) if path.is_dir() else [path])
    ]


def convert_script(path: Path, folder: Path) -> list[Command]:
    """The script's commands; the modules that they name are written to `folder`.

    Raises UnreadableScript and ConverterMissing.
    """
    done = subprocess.run(
        [
            *(find_converter(), "json-from-wast", "--color=never", str(path)),
            *("--wasm-dir", str(folder)),
        ],
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise UnreadableScript(path, _complaint(done.stderr.decode(errors="replace")))
    commands: list[Command] = json.loads(done.stdout)["commands"]
    return commands


def assemble_text(path: Path) -> bytes | None:
    """The bytes of a module in the text format; None where the parser refuses it."""
    try:
        return bytes(wasmtime.wat2wasm(path.read_bytes()))
    except wasmtime.WasmtimeError:
        return None


def _complaint(output: str) -> str:
    """What went wrong and where, of the tool's several lines."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    places = [line.removeprefix("--> ") for line in lines if line.startswith("-->")]
    reason = lines[0].removeprefix("error: ") if lines else "no reason given"
    return " at ".join((reason, *places[:1]))
