"""`contractvm run`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from contractvm.cli.failures import EXIT_FAILED, CommandFailed, say_error
from contractvm.cli.module_files import naming_file, read_module
from contractvm.cli.module_runs import MAX_UNITS, RunOutcome, run_func
from contractvm.cli.options import (
    NEGATIVE_NUMBERS,
    example,
    gathered,
    json_option,
    refuse_unknown_options,
    schedule_option,
)
from contractvm.cli.output import print_facts, print_json
from contractvm.cli.wasm_values import value_document, value_text
from gas_schedule.loader import load_schedule


@dataclass(frozen=True, slots=True)
class RunTerms:
    """How much gas, what it buys, and who runs the module."""

    gas: int
    schedule: str
    engine: str


run_terms = gathered(
    RunTerms,
    "terms",
    click.option(
        "--gas",
        type=click.IntRange(min=0),
        metavar="GAS",
        default=30_000_000,
        show_default=True,
        help="Gas that the call may use.",
    ),
    schedule_option("What instructions cost.", "ewasm-metered"),
    click.option(
        "--engine",
        type=click.Choice(["interpreter"]),
        default="interpreter",
        show_default=True,
        help="What runs the module.",
    ),
)


@click.command(
    "run",
    context_settings=NEGATIVE_NUMBERS,
    epilog=example("contractvm run fib.wat --invoke fib 30 --gas 1000000"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--invoke", metavar="NAME", required=True, help="The exported func.")
@click.argument("arguments", nargs=-1, metavar="[ARGS]...")
@run_terms
@json_option
def run_command(
    file: Path,
    invoke: str,
    arguments: Sequence[str],
    terms: RunTerms,
    as_json: bool,
) -> None:
    """Call a func that a module exports, without a chain, and show the exact gas.

    FILE is a .wasm or .wat module without imports and without floats. ARGS are
    integers, signed or unsigned, decimal or 0x. A start function runs first, for the
    same gas. Exit code 1 where the call trapped or ran out of gas.
    """
    refuse_unknown_options(arguments)
    costs = load_schedule(terms.schedule)
    if terms.gas * costs.units_per_gas > MAX_UNITS:
        raise CommandFailed(
            f"--gas {terms.gas} is too much: the schedule {costs.name} allows"
            f" {MAX_UNITS // costs.units_per_gas} at most"
        )
    code = read_module(file)
    with naming_file(file):
        outcome = run_func(code, invoke, arguments, terms.gas, costs)
    show_outcome(outcome, terms.engine, as_json)
    if outcome.error:
        say_error(f"{invoke}: {outcome.error}")
        raise click.exceptions.Exit(EXIT_FAILED)


def show_outcome(outcome: RunOutcome, engine: str, as_json: bool) -> None:
    """Print results and gas; a trap is told in the facts too."""
    if as_json:
        print_json(
            {
                "status": 0 if outcome.error else 1,
                "results": [value_document(*pair) for pair in outcome.results],
                "gasUsed": outcome.gas_used,
                "unitsUsed": outcome.units_used,
                "unitsPerGas": outcome.units_per_gas,
                "schedule": outcome.schedule,
                "engine": engine,
                "error": outcome.error,
            }
        )
        return
    print_facts(
        {
            "status": outcome.error or "ok",
            "result": [value_text(*pair) for pair in outcome.results],
            "gas used": outcome.gas_used,
            "units used": f"{outcome.units_used} ({outcome.units_per_gas} are one gas)",
        }
    )
