"""`contractvm cosmwasmtest`."""

from pathlib import Path

import click

from chain_sim.cosmos.vectors.results import VectorResult
from chain_sim.cosmos.vectors.runner import run_vectors
from contractvm.runtime.engine_selection import make_engine
from contractvm_cli.failures import EXIT_FAILED, on_one_line, say
from contractvm_cli.options import engine_options, example, json_option, verb_command
from contractvm_cli.output import print_json_line


@verb_command(
    "cosmwasmtest", epilog=example("contractvm cosmwasmtest vectors/cosmwasm")
)
@click.argument(
    "folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
)
@engine_options[0]
@json_option
def cosmwasmtest_command(folder: Path, engine: str, as_json: bool) -> None:
    """Run vectors of CosmWasm.

    DIR has golden.csv with published figures of cosmwasm-vm, wasmvm and wasmd,
    scenarios.json, or both, and the contracts in a folder of that name. With --json,
    each line on stdout is one row's result, and the summary goes to stderr. Rows that
    golden.csv itself calls not reproduced are named and counted apart if their value is
    another one. Exit code 1 if a row failed.
    """
    count = failed = apart = 0
    for result in run_vectors(folder, make_engine(engine)):
        count += 1
        failed += result.failed
        apart += result.unreproduced is not None
        show_result(result, as_json)
    summary = f"{count - failed - apart} passed, {failed} failed of {count} rows"
    if apart:
        summary += f"; {apart} not reproduced, as the file itself says"
    if as_json:
        say(summary)
    else:
        click.echo(summary)
    if failed:
        raise click.exceptions.Exit(EXIT_FAILED)


def show_result(result: VectorResult, as_json: bool) -> None:
    """Print one row's result: a line of JSON, or what differs if it failed."""
    if as_json:
        print_json_line(result.document())
    elif not result.passed:
        what = result.error or f"{result.value}, {result.expected} expected"
        place = f"{result.file} {result.row}, {result.release}, {result.step}"
        verdict = "FAILED" if result.failed else "NOT REPRODUCED"
        why = f" (the file: {result.unreproduced})" if result.unreproduced else ""
        click.echo(on_one_line(f"{verdict} {place}: {what}{why}"))
