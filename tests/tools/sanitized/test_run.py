"""The build with sanitizers has them, and their findings end the process."""

import shutil
import subprocess
import sys

import pytest

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
