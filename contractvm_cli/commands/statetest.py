"""`contractvm statetest`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.state_tests.state_tests import (
    StateTestEngines,
    StateTestResult,
    find_state_tests,
    run_state_test_file,
)
from contractvm_cli.block_difference import showing_difference
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, on_one_line, say
from contractvm_cli.options import (
    EngineOptions,
    example,
    gathered_engines,
    json_option,
    schedule_option,
    verb_command,
)
from contractvm_cli.output import print_json_line
from contractvm_cli.progress import tracked


@verb_command(
    "statetest",
    epilog=example("contractvm statetest vectors/ewasm-state-tests --json"),
)
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@schedule_option("The gas schedule.  [default: what a test names]", None)
@gathered_engines
@json_option
def statetest_command(
    paths: Sequence[Path], schedule: str | None, engines: EngineOptions, as_json: bool
) -> None:
    """Run Ethereum-format state tests for Byzantium, with Wasm contracts.

    PATH is a .json file, or a folder with such files in it. With --json, each line on
    stdout is one test's result, and the summary goes to stderr. Exit code 1 if a test
    failed. Instructions cost nothing, unless a test names another schedule.
    """
    files = find_state_tests(list(paths))
    if not files:
        raise CommandFailed(f"no .json file in {', '.join(map(str, paths))}")
    count = failed_count = 0
    made = StateTestEngines(
        engines.engine, cross_check=engines.cross_check, schedule=schedule
    )
    with showing_difference():
        for result in run_files(files, made):
            count += 1
            failed_count += not result.passed
            show_result(result, as_json)
    summary = f"{count - failed_count} passed, {failed_count} failed of {count} tests"
    if as_json:
        say(summary)
    else:
        click.echo(summary)
    if failed_count:
        raise click.exceptions.Exit(EXIT_FAILED)


def run_files(
    files: Sequence[Path], engines: StateTestEngines
) -> Iterator[StateTestResult]:
    """The results of all files, in order, with a progress bar on a terminal."""
    for path in tracked(files, "state tests"):
        yield from run_state_test_file(path, engines)


def show_result(result: StateTestResult, as_json: bool) -> None:
    """Print one test's result: a line of JSON, or the name if it failed."""
    if as_json:
        print_json_line(
            {
                "name": result.name,
                "pass": result.passed,
                "stateRoot": format_data(result.state_root),
                "logsHash": format_data(result.logs_hash),
                "gasUsed": result.gas_used,
                "error": result.error,
            }
        )
    elif not result.passed:
        click.echo(on_one_line(f"FAILED {result.name}: {result.error}"))
