"""`contractvm gas`."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import click

from chain_sim.blockchain import Blockchain
from chain_sim.primitives import Address, Hash32
from contractvm.cli.call_input import CallInput, call_input
from contractvm.cli.chains import calling_address, existing_chain, require_contract
from contractvm.cli.failures import CommandFailed
from contractvm.cli.gas.comparison import comparison_document, print_comparison
from contractvm.cli.gas.document import report_document
from contractvm.cli.gas.files import OutputFiles, output_files
from contractvm.cli.gas.terminal import print_report
from contractvm.cli.options import (
    NEGATIVE_NUMBERS,
    db_option,
    example,
    gathered,
    json_option,
)
from contractvm.cli.output import print_json
from contractvm.cli.parameters import CALL_OR_TX
from contractvm.cli.transaction_options import Terms, call_terms
from contractvm.ledger.report import GasReport
from contractvm.ledger.valuation import MustRunAgain
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

NO_TERMS = Terms(None, 0, None)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a report is to have."""

    with_lines: bool
    shows_all: bool
    find_required: bool
    reprice: str | None
    rerun: bool
    debug_module: Path | None
    as_json: bool


class Explain(Protocol):
    """Makes the report of one call or transaction."""

    def __call__(
        self, *, find_required: bool = False, schedule: GasSchedule | None = None
    ) -> GasReport:
        """See Blockchain.explain_call."""


wishes = gathered(
    Wishes,
    "wishes",
    click.option("--lines", "with_lines", is_flag=True, help="Show source lines too."),
    click.option("--all", "shows_all", is_flag=True, help="Cut no table short."),
    click.option(
        "--required",
        "find_required",
        is_flag=True,
        help="Search the smallest gas limit with which it succeeds.",
    ),
    click.option(
        "--reprice",
        metavar="NAME|PATH",
        help="Price the same run under another schedule, and compare.",
    ),
    click.option(
        "--rerun", is_flag=True, help="With --reprice: run again under that schedule."
    ),
    click.option(
        "--debug-module",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A build of the contract with debug information, for --lines.",
    ),
    json_option,
)


@click.command(
    "gas",
    context_settings=NEGATIVE_NUMBERS,
    epilog=example(
        "contractvm gas ADDRESS 'get()(uint256)'",
        "contractvm gas TX_HASH --flamegraph gas.svg",
        "contractvm gas TX_HASH --reprice ewasm-hera",
    ),
)
@click.argument("target", type=CALL_OR_TX, metavar="ADDRESS|TX_HASH")
@call_input
@call_terms
@output_files
@wishes
@db_option
def gas_command(
    target: Address | Hash32,
    call_input: CallInput,
    terms: Terms,
    files: OutputFiles,
    wishes: Wishes,
    db: Path,
) -> None:
    """Show where the gas of a call or a transaction goes, to the last unit.

    With an ADDRESS, what `contractvm call` with the same SIGNATURE and ARGS would use;
    nothing is kept. With a TX_HASH, what that transaction has used: it is run again
    from the state that it met. The parts add up to the gas used, remainder 0.
    """
    ...
