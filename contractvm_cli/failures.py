"""Failures of a command: one line on stderr that says what to do, and an exit code.

0 done; 1 the command or the contract failed; 2 wrong usage, independent of files and
chain; 70 a fault of contractvm or of the machine; 130 interrupted; 141 the reader of
the output is gone.
"""

import os
import re
import sys

import click

from contractvm.errors import ContractVmError, InternalError
from gas_schedule.errors import ScheduleError, UnknownSchedule

MAX_NOTE_LINES = 20
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERNAL = 70
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

PACKAGES = (
    "chain_sim",
    "contract_fuzz",
    "contract_testing",
    "contractvm",
    "contractvm_cli",
    "gas_schedule",
)

TRACEBACK_VARIABLE = "CONTRACTVM_TRACEBACK"

# Failures of the machine that are the user's to mend, by name as below.
MENDABLE = {"DiskFull"}

# By name: importing the classes would make every start import the chain.
HINTS = {
    "InsufficientBalance": "lower --value or --gas-limit, or send --from another one",
    "IntrinsicGasTooLow": "raise --gas-limit",
    "GasLimitTooLarge": "lower --gas-limit",
    "BlockGasLimitExceeded": "lower --gas-limit",
    "ForeignDirectory": "name another directory with --db",
    "DatabasePathInvalid": "name another directory with --db",
    "DatabaseVersionMismatch": "name another directory with --db",
    "GenesisMismatch": "leave --schedule out, or name another directory with --db",
    "ScheduleChanged": "create a new chain with --db",
    "InstrumentationChanged": "create a new chain with --db",
    "UnknownFork": "create a new chain with --db",
    "UnknownHostInterface": "create a new chain with --db",
    "WrongChainId": "sign the transaction for this chain",
    "DatabaseDamaged": "`contractvm db check` says what is damaged and what is whole",
    "MissingNode": "`contractvm db check` says what is damaged and what is whole",
    "MissingCode": "`contractvm db check` says what is damaged and what is whole",
    "DiskFull": "nothing of this write was kept, all before it was: make room on the"
    " disk, try again",
    "DatabaseWriteFailed": "nothing of this write was kept, all before it was",
    "NoSpaceToOpen": "make room on the disk; what only reads the chain works without",
    "NoRoomToRead": "make room in one of these, or name another with TMPDIR",
    "DatabaseNotWritable": "what only reads the chain works; to continue it, make the"
    " directory writable, or copy it and name the copy with --db",
    "BlockNotKept": "`contractvm db stats` says which blocks are kept",
    "HistoryNotKept": "`contractvm db stats` says which blocks are kept",
    "UnknownBranch": "`contractvm branch list` shows the branches",
    "BranchExists": "give another name, or delete that one first",
    "TimeNotAfterHead": "`contractvm time show` shows the clock",
    "CaseUnbounded": "--trust runs it all the same",
    "CompilationLimit": "--engine interpreter runs it, without --cross-check",
    "ChainExists": "name another directory with --db",
    "UnknownTransaction": "`contractvm block` lists those of the newest block",
}


# In the context's `meta`: what the command has already done.
DONE = "contractvm_cli.done"


class CommandFailed(ContractVmError):
    """A command cannot do what it was asked for; the message says what to do."""


def missing_library(library: str, extra: str) -> CommandFailed:
    """What a command needs is not installed; an extra of this project brings it."""
    return CommandFailed(
        f"{library} is missing: pip install 'contractvm-wasm[{extra}]'"
    )


def record_done(what: str) -> None:
    """Remember a change that stays; where the command fails later, the error says so.

    `what` names it by its hash or file: "transaction 0x... is in block 5 0x...".
    """
    click.get_current_context().meta[DONE] = what


def add_done(ctx: click.Context, error: BaseException) -> None:
    """Give `error` the note of what was done, if anything was."""
    if DONE in ctx.meta:
        error.add_note(f"done before that: {ctx.meta[DONE]}")


def with_notes(message: str, error: BaseException) -> str:
    """The message, and the notes of the error."""
    return "; ".join((message, *getattr(error, "__notes__", ())))


def report(error: Exception) -> int:
    """Report an error on stderr; return its exit code."""
    match error:
        case click.exceptions.NoArgsIsHelpError():
            error.show()
            return EXIT_USAGE
        case click.UsageError():
            message = re.sub(r"(?<!\.)\.$", "", error.format_message())
            say_error(message + _where_to_read(error))
            return EXIT_USAGE
        case click.Abort():
            return EXIT_INTERRUPTED
        case InternalError() if type(error).__name__ not in MENDABLE:
            say(with_notes(f"internal error: {with_hint(error)}", error))
            return EXIT_INTERNAL
        case ContractVmError() | ScheduleError() | UnknownSchedule():
            say_error(with_notes(with_hint(error), error))
        case OSError():
            say_error(with_notes(describe_os_error(error), error))
        case ImportError() if library := _library_of(error):
            say_error(f"{library} does not load ({error}); install it again")
        case _:
            report_bug(error)
            return EXIT_INTERNAL
    return EXIT_FAILED


def _library_of(error: ImportError) -> str | None:
    """The library that is not installed or is broken; None for a package of ours."""
    library, _, _ = (error.name or "").partition(".")
    return None if library in PACKAGES else library or None


def report_bug(error: Exception) -> None:
    """Report a fault of the program itself."""
    message = (
        f"internal error: {type(error).__name__}: {error}; this is a bug of contractvm:"
        f" {TRACEBACK_VARIABLE}=1 shows where it happened"
    )
    say(with_notes(message, error))


def with_hint(error: Exception) -> str:
    """The error's message, and what to do about it unless it says so itself."""
    for kind in type(error).__mro__:
        if kind.__name__ in HINTS:
            return f"{error}; {HINTS[kind.__name__]}"
    return str(error)


def describe_os_error(error: OSError) -> str:
    """`FILE: no such file or directory`."""
    reason = (error.strerror or str(error) or type(error).__name__).lower()
    return f"{error.filename}: {reason}" if error.filename else reason


def say_error(message: str) -> None:
    """One line `error: ...` on stderr."""
    say(f"error: {message}")


def say_warning(message: Warning | str, *_place: object, **_more: object) -> None:
    """One line `warning: ...` on stderr, instead of Python's two with code."""
    say(f"warning: {message}")


def say(message: str) -> None:
    """One line on stderr; control characters are escaped."""
    click.echo(on_one_line(message), err=True)


def say_note(note: str) -> None:
    """What somebody wrote beside a case, line by line, up to twenty."""
    lines = note.splitlines()
    for line in lines[:MAX_NOTE_LINES]:
        say(f"note: {line}")
    if len(lines) > MAX_NOTE_LINES:
        say(f"note: and {len(lines) - MAX_NOTE_LINES:,} more lines")


def on_one_line(text: str) -> str:
    """`text` with control characters as escapes: `\\n`, `\\x1b`."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def silence_stdout() -> None:
    """Discard buffered output, or Python complains at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _where_to_read(error: click.UsageError) -> str:
    if error.ctx is None:
        return ""
    return f"; see '{error.ctx.command_path} --help'"
