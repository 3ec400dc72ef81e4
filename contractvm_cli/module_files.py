"""Modules from files: `.wasm` as is, `.wat` converted by wasmtime."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contractvm.errors import InvalidModule, LinkError, MalformedModule, RefusedModule
from contractvm.runtime.module_source import MAX_FILE_BYTES, assemble
from contractvm_cli.failures import CommandFailed


def read_module(path: Path) -> bytes:
    """The module's bytes; raises OSError, CommandFailed or MalformedText."""
    content = read_file(path)
    return assemble(str(path), content) if path.suffix == ".wat" else content


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
