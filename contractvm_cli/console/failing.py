"""What a console shows of failures: one paragraph, with the place in the contract."""

import builtins
from collections.abc import Callable
from contextlib import AbstractContextManager

import click

from contract_testing.contracts.failures import ContractFailure
from contractvm.errors import ContractVmError
from contractvm_cli.failures import on_one_line, with_hint
from contractvm_cli.where import shown_frame

SHOWN_FRAMES = 5
# What the user can mend: a traceback of Python's would hide it.
OURS = (ContractFailure, ContractVmError)

Opened = Callable[[], AbstractContextManager[None]]


def failure_lines(error: BaseException) -> list[str]:
    """What failed, and where in the contract."""
    if not isinstance(error, ContractFailure):
        shown = with_hint(error) if isinstance(error, Exception) else str(error)
        return [f"{type(error).__name__}: {shown}"]
    lines = [f"{type(error).__name__}: {error}"]
    where = error.where
    frames = () if where is None else where.frames[:SHOWN_FRAMES]
    width = max((len(frame.func_name) for frame in frames), default=0)
    lines += [f"  {shown_frame(frame, width)}" for frame in frames]
    if error.receipt is not None:
        lines.append("  trace(_) shows what led there")
    return lines


def say_failure(error: BaseException) -> None:
    """Write a failure to stderr; it is the value of `_`."""
    vars(builtins)["_"] = error
    for line in failure_lines(error):
        click.echo(on_one_line(line), err=True)
