"""Replays of captured messages of a Cosmos chain."""

from pathlib import Path

import click

from chain_sim.cosmos.files.cases import (
    CaseDeviation,
    CosmosCase,
    replay_case,
    require_bounded,
)
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from contractvm.runtime.engine_selection import other_engine
from contractvm_cli.failures import EXIT_FAILED, say_error, say_note
from contractvm_cli.options import EngineOptions
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.tables import TEXT, print_table


def replay_cosmos(
    case: CosmosCase,
    engines: EngineOptions,
    handlers: Path | None,
    *,
    as_json: bool,
    is_trusted: bool,
) -> None:
    """Run a case, with a cross-check on both engines, and show what differs."""
    if not is_trusted:
        require_bounded(case)
    names = [engines.engine]
    if engines.cross_check:
        names.append(other_engine(engines.engine))
    for name in names:
        replayed = replay_case(case, name, load_handlers(handlers))
        if replayed.deviations:
            break
    if as_json:
        print_json(
            {
                "same": not replayed.deviations,
                "engine": name,
                "note": case.note,
                "root": replayed.root.hex(),
                "steps": list(replayed.outcomes),
                "differences": [_document(one) for one in replayed.deviations],
            }
        )
    elif replayed.deviations:
        rows = [(one.field, one.expected, one.found) for one in replayed.deviations]
        print_table({"field": TEXT, "expected": TEXT, "found": TEXT}, rows)
    else:
        say_note(case.note)
        last = replayed.outcomes[-1] if replayed.outcomes else {}
        print_facts(
            {
                "replay": "the same",
                "steps": len(replayed.outcomes),
                "gas used": last.get("gasUsed"),
                "error": last.get("error"),
                "root": replayed.root.hex(),
            }
        )
    if replayed.deviations:
        fields = ", ".join(one.field for one in replayed.deviations)
        place = replayed.deviations[0].place
        say_error(f"{place} is not as expected in {fields} on {name}")
        raise click.exceptions.Exit(EXIT_FAILED)


def _document(one: CaseDeviation) -> dict[str, str]:
    return {
        "place": one.place,
        "field": one.field,
        "expected": one.expected,
        "found": one.found,
    }
