"""`contractvm load`."""

from pathlib import Path
from typing import Any

import click

from chain_sim.ethereum.dumps.load import LoadOptions, LoadReport, load_chain
from chain_sim.ethereum.fee_market import FEE_MARKETS
from chain_sim.ethereum.primitives.text import format_data
from contractvm_cli.failures import record_done, say_warning
from contractvm_cli.options import (
    example,
    json_option,
    new_db_option,
    schedule_option,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.progress import shown_progress


@verb_command(
    "load",
    epilog=example(
        "contractvm load state.json --db copy", "contractvm load genesis.json --db dev"
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@schedule_option(
    "The gas schedule, if FILE is another tool's.  [default: that of a new chain]", None
)
@click.option(
    "--chain-id",
    type=click.IntRange(1, 2**64 - 1),
    help="The chain id, if FILE is another tool's.  [default: FILE's, or 31337]",
)
@click.option(
    "--fees",
    type=click.Choice(tuple(FEE_MARKETS)),
    help="The fee market, if FILE is another tool's; it starts with FILE's base fee."
    "  [default: none]",
)
@new_db_option
@json_option
def load_command(
    file: Path,
    schedule: str | None,
    chain_id: int | None,
    fees: str | None,
    db: Path,
    as_json: bool,
) -> None:
    """Create a chain with the state in a file.

    FILE is what `contractvm dump` wrote, anvil's state.json (also as anvil_dumpState
    gives it), or geth's genesis.json. A dump is loaded with its blocks and receipts,
    and must have the state root that it declares; of another tool's file, the accounts
    are loaded, with the number and time of its newest block. --db must name a path that
    does not exist yet.
    """
    options = LoadOptions(schedule, chain_id, fees)
    with shown_progress() as progress:
        loaded = load_chain(file, db, options, progress)
    head = loaded.head
    record_done(
        f"the chain in {db} has block {head.header.number} {format_data(head.hash)}"
    )
    for warning in loaded.warnings:
        say_warning(warning)
    if as_json:
        print_json(_document(loaded))
    else:
        print_facts(_facts(loaded, db))


def _document(loaded: LoadReport) -> dict[str, Any]:
    header = loaded.head.header
    return {
        "source": loaded.source,
        "head": header.number,
        "headHash": format_data(loaded.head.hash),
        "stateRoot": format_data(header.state_root),
        "accounts": loaded.accounts,
        "slots": loaded.slots,
        "codes": loaded.codes,
        "blocks": loaded.blocks,
        "transactions": loaded.transactions,
        "skippedBlocks": loaded.skipped_blocks,
        "skippedTransactions": loaded.skipped_transactions,
        "warnings": list(loaded.warnings),
    }


def _facts(loaded: LoadReport, db: Path) -> dict[str, object]:
    header = loaded.head.header
    skipped = loaded.skipped_blocks
    return {
        "chain": str(db),
        "written by": loaded.source,
        "head": f"{header.number} {format_data(loaded.head.hash)}",
        "state root": format_data(header.state_root),
        "accounts": f"{loaded.accounts}, with {loaded.codes} codes and"
        f" {loaded.slots} slots",
        "blocks": f"{loaded.blocks}, with {loaded.transactions} transactions",
        "not kept": f"{skipped} blocks, {loaded.skipped_transactions} transactions:"
        f" {loaded.source}'s have no form in this chain"
        if skipped
        else None,
    }
