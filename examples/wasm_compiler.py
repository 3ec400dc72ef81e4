"""A compiler from C to WebAssembly (MVP, integers only), for examples and benchmarks.

The compiler is the ziglang package of the extra `examples`; the same version gives the
same bytes on every machine. Only the name section is kept of what is not code: it holds
the funcs' names for gas reports.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import wasmtime

ROOT = Path(__file__).parents[1]
INCLUDE = ROOT / "contract_testing" / "building" / "include"
PAGE_BYTES = 65_536
COMPILE = (
    *(sys.executable, "-m", "ziglang", "cc"),
    *("-std=c23", "-target", "wasm32-freestanding", "-mcpu=mvp", "-O2", "-g"),
    *("-Wall", "-Wextra", "-Werror", "-nostdlib"),
    *("-Wl,--no-entry", "-Wl,-z,stack-size=8192"),
)


def compile_module(
    source: Path,
    output: Path,
    cache: Path,
    *,
    memory_pages: int = 1,
    options: Sequence[str] = (),
    keeps_debug: bool = False,
) -> None:
    """Write the module of one file, C or WAT, with a memory of so many pages.

    With `keeps_debug`, C's debug information stays: the code is the same.

    Files that C source embeds are sought next to `output`. `cache` is a folder for the
    compiler's own files.
    """
    if source.suffix == ".wat":
        output.write_bytes(wasmtime.wat2wasm(source.read_text()))
        return
    subprocess.run(
        [
            *COMPILE,
            *options,
            f"-Wl,--initial-memory={memory_pages * PAGE_BYTES}",
            f"-I{INCLUDE}",
            f"--embed-dir={output.parent}",
            str(source),
            str(INCLUDE / "memory.c"),
            "-o",
            str(output),
        ],
        check=True,
        env={
            **os.environ,
            "ZIG_GLOBAL_CACHE_DIR": str(cache),
            "ZIG_LOCAL_CACHE_DIR": str(cache),
        },
    )
    if not keeps_debug:
        output.write_bytes(without_debug_sections(output.read_bytes()))
    output.chmod(0o644)


def without_debug_sections(module: bytes) -> bytes:
    """The module without its custom sections, except `name`."""
    kept = [module[:8]]
    start = 8
    while start < len(module):
        size, body = leb128(module, start + 1)
        end = body + size
        name_length, name_start = leb128(module, body)
        is_custom = module[start] == 0
        if not is_custom or module[name_start : name_start + name_length] == b"name":
            kept.append(module[start:end])
        start = end
    return b"".join(kept)


def leb128(data: bytes, position: int) -> tuple[int, int]:
    """An unsigned LEB128 number and the position after it."""
    number = shift = 0
    while True:
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:
            return number, position
