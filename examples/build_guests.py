"""Build the example guests from C, Rust and AssemblyScript: run by `make guests`.

A compiler that is not there is named, and its module is left as it is. Debian has the
Rust compiler and its library in `rustc` and `libstd-rust-dev-wasm32`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from examples.wasm_compiler import without_debug_sections

SOURCES = Path(__file__).parent / "guests"
WASI = "wasm32-wasi"
# 64 KiB are much for these programs; each page of memory costs gas in every run.
STACK = "stack-size=65536"
C = (
    *(sys.executable, "-m", "ziglang", "cc", "-std=c23", "-target", WASI),
    *("-mcpu=mvp", "-Os", "-Wall", "-Wextra", "-Werror", "-g", f"-Wl,-z,{STACK}"),
)
RUST = (
    *("--edition", "2021", "--target", WASI, "-C", "opt-level=s", "-C", "lto=fat"),
    *("-C", "panic=abort", "-C", "codegen-units=1", "-C", "strip=symbols"),
    *("-C", f"link-arg=-z{STACK}"),
)
ASSEMBLYSCRIPT = (
    *("-Osize", "--noAssert", "--use", "abort=", "--runtime", "minimal"),
    *("--disable", "bulk-memory"),
)


class NoCompiler(Exception):
    """A compiler is not installed."""


def c_command(output: Path) -> Sequence[str]:
    return [*C, str(SOURCES / "words.c"), "-o", str(output)]


def rust_command(output: Path) -> Sequence[str]:
    """The command of the first Rust compiler that has WASI's library."""
    for name in ("rustc", "/usr/bin/rustc"):
        rustc = shutil.which(name)
        if rustc is None:
            continue
        asked = [rustc, "--target", WASI, "--print", "target-libdir"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        if done.returncode == 0 and Path(done.stdout.strip()).is_dir():
            return [rustc, *RUST, str(SOURCES / "words.rs"), "-o", str(output)]
    raise NoCompiler(f"no rustc with a library for {WASI}")


def assemblyscript_command(output: Path) -> Sequence[str]:
    installed = Path(sys.prefix) / "assemblyscript" / "node_modules" / ".bin"
    asc = shutil.which("asc", path=f"{installed}{os.pathsep}{os.environ['PATH']}")
    if asc is None:
        raise NoCompiler("no asc, AssemblyScript's compiler")
    return [asc, str(SOURCES / "words.ts"), "-o", str(output), *ASSEMBLYSCRIPT]


COMMANDS: dict[str, Callable[[Path], Sequence[str]]] = {
    "words_c.wasm": c_command,
    "words_rust.wasm": rust_command,
    "words_assemblyscript.wasm": assemblyscript_command,
}


def build(name: str, output_folder: Path) -> Path:
    """Build one module; raises NoCompiler, and CalledProcessError where it fails."""
    output = output_folder / name
    command = COMMANDS[name](output)
    with tempfile.TemporaryDirectory() as cache:
        caches = ("ZIG_GLOBAL_CACHE_DIR", "ZIG_LOCAL_CACHE_DIR")
        environment = {**os.environ, **dict.fromkeys(caches, cache)}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    output.write_bytes(without_debug_sections(output.read_bytes()))
    output.chmod(0o644)
    return output


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=SOURCES)
    folder = parser.parse_args().output
    for module in COMMANDS:
        try:
            print(f"{module}: {build(module, folder).stat().st_size} bytes")
        except NoCompiler as missing:
            print(f"{module}: left as it is: {missing}")
