"""The program `contractvm`: its verbs, and the one place that handles failures."""

import os
import sys
import warnings
from collections.abc import Sequence

import click

import contractvm
from contractvm_cli.failures import (
    EXIT_BROKEN_PIPE,
    TRACEBACK_VARIABLE,
    report,
    say_warning,
    silence_stdout,
)
from contractvm_cli.verbs import LazyGroup

EPILOG = """\b
Example:
  contractvm deploy examples/counter/counter.wat
  contractvm send ADDRESS 'increment()'
  contractvm call ADDRESS 'get()(uint256)'

Every verb takes --json: one document on stdout. Exit codes: 0 done, 1 failed, 2 wrong
usage, 70 internal error, 130 interrupted.
"""


def show_version(ctx: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    """Print the version and exit."""
    if is_wanted and not ctx.resilient_parsing:
        click.echo(f"contractvm {contractvm.__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """A deterministic, metered engine for WebAssembly contracts, with a local chain."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code. No failure shows a traceback."""
    warnings.showwarning = say_warning
    try:
        code = cli.main(arguments, prog_name="contractvm", standalone_mode=False)
        if sys.stdout is not None:  # None if the shell closed it with >&-
            sys.stdout.flush()
    except BrokenPipeError:
        silence_stdout()
        return EXIT_BROKEN_PIPE
    except Exception as error:
        if os.environ.get(TRACEBACK_VARIABLE):
            raise
        return report(error)
    return code if isinstance(code, int) else 0
