"""Modules from files: `.wasm` as is, `.wat` converted by wasmtime."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contractvm.errors import (
    InvalidModule,
    LinkError,
    MalformedModule,
    MissingProposal,
    RefusedModule,
)
from contractvm_cli.failures import CommandFailed
from gas_schedule.bounded_files import read_bounded

# A large program with its debug information fits. Each byte of a hostile module may
# take 80 bytes of memory and 5 microseconds, of a hostile text more of both.
MAX_MODULE_BYTES = 64 * 1024 * 1024
MAX_TEXT_BYTES = 16 * 1024 * 1024
TEXT_PLACE = re.compile(r"-->.*:(\d+):(\d+)")


def read_module(path: Path) -> bytes:
    """The module's bytes; raises OSError, also for a file above the limit of its kind.

    CommandFailed with the place for text that is no module.
    """
    if path.suffix == ".wat":
        return assemble(path, read_bounded(path, MAX_TEXT_BYTES))
    return read_bounded(path, MAX_MODULE_BYTES)


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
    except MissingProposal as error:
        raise CommandFailed(f"{path}: {error}") from error
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
