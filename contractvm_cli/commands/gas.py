"""`contractvm gas`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from chain_sim.ethereum.blocks.chain_point import HEAD, ChainPoint
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.gas_report.chain_reports import ReportOptions
from chain_sim.ethereum.gas_report.frame_report import lines_of_code
from chain_sim.ethereum.gas_report.report_document import report_document
from chain_sim.ethereum.gas_report.valuation import MustRunAgain
from chain_sim.ethereum.primitives.text import HASH_BYTES, Address, Hash32
from contractvm.hosts.registry import load_checked
from contractvm.ledger.report import GasReport
from contractvm_cli.call_input import CallInput, call_input
from contractvm_cli.chains import calling_address, existing_chain, require_contract
from contractvm_cli.decoding import known_abis
from contractvm_cli.failures import CommandFailed, record_done, say
from contractvm_cli.gas.comparison import comparison_document, print_comparison
from contractvm_cli.gas.debug_modules import lines_of_build
from contractvm_cli.gas.files import OutputFiles, output_files
from contractvm_cli.gas.terminal import print_report
from contractvm_cli.lookups import is_transaction, target_of
from contractvm_cli.names import Name
from contractvm_cli.options import example, gathered, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.parameters import CALL_OR_TX
from contractvm_cli.places import at_place_option
from contractvm_cli.transaction_options import (
    ChainPlace,
    MessageOptions,
    call_options,
    checked_db,
)

NO_OPTIONS = MessageOptions(None, 0, None)


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """What to show of a report, and how."""

    with_lines: bool
    with_keys: bool
    shows_all: bool
    find_required: bool
    reprice: str | None
    rerun: bool
    debug_module: Path | None
    at: ChainPoint
    as_json: bool


Explain = Callable[[ReportOptions], GasReport]
"""Makes the report of one call or transaction."""

show_options = gathered(
    ShowOptions,
    "shown",
    click.option("--lines", "with_lines", is_flag=True, help="Show source lines too."),
    click.option(
        "--slots", "with_keys", is_flag=True, help="Show slots of storage too."
    ),
    click.option("--all", "shows_all", is_flag=True, help="Cut no table short."),
    click.option(
        "--required",
        "find_required",
        is_flag=True,
        help="Find the smallest gas limit with which it succeeds.",
    ),
    click.option(
        "--reprice",
        metavar="NAME|PATH",
        help="Price the same run under another schedule, and compare.",
    ),
    click.option(
        "--rerun",
        "rerun",
        is_flag=True,
        help="With --reprice: run again under that schedule.",
    ),
    click.option(
        "--debug-module",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A build of the contract with debug information, for --lines.",
    ),
    at_place_option,
    json_option,
)


@verb_command(
    "gas",
    epilog=example(
        "contractvm gas ADDRESS 'get()(uint256)'",
        "contractvm gas TX_HASH --flamegraph gas.svg",
        "contractvm gas TX_HASH --reprice ewasm-hera",
    ),
)
@click.argument("target", type=CALL_OR_TX, metavar="ADDRESS|TX_HASH")
@call_input
@call_options
@output_files
@show_options
@checked_db
def gas_command(
    target: Address | Hash32 | Name,
    call_input: CallInput,
    message: MessageOptions,
    files: OutputFiles,
    shown: ShowOptions,
    place: ChainPlace,
) -> None:
    """Show where the gas of a call or a transaction goes, to the last unit.

    With an ADDRESS, the gas that `contractvm call` with the same SIGNATURE and ARGS
    would use, without changing the chain. With a TX_HASH, the gas that transaction
    used: it is run again from the state before it. The parts add up to the gas used,
    remainder 0. They are recorded on the interpreter; with --engine wasmtime or
    --cross-check both engines must give the same result.
    """
    check_usage(target, call_input, message, files, shown)
    if is_transaction(target) and shown.at != HEAD:
        raise click.UsageError(
            "A transaction has its own place: give its hash without --at.",
            click.get_current_context(),
        )
    schedule = None if shown.reprice is None else load_checked(shown.reprice)
    path = shown.debug_module
    build = None if path is None else lines_of_build(path)
    find_lines = lines_of_code if build is None else build.find
    with existing_chain(place.db, place.engines) as chain:
        explain = explanation_of(
            chain, target_of(chain, target), call_input, message, shown.at
        )
        report = explain(ReportOptions(shown.find_required, find_lines=find_lines))
        repriced = None
        if schedule is not None:
            options = ReportOptions(
                schedule=schedule, rerun=shown.rerun, find_lines=find_lines
            )
            repriced = reprice(explain, options, schedule.name)
    if build is not None:
        build.require_used()
    show(report, repriced, files, shown)


def check_usage(
    target: Address | Hash32 | Name,
    call_input: CallInput,
    message: MessageOptions,
    files: OutputFiles,
    shown: ShowOptions,
) -> None:
    """Raise UsageError for options that do not go together."""
    reason = None
    if is_transaction(target) and (call_input.is_call or message != NO_OPTIONS):
        reason = "A transaction has its own data and options: give its hash alone."
    elif shown.rerun and shown.reprice is None:
        reason = "--rerun needs --reprice, which names the schedule."
    elif shown.as_json and files.takes_stdout:
        reason = "Only one thing can be written to stdout: leave --json out."
    if reason is not None:
        raise click.UsageError(reason, click.get_current_context())


def explanation_of(
    chain: Blockchain,
    target: Address | Hash32,
    call_input: CallInput,
    message: MessageOptions,
    at: ChainPoint,
) -> Explain:
    """How to make the report."""
    if len(target) == HASH_BYTES:
        return partial(chain.gas.explain_transaction, Hash32(target))
    address = Address(target)
    require_contract(chain, address, at)
    abis = known_abis(chain, address, call_input.abi)
    data = call_input.on(chain, address, abis).data

    def explain(options: ReportOptions) -> GasReport:
        return chain.gas.explain_call(
            address,
            data,
            sender=calling_address(message.sender),
            value=message.value,
            gas_limit=message.gas_limit,
            at=at,
            options=options,
        )

    return explain


def reprice(explain: Explain, options: ReportOptions, schedule: str) -> GasReport:
    """The report under another schedule; CommandFailed if it must be run again."""
    try:
        return explain(options)
    except MustRunAgain as error:
        raise CommandFailed(
            f"under {schedule} the run might differ:"
            f" {'; '.join(error.reasons)}; add --rerun to run it again"
        ) from error


def show(
    report: GasReport,
    repriced: GasReport | None,
    files: OutputFiles,
    shown: ShowOptions,
) -> None:
    """Write the files, of the repriced report if there is one, and print the rest."""
    files.write(repriced or report)
    if written := ", ".join(files.written()):
        record_done(f"the files {written} are written")
    if files.takes_stdout:
        return
    if shown.as_json:
        if repriced is None:
            print_json(report_document(report))
        else:
            print_json(comparison_document(report, repriced))
        return
    if repriced is None:
        print_report(
            report,
            with_lines=shown.with_lines,
            with_keys=shown.with_keys,
            shows_all=shown.shows_all,
        )
    else:
        print_comparison(report, repriced)
    for path in files.written():
        say(f"wrote {path}")
