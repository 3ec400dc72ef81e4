"""Modules from files: `.wasm` as is, `.wat` converted by wasmtime."""

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contractvm.errors import InvalidModule, LinkError, MalformedModule, RefusedModule
from contractvm_cli.failures import CommandFailed

MAX_FILE_BYTES = 16 * 1024 * 1024
TEXT_PLACE = re.compile(r"-->.*:(\d+):(\d+)")


def read_module(path: Path) -> bytes:
    """The module's bytes; raises OSError, or CommandFailed with the reason."""
    content = read_file(path)
    if path.suffix == ".wat":
        return assemble(path, content)
    return content


def read_file(path: Path) -> bytes:
    """The content of a regular file small enough to be a module."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise CommandFailed(f"{path}: not a regular file")  # open might block for ever
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise CommandFailed(
            f"{path}: file too large: a module has at most {MAX_FILE_BYTES} bytes"
        )
    return content


def assemble(path: Path, source: bytes) -> bytes:
    """The bytes of a module in text format; an error has line and column."""
    try:
        text = source.decode()
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise CommandFailed(f"{path}:{line}: not UTF-8 text") from error
    import wasmtime  # noqa: PLC0415 (takes 50 ms, and few commands need it)

    try:
        return bytes(wasmtime.wat2wasm(text))
    except wasmtime.WasmtimeError as error:
        reason, _, rest = str(error).partition("\n")
        found = TEXT_PLACE.search(rest)
        place = f"{path}:{found[1]}:{found[2]}" if found else str(path)
        raise CommandFailed(f"{place}: {reason}") from error


@contextmanager
def naming_file(path: Path) -> Iterator[None]:
    """Add the file and the stage to the message of an error about a module."""
    try:
        yield
    except MalformedModule as error:
        hint = ""
        if error.offset < 8:
            hint = "; is it a .wasm file? The text format needs the ending .wat"
        raise CommandFailed(f"{path}: malformed module: {error}{hint}") from error
    except RefusedModule as error:
        raise CommandFailed(f"{path}: refused module: {error}") from error
    except LinkError as error:
        raise CommandFailed(f"{path}: {error}") from error
    except InvalidModule as error:
        raise CommandFailed(f"{path}: invalid module: {error}") from error
