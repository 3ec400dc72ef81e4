"""`contractvm wasitest`."""

from pathlib import Path

import click

from contractvm.hosts.registry import load_checked
from contractvm.hosts.wasi.command_run import DEFAULT_SCHEDULE, command_pipeline
from contractvm.hosts.wasi.program_suite import (
    ProgramResult,
    find_programs,
    run_program,
)
from contractvm.runtime.engine_selection import make_engine
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, on_one_line, say
from contractvm_cli.options import (
    engine_options,
    example,
    json_option,
    schedule_option,
    verb_command,
)
from contractvm_cli.output import print_json_line
from contractvm_cli.progress import tracked


@verb_command("wasitest", epilog=example("contractvm wasitest vectors/wasi-testsuite"))
@click.argument(
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
)
@engine_options[0]
@schedule_option("The gas schedule.", DEFAULT_SCHEDULE)
@json_option
def wasitest_command(folder: Path, engine: str, schedule: str, as_json: bool) -> None:
    """Run a suite of WASI programs.

    DIR has .wasm files, in folders or not. Beside each there may be a .json file with
    what the program gets and must do: args, env, root or dirs (folders beside it, which
    it gets as copies), exit_code (0 if left out), stdout, stderr. With --json, each
    line on stdout is one program's result, and the summary goes to stderr. Exit code 1
    if a program failed.
    """
    programs = find_programs(folder)
    if not programs:
        raise CommandFailed(f"no .wasm file in {folder}")
    pipeline = command_pipeline(make_engine(engine), load_checked(schedule))
    failed = 0
    for path in tracked(programs, "programs"):
        result = run_program(pipeline, path, path.relative_to(folder).as_posix())
        failed += not result.passed
        show_result(result, as_json)
    count = len(programs)
    summary = f"{count - failed} passed, {failed} failed of {count} programs"
    if as_json:
        say(summary)
    else:
        click.echo(summary)
    if failed:
        raise click.exceptions.Exit(EXIT_FAILED)


def show_result(result: ProgramResult, as_json: bool) -> None:
    """Print one program's result: a line of JSON, or the name if it failed."""
    if as_json:
        print_json_line(
            {
                "name": result.name,
                "pass": result.passed,
                "exitCode": result.exit_code,
                "unitsUsed": result.units_used,
                "hostCalls": result.host_calls,
                "error": result.error,
            }
        )
    elif not result.passed:
        click.echo(on_one_line(f"FAILED {result.name}: {result.error}"))
