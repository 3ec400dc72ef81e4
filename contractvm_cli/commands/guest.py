"""`contractvm guest`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from contractvm.errors import ContractVmError
from contractvm.guests.guest import Guest
from contractvm.guests.limits import DEFAULT_LIMITS, Limits
from contractvm.guests.outcomes import Exited
from contractvm.guests.result import Result
from contractvm.guests.tape import Tape
from contractvm.guests.trap_site import Where
from contractvm.hosts.wasi.command_run import DEFAULT_SCHEDULE
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.runtime.engine_selection import ENGINES
from contractvm_cli.failures import EXIT_FAILED, record_done, say, say_error
from contractvm_cli.options import VerbGroup, example, json_option
from contractvm_cli.output import print_facts, print_json

# Exit codes above mean something else to shells.
GREATEST_EXIT_CODE = 125

module_argument = click.argument(
    "module",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="MODULE",
)
engine_option = click.option(
    "--engine",
    type=click.Choice(["auto", *ENGINES]),
    envvar="CONTRACTVM_ENGINE",
    default="auto",
    show_default=True,
    show_envvar=True,
    help="The engine; results and gas are the same on both. auto is wasmtime where"
    " compiled code is in the cache, else the interpreter.",
)
store_option = click.option(
    "--store",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The folder of tapes' contents above 64 KiB, by their SHA-256; without it they"
    " are in the tape.",
)
guest_schedule_option = click.option(
    "--schedule",
    default=DEFAULT_SCHEDULE,
    show_default=True,
    metavar="NAME|FILE",
    help="The gas schedule.",
)


@click.group("guest", cls=VerbGroup)
def guest_command() -> None:
    """Run other people's programs, metered and limited."""


@guest_command.command(
    "run",
    epilog=example(
        "contractvm guest run hello.wasm --mount /=data -- first second",
        "contractvm guest run hello.wasm --gas 1000000 --record run.tape",
    ),
)
@module_argument
@click.argument("args", nargs=-1, metavar="[-- ARGS...]")
@click.option(
    "--mount",
    "mounts",
    multiple=True,
    metavar="PATH=DIR[:rw]",
    help="Let the program find a copy of DIR at PATH; with :rw it may write to that.",
)
@click.option("--env", "env", multiple=True, metavar="NAME=VALUE", help="A variable.")
@click.option(
    "--stdin",
    type=click.Path(path_type=Path, allow_dash=True),
    help="A file to read as standard input, - for ours.",
)
@click.option(
    "--gas",
    type=click.IntRange(min=0),
    default=DEFAULT_LIMITS.gas,
    show_default=True,
    help="The gas that the run may use.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), help="A time limit."
)
@click.option(
    "--memory",
    "pages",
    type=click.IntRange(min=0),
    default=DEFAULT_LIMITS.memory_pages,
    show_default=True,
    help="The memory that it may have, in pages of 64 KiB.",
)
@click.option("--call", metavar="EXPORT", help="The export to call.  [default: _start]")
@click.option(
    "--record",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Write a tape, with which the run can be replayed.",
)
@store_option
@guest_schedule_option
@engine_option
@json_option
def run_command(  # noqa: PLR0913 (a parameter for each option)
    module: Path,
    args: Sequence[str],
    *,
    mounts: Sequence[str],
    env: Sequence[str],
    stdin: Path | None,
    gas: int,
    seconds: float | None,
    pages: int,
    call: str | None,
    record: Path | None,
    store: Path | None,
    schedule: str,
    engine: str,
    as_json: bool,
) -> None:
    """Run a WASI program, or an export of a plugin, and show what it writes.

    It sees nothing of this machine but its arguments, the variables, the standard input
    and copies of the directories that are given here; time and randomness are the same
    in every run. The exit code is the program's, up to 125, and 1 if the run ended in
    another way, which stderr names. With --json, one document tells all of it, and
    what the program wrote is in there.
    """
    if store is not None and record is None:
        raise click.UsageError("--store is for the contents of a tape: add --record")
    guest = Guest.load(module, schedule=schedule, engine=engine)
    result = guest.run(
        call,
        args=[module.name, *args],
        env=dict(_pairs("--env", env)),
        stdin=_read_input(stdin),
        mounts={path: _tree(place) for path, place in _pairs("--mount", mounts)},
        limits=Limits(gas=gas, seconds=seconds, memory_pages=pages),
        record=record is not None,
    )
    if record is not None and result.tape is not None:
        result.tape.save(record, store)
        record_done(f"{record} has the tape of the run")
    _show(result, as_json)


@guest_command.command("inspect", epilog=example("contractvm guest inspect hello.wasm"))
@module_argument
@json_option
def inspect_command(module: Path, as_json: bool) -> None:
    """Show what a module asks for, without running or checking it."""
    found = Guest.inspect(module)
    document = {
        "imports": [
            {"module": place, "name": name, "type": str(kind)}
            for place, name, kind in found.imports
        ],
        "exports": [{"name": name, "type": str(kind)} for name, kind in found.exports],
        "bytes": found.module_bytes,
        "minMemoryPages": found.min_memory_pages,
        "maxMemoryPages": found.max_memory_pages,
    }
    if as_json:
        print_json(document)
        return
    print_facts(
        {
            "imports": [
                f"{place}.{name} {kind}" for place, name, kind in found.imports
            ],
            "exports": [f"{name} {kind}" for name, kind in found.exports],
            "memory": _pages(found.min_memory_pages, found.max_memory_pages),
            "bytes": f"{found.module_bytes:,}",
        }
    )


@guest_command.command(
    "replay", epilog=example("contractvm guest replay run.tape hello.wasm")
)
@click.argument(
    "tape",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="TAPE",
)
@module_argument
@store_option
@guest_schedule_option
@engine_option
@json_option
def replay_command(
    tape: Path,
    module: Path,
    *,
    store: Path | None,
    schedule: str,
    engine: str,
    as_json: bool,
) -> None:
    """Run a recorded program again, and compare everything with the tape.

    Host functions are not called: the tape has their answers.
    """
    recorded = Tape.load(tape, store)
    guest = Guest.load(module, abi=recorded.abi, schedule=schedule, engine=engine)
    _show(guest.replay(recorded), as_json)


@guest_command.command("compile", epilog=example("contractvm guest compile hello.wasm"))
@module_argument
@guest_schedule_option
@json_option
def compile_command(module: Path, schedule: str, as_json: bool) -> None:
    """Compile a module ahead of time: later runs use the code.

    The code is kept in the user's cache; a child process with limits compiles it. Gas
    and results are those of the interpreter.
    """
    Guest.load(module, schedule=schedule, engine="wasmtime")
    if as_json:
        print_json({"module": str(module), "schedule": schedule, "engine": "wasmtime"})
    else:
        click.echo(f"compiled {module.name}")


def _show(result: Result, as_json: bool) -> None:
    if as_json:
        print_json(_document(result))
    else:
        _write(sys.stdout, result.stdout)
        if isinstance(result.value, bytes):
            _write(sys.stdout, result.value)
        _write(sys.stderr, result.stderr)
        if not isinstance(result.outcome, Exited):
            where = result.where()
            place = "" if where is None else f", in {where}"
            shown = f"the run ended early: {result.outcome}{place}"
            say(str(result.outcome)) if result.ok else say_error(shown)
        say(f"{result.gas_used:,} gas ({result.units_used:,} units)")
    if not result.ok:
        code = result.exit_code
        is_own = code is not None and code <= GREATEST_EXIT_CODE
        raise click.exceptions.Exit(code if is_own and code else EXIT_FAILED)


def _place(where: Where | None) -> dict[str, Any] | None:
    if where is None:
        return None
    return {
        "funcIndex": where.func_index,
        "funcName": where.func_name,
        "offset": where.offset,
        "file": where.file,
        "line": where.line,
    }


def _document(result: Result) -> dict[str, Any]:
    return {
        "outcome": type(result.outcome).__name__,
        "message": str(result.outcome),
        "where": _place(result.where()),
        "exitCode": result.exit_code,
        "value": _shown(result.value),
        "stdout": result.stdout.decode(errors="backslashreplace"),
        "stderr": result.stderr.decode(errors="backslashreplace"),
        "stderrTruncated": result.stderr_truncated,
        "gasUsed": result.gas_used,
        "unitsUsed": result.units_used,
        "unitsByGuest": result.units_by_guest,
        "unitsByHost": result.units_by_host,
        "hostCalls": dict(result.host_calls),
        "memoryPages": result.memory_peak_pages,
        "engine": result.engine,
    }


def _shown(value: Any) -> Any:
    """What a call returned, for a document; bytes as text."""
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    return value


def _write(stream: Any, data: bytes) -> None:
    """Write a program's output: as it is, but without commands to a terminal."""
    stream.flush()
    if not stream.isatty():
        stream.buffer.write(data)
        stream.buffer.flush()
        return
    text = data.decode(errors="backslashreplace")
    stream.write("".join(map(_printable, text)))
    stream.flush()


def _printable(character: str) -> str:
    if character.isprintable() or character in "\n\t":
        return character
    return character.encode("unicode_escape").decode()


def _pairs(option: str, values: Sequence[str]) -> list[tuple[str, str]]:
    pairs = []
    for value in values:
        name, equals, rest = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} has no name and =", param_hint=option)
        pairs.append((name, rest))
    return pairs


def _tree(place: str) -> FileTree:
    is_writable = place.endswith(":rw")
    return FileTree.read(place.removesuffix(":rw"), writable=is_writable)


def _read_input(path: Path | None) -> bytes:
    if path is None:
        return b""
    most = DEFAULT_LIMITS.stdin_bytes
    with click.open_file(str(path), "rb") as file:
        data: bytes = file.read(most + 1)
    if len(data) > most:
        raise ContractVmError(f"{path} has more than {most:,} bytes")
    return data


def _pages(least: int | None, most: int | None) -> str | None:
    if least is None:
        return None
    return f"{least} pages" + ("" if most is None else f", at most {most}")
