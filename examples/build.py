"""Build the example contracts: C and WAT in, WebAssembly (MVP, integers only) out.

Run by `make examples`. The compiler is the ziglang package of the extra `examples`;
the same version gives the same bytes on every machine. Only the name section is kept
of what is not code: it holds the funcs' names for gas reports.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import wasmtime

HERE = Path(__file__).parent
COMPILE = (
    *(sys.executable, "-m", "ziglang", "cc"),
    *("-std=c23", "-target", "wasm32-freestanding", "-mcpu=mvp", "-O2", "-g"),
    *("-Wall", "-Wextra", "-Werror", "-nostdlib"),
    *("-Wl,--no-entry", "-Wl,-z,stack-size=8192", "-Wl,--initial-memory=65536"),
)

# In this order: each embeds what the ones above it gave.
CONTRACTS = (
    ("counter/counter.wasm", "counter/counter.wat", ()),
    ("keccak/keccak.wasm", "keccak/keccak.c", ()),
    ("token/token.wasm", "token/token.c", ()),
    ("token/token_init.wasm", "token/token_init.c", ()),
)


def compile_contract(
    source: Path, options: tuple[str, ...], output: Path, cache: Path
) -> None:
    """Compile one C file; what it embeds is looked for beside `output`."""
    subprocess.run(
        [
            *COMPILE,
            *options,
            f"-I{HERE / 'include'}",
            f"--embed-dir={output.parent}",
            str(source),
            str(HERE / "include/memory.c"),
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
    """An unsigned LEB128 number and the position behind it."""
    number = shift = 0
    while True:
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:
            return number, position


def translate_contract(source: Path, output: Path) -> None:
    """Translate one WAT file."""
    output.write_bytes(wasmtime.wat2wasm(source.read_text()))


def build_all(output_folder: Path) -> None:
    """Build every contract below `output_folder`."""
    with tempfile.TemporaryDirectory() as cache:
        for output_name, source_name, options in CONTRACTS:
            output = output_folder / output_name
            output.parent.mkdir(parents=True, exist_ok=True)
            source = HERE / source_name
            if source.suffix == ".wat":
                translate_contract(source, output)
            else:
                compile_contract(source, options, output, Path(cache))
            print(f"{output_name}: {output.stat().st_size} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    build_all(parser.parse_args().output)
