"""The build with sanitizers has them, and their findings end the process."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.source_tree import ROOT, source_files
from tools.sanitized.run import build, sanitized_environment

# Writes 64 bytes where 16 are allocated.
OVERFLOW = """
import ctypes
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
ctypes.memmove(libc.malloc(16), bytes(64), 64)
"""
WHERE = "import contractvm.wasm.interpreter.interpreter as found; print(found.__file__)"


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env=sanitized_environment(),
        capture_output=True,
        check=False,
        text=True,
    )


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_a_write_out_of_bounds_ends_the_process() -> None:
    done = run_python(OVERFLOW)
    assert done.returncode != 0
    assert "AddressSanitizer: heap-buffer-overflow" in done.stderr


@pytest.mark.slow
def test_the_compiled_modules_are_those_with_checks() -> None:
    folder = build()
    (interpreter,) = folder.glob("contractvm/wasm/interpreter/interpreter.*.so")
    assert run_python(WHERE).stdout == f"{interpreter}\n"
    content = interpreter.read_bytes()
    assert b"__asan_report_store" in content
    assert b"__ubsan_handle" in content


# Compiled, and not run with sanitizers: wasmtime and its threads do not start there,
# and counting edges is the interpreter's work, which is.
LEFT_OUT = {
    Path("contract_fuzz/cases"),
    Path("contractvm/wasm/engines"),
    Path("contractvm/wasm/engines/wasmtime"),
}


def test_the_tests_of_all_compiled_packages_run_with_sanitizers() -> None:
    (line,) = re.findall(
        r"^SANITIZED_TESTS := ((?:.*\\\n)*.*)$",
        (ROOT / "Makefile").read_text(),
        re.MULTILINE,
    )
    prefixed = re.sub(
        r"\$\(addprefix (\S+?),([^)]*)\)",
        lambda found: " ".join(found[1] + part for part in found[2].split()),
        line.replace("\\\n", " "),
    )
    tested = [Path(part) for part in prefixed.split()]
    assert all((ROOT / path).exists() for path in tested)
    compiled = {path.parent for path in source_files(".pyx")}
    assert Path("chain_sim/ethereum/trie") in compiled
    left_out = {
        package
        for package in compiled
        if not any(Path("tests", package).is_relative_to(path) for path in tested)
    }
    assert left_out == LEFT_OUT
