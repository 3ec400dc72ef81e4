"""`contractvm replay`."""

from pathlib import Path
from typing import Any

import click

from chain_sim.cosmos.files.cases import CosmosCase
from chain_sim.ethereum.capture.case import Case, require_bounded
from chain_sim.ethereum.capture.case_document import outcome_document
from chain_sim.ethereum.capture.replaying import Replayed, replay_case
from chain_sim.ethereum.execution.cross_check import EngineDifference
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.state_tests.state_test_of_difference import (
    engine_outcome_document,
)
from contractvm_cli.cosmos_replays import replay_cosmos
from contractvm_cli.engine_difference import show_side_by_side
from contractvm_cli.failures import EXIT_FAILED, say_error, say_note, say_warning
from contractvm_cli.finding_cases import read_replayable
from contractvm_cli.options import (
    EngineOptions,
    example,
    gathered_engines,
    json_option,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.tables import TEXT, print_table


@verb_command(
    "replay",
    epilog=example(
        "contractvm replay case.json", "contractvm replay case.json --cross-check"
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--trust", is_flag=True, help="Run it even if nothing bounds its time and memory."
)
@click.option(
    "--handlers",
    metavar="SCRIPT",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="For messages of a Cosmos chain: a .py file whose register(handlers) adds what"
    " the chain does not simulate.",
)
@gathered_engines
@json_option
def replay_command(
    file: Path,
    trust: bool,
    handlers: Path | None,
    engines: EngineOptions,
    as_json: bool,
) -> None:
    """Run a captured transaction again, without a chain.

    FILE is what `contractvm capture` or `contractvm cosmwasm capture` wrote, or a
    finding's file of `contractvm fuzz`. Its state is checked against the state root
    first; then its transactions run, and every result is compared with the one in the
    file. Exit code 1 if anything differs.
    """
    case = read_replayable(file)
    if isinstance(case, CosmosCase):
        replay_cosmos(case, engines, handlers, as_json=as_json, is_trusted=trust)
        return
    if handlers is not None:
        raise click.UsageError("--handlers is for messages of a Cosmos chain.")
    if not trust:
        require_bounded(case)
    try:
        replayed = replay_case(case, engines.engine, cross_check=engines.cross_check)
    except EngineDifference as difference:
        _show_difference(difference, as_json)
        raise click.exceptions.Exit(EXIT_FAILED) from None
    for note in replayed.notes:
        say_warning(note)
    if as_json:
        print_json(_document(case, replayed))
    else:
        _show(case, replayed)
    if not replayed.is_same:
        fields = ", ".join(one.field for one in replayed.deviations)
        say_error(f"{replayed.deviations[0].place} is not as expected in {fields}")
        raise click.exceptions.Exit(EXIT_FAILED)


def _show(case: Case, replayed: Replayed) -> None:
    say_note(case.note)
    if replayed.is_same:
        last = replayed.outcomes[-1].result if replayed.outcomes else None
        print_facts(
            {
                "replay": "the same",
                "transactions": len(replayed.outcomes),
                "status": None if last is None else last.status.name.lower(),
                "gas used": None if last is None else last.gas_used,
                "state root": f"{format_data(case.state_root)}, proven by"
                f" {len(case.nodes)} nodes and {len(case.codes)} codes",
                "post root": format_data(case.post_root),
            }
        )
        return
    print_table(
        {"field": TEXT, "expected": TEXT, "found": TEXT},
        [(one.field, one.expected, one.found) for one in replayed.deviations],
    )


def _document(case: Case, replayed: Replayed) -> dict[str, Any]:
    return {
        "same": replayed.is_same,
        "note": case.note,
        "notes": list(replayed.notes),
        "stateRoot": format_data(case.state_root),
        "postStateRoot": format_data(case.post_root),
        "transactions": [outcome_document(outcome) for outcome in replayed.outcomes],
        "differences": [
            {
                "place": one.place,
                "field": one.field,
                "expected": one.expected,
                "found": one.found,
            }
            for one in replayed.deviations
        ],
    }


def _show_difference(difference: EngineDifference, as_json: bool) -> None:
    results = {
        outcome.engine: engine_outcome_document(outcome)
        for outcome in difference.outcomes
    }
    if as_json:
        print_json({"difference": str(difference), "results": results})
    else:
        show_side_by_side(results)
    say_error(str(difference))
