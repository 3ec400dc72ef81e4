"""Modules from files: `.wasm`, `.wat`, and artefacts of builds."""

import stat
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
from contractvm.runtime.module_source import code_of_file, max_bytes
from contractvm_cli.failures import CommandFailed
from gas_schedule.bounded_files import read_bounded


def read_module(path: Path) -> bytes:
    """The module's bytes; raises OSError, CommandFailed or MalformedText.

    OSError also for a file above the limit of its kind.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise CommandFailed(f"{path}: not a regular file")  # open might block for ever
    content = read_bounded(path, max_bytes(path))
    return code_of_file(path, content)


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
