"""`contractvm run`."""

from collections.abc import Sequence
from pathlib import Path

import click
from msgspec import Struct

from contractvm.hosts.registry import load_checked
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, say_error
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.module_runs import MAX_UNITS, RunCase, RunOutcome
from contractvm_cli.options import (
    EngineOptions,
    example,
    gathered,
    gathered_engines,
    json_option,
    schedule_option,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.run_cases import read_case, run_case
from contractvm_cli.wasm_values import value_document, value_text
from gas_schedule.loader import DEFAULT_SCHEDULE

DEFAULT_GAS = 30_000_000


class RunOptions(Struct, frozen=True):
    """How much gas, and its schedule; None for what was not given."""

    gas: int | None
    schedule: str | None


run_options = gathered(
    RunOptions,
    "options",
    click.option(
        "--gas",
        type=click.IntRange(min=0),
        metavar="GAS",
        help=f"Gas that the call may use.  [default: {DEFAULT_GAS}]",
    ),
    schedule_option(f"What instructions cost.  [default: {DEFAULT_SCHEDULE}]", None),
)


@verb_command(
    "run",
    epilog=example("contractvm run fib.wat --invoke fib 30 --gas 1000000"),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--invoke", metavar="NAME", help="The exported func.")
@click.argument("arguments", nargs=-1, metavar="[ARGS]...")
@run_options
@gathered_engines
@json_option
def run_command(
    file: Path,
    invoke: str | None,
    arguments: Sequence[str],
    options: RunOptions,
    engines: EngineOptions,
    as_json: bool,
) -> None:
    """Call a func that a module exports, without a chain, and show the exact gas.

    FILE is a .wasm or .wat module without imports. ARGS are
    integers, signed or unsigned, decimal or 0x. A start function runs first, for the
    same gas. Exit code 1 if the call trapped or ran out of gas.

    If --cross-check finds a difference, it writes a .json file; pass it as FILE to run
    the same call again.
    """
    if file.suffix == ".json":
        require_alone(invoke, arguments, options)
        case, schedule = read_case(file)
    else:
        schedule = options.schedule or DEFAULT_SCHEDULE
        case = given_case(file, invoke, arguments, options)
    costs = load_checked(schedule)
    if case.gas * costs.units_per_gas > MAX_UNITS:
        raise CommandFailed(
            f"--gas {case.gas} is too much: the schedule {costs.name} allows"
            f" {MAX_UNITS // costs.units_per_gas} at most"
        )
    with naming_file(file):
        outcome = run_case(case, costs, schedule, engines)
    show_outcome(outcome, engines.engine, as_json)
    if outcome.error:
        say_error(f"{case.invoke}: {outcome.error}")
        raise click.exceptions.Exit(EXIT_FAILED)


def given_case(
    file: Path, invoke: str | None, arguments: Sequence[str], options: RunOptions
) -> RunCase:
    """The call that the command line describes."""
    if invoke is None:
        raise click.UsageError(
            "Missing option '--invoke'.", click.get_current_context()
        )
    gas = DEFAULT_GAS if options.gas is None else options.gas
    return RunCase(read_module(file), invoke, tuple(arguments), gas)


def require_alone(
    invoke: str | None, arguments: Sequence[str], options: RunOptions
) -> None:
    """Wrong usage if anything else is given with a file that holds a whole call."""
    if invoke is not None or arguments or options != RunOptions(None, None):
        raise click.UsageError(
            "a .json file is a whole call: give only --engine and --cross-check.",
            click.get_current_context(),
        )


def show_outcome(outcome: RunOutcome, engine: str, as_json: bool) -> None:
    """Print results and gas; a trap is among the facts."""
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
            "status": "failed" if outcome.error else "ok",  # the error says why
            "result": [value_text(*pair) for pair in outcome.results],
            "gas used": outcome.gas_used,
            "units used": f"{outcome.units_used} ({outcome.units_per_gas} are one gas)",
        }
    )
