"""`contractvm stylustest`."""

from pathlib import Path

import click

from chain_sim.ethereum.execution.engine_choice import engine_with_schedule
from chain_sim.ethereum.stylus_tests.runner import (
    StylusTestResult,
    run_stylus_tests,
)
from contractvm_cli.failures import EXIT_FAILED, on_one_line, say
from contractvm_cli.options import (
    engine_option,
    example,
    json_option,
    verb_command,
)
from contractvm_cli.output import print_json_line

SCHEDULE = "stylus-1"


@verb_command(
    "stylustest", epilog=example("contractvm stylustest vectors/stylus --json")
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False, exists=True))
@engine_option
@json_option
def stylustest_command(folder: Path, engine: str, as_json: bool) -> None:
    """Run published vectors of Arbitrum Stylus.

    FOLDER has golden.csv, golden-own.csv and the files that these need.

    With --json, each line on stdout is one row's result, and the summary goes to
    stderr. Rows without an expectation are run, too, since later ones depend on them.
    Exit code 1 if a row failed.
    """
    passed = failed = unjudged = 0
    for result in run_stylus_tests(folder, engine_with_schedule(SCHEDULE, engine)):
        passed += result.passed is True
        failed += result.passed is False
        unjudged += result.passed is None
        show_result(result, as_json)
    summary = f"{passed} passed, {failed} failed, {unjudged} without an expectation"
    if as_json:
        say(summary)
    else:
        click.echo(summary)
    if failed:
        raise click.exceptions.Exit(EXIT_FAILED)


def show_result(result: StylusTestResult, as_json: bool) -> None:
    """Print one row's result: a line of JSON, or the row if it did not pass."""
    if as_json:
        print_json_line(
            {
                "file": result.file,
                "row": result.row,
                "id": result.id,
                "pass": result.passed,
                "gasUsed": result.gas_used,
                "surchargeGas": result.surcharge_gas,
                "status": result.status,
                "output": None if result.output is None else result.output.hex(),
                "error": result.error,
            }
        )
    elif result.passed is False:
        place = f"{result.file} row {result.row}"
        click.echo(on_one_line(f"FAILED {place} {result.id}: {result.error}"))
