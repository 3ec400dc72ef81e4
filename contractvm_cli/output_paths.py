"""Output files and directories of commands, tried before the work begins."""

import errno
import os
import stat
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import click

STDOUT = Path("-")


def try_file(path: Path) -> None:
    """Raise OSError, which names it, if the file cannot be written; change nothing."""
    try:
        if _is_device(path):
            return
        if path.exists():
            os.close(os.open(path, os.O_WRONLY))
        else:
            _try_inside(path.parent)
    except OSError as error:
        raise _of(error, path) from error


def _is_device(path: Path) -> bool:
    """A device or a pipe, which cannot be tried: opening a pipe waits for a reader."""
    if not path.exists():
        return False
    mode = path.stat().st_mode
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def try_replacing(path: Path) -> None:
    """As `try_file`, of a file that another one is to replace."""
    try_file(path)
    try:
        if _is_device(path):
            raise OSError(errno.EINVAL, "not a regular file")
        _try_inside(path.parent)
    except OSError as error:
        raise _of(error, path) from error


def try_directory(path: Path) -> None:
    """Raise OSError if no files can be written there; it need not exist yet."""
    try:
        existing = path.absolute()
        while not os.path.lexists(existing):
            existing = existing.parent
        _try_inside(existing)
    except OSError as error:
        raise _of(error, path) from error


def _try_inside(directory: Path) -> None:
    # A process that may do all opens directories of any kind: only a file tells.
    with TemporaryFile(dir=directory, prefix=".contractvm-"):
        pass


def _of(error: OSError, path: Path) -> OSError:
    return OSError(error.errno, error.strerror or str(error), str(path))


class OutputFile(click.ParamType):  # type: ignore[type-arg] # not generic in 8.1
    """The path of a file to write; `-` is not tried."""

    name = "path"

    def __init__(self, *, is_replaced: bool = False) -> None:
        self._try = try_replacing if is_replaced else try_file

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 (click's signature)
        ctx: click.Context | None,  # noqa: ARG002 (click's signature)
    ) -> Path:
        """See click; raises OSError."""
        path = Path(value)
        if path != STDOUT:
            self._try(path)
        return path


class OutputDirectory(click.ParamType):  # type: ignore[type-arg] # not generic in 8.1
    """The path of a directory to write files in, made when it is needed."""

    name = "directory"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 (click's signature)
        ctx: click.Context | None,  # noqa: ARG002 (click's signature)
    ) -> Path:
        """See click; raises OSError."""
        path = Path(value)
        try_directory(path)
        return path
