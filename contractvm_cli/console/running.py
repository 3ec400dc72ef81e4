"""Code that a console runs: its values are shown, its failures in one paragraph."""

import ast
import code
import sys
from pathlib import Path
from types import CodeType
from typing import Any

import click

from contractvm.errors import ContractVmError
from contractvm_cli.console.failing import OURS, Opened, say_failure
from contractvm_cli.failures import (
    EXIT_FAILED,
    describe_os_error,
    say_error,
)
from gas_schedule.bounded_files import read_bounded

MAX_FILE_BYTES = 1 << 24


class Console(code.InteractiveConsole):
    """Python's own console, with the chain open while a statement runs."""

    def __init__(self, names: dict[str, Any], opened: Opened) -> None:
        super().__init__(names)
        self._opened = opened

    def runcode(self, code: CodeType) -> None:
        """Run a statement; a chain that cannot be opened is told in one line."""
        try:
            with self._opened():
                self._run(code)
        except ContractVmError as error:
            say_failure(error)
        except OSError as error:
            click.echo(describe_os_error(error), err=True)

    def _run(self, code: CodeType) -> None:
        try:
            exec(code, self.locals)
        except SystemExit:
            raise
        except OURS as error:
            say_failure(error)
        except BaseException:  # noqa: BLE001 (the user's code, as in Python's own)
            self.showtraceback()


def value_of(source: str, name: str, names: dict[str, Any]) -> Any:
    """Run a whole program; the value of its last expression, None without one."""
    tree = ast.parse(source, name)
    last = tree.body[-1] if tree.body else None
    if not isinstance(last, ast.Expr):
        exec(compile(tree, name, "exec"), names)
        return None
    del tree.body[-1]
    exec(compile(tree, name, "exec"), names)
    return eval(compile(ast.Expression(last.value), name, "eval"), names)


def run_source(source: str, name: str, names: dict[str, Any]) -> Any:
    """As `value_of`; where it fails that is told on stderr, and the command ends."""
    try:
        return value_of(source, name, names)
    except OURS as error:
        say_failure(error)
    except Exception as error:  # noqa: BLE001 (the user's code)
        line = line_of(error, name)
        place = name if line is None else f"{name}:{line}"
        say_error(f"{place}: {type(error).__name__}: {error}")
    raise click.exceptions.Exit(EXIT_FAILED)


def line_of(error: BaseException, name: str) -> int | None:
    """The innermost line of the program that was running."""
    if isinstance(error, SyntaxError):
        return error.lineno
    line, at = None, error.__traceback__
    while at is not None:
        if at.tb_frame.f_code.co_filename == name:
            line = at.tb_lineno
        at = at.tb_next
    return line


def read_source(path: Path) -> str:
    """A program's text; raises OSError."""
    return read_bounded(path, MAX_FILE_BYTES).decode(errors="replace")


def interact(names: dict[str, Any], opened: Opened, banner: str) -> None:
    """Read statements until the end; with IPython where it is installed."""
    try:
        from contractvm_cli.console.ipython import (  # noqa: PLC0415 (an extra)
            interact_with_ipython,
        )
    except ImportError:
        pass
    else:
        if sys.stdin.isatty():
            interact_with_ipython(names, opened, banner)
            return
    prepare_readline(names)
    Console(names, opened).interact(banner, exitmsg="")


def prepare_readline(names: dict[str, Any]) -> None:
    """Complete names with the tabulator, where Python has readline."""
    try:
        import readline  # noqa: PLC0415 (not everywhere)
        import rlcompleter  # noqa: PLC0415 (with it)
    except ImportError:
        return
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")
