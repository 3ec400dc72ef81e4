"""`contractvm blame`."""

from pathlib import Path
from typing import NamedTuple

import click

from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.blocks.history_errors import HistoryNotKept
from chain_sim.ethereum.blocks.slot_history import SlotWrite
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import Document, address_text
from chain_sim.ethereum.documents.history_documents import write_document
from chain_sim.ethereum.primitives.text import Address, format_data
from contractvm_cli.chains import existing_chain
from contractvm_cli.failures import say
from contractvm_cli.lookups import account_of
from contractvm_cli.names import Name
from contractvm_cli.options import (
    db_option,
    example,
    gathered,
    json_option,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import CONTRACT, SLOT
from contractvm_cli.places import at_block_option
from contractvm_cli.progress import shown_progress
from contractvm_cli.times import time_text


class Search(NamedTuple):
    """The last block to search, how many changes, and in how much detail."""

    at: BlockName
    is_all: bool
    is_quick: bool


class Found(NamedTuple):
    """Changes, newest first, and what is missing before them, if anything."""

    writes: list[SlotWrite]
    missing: HistoryNotKept | None


@verb_command(
    "blame",
    epilog=example("contractvm blame ADDRESS 0", "contractvm blame ADDRESS 0 --all"),
)
@click.argument("account", metavar="ADDRESS", type=CONTRACT)
@click.argument("slot", type=SLOT)
@gathered(
    Search,
    "search",
    at_block_option,
    click.option("--all", "is_all", is_flag=True, help="Every change, newest first."),
    click.option(
        "--quick",
        "is_quick",
        is_flag=True,
        help="Compare blocks only: changes undone in the same block are not seen.",
    ),
)
@db_option
@json_option
def blame_command(
    account: Address | Name, slot: int, search: Search, db: Path, as_json: bool
) -> None:
    """Show who last changed a storage slot: block, transaction, sender, values.

    Walks back from the newest block and compares the slot's value; a block of several
    transactions is run again to find the one that changed it. Writing the same value,
    or a change undone in the same transaction, does not count.
    """
    with existing_chain(db) as chain:
        address = account_of(chain, account)
        found = look(chain, address, slot, search)
    if as_json:
        documents = [write_document(write) for write in found.writes]
        is_complete = found.missing is None
        if search.is_all:
            print_json({"writes": documents, "complete": is_complete})
        else:
            print_json({"write": documents[0] if documents else None})
        return
    if not found.writes:
        click.echo("never written")
    for index, write in enumerate(found.writes):
        if index:
            click.echo()
        print_facts(write_facts(write))


def look(chain: Blockchain, address: Address, slot: int, search: Search) -> Found:
    """Find the changes asked for.

    Raises HistoryNotKept if the only change asked for may not be kept.
    """
    writes: list[SlotWrite] = []
    missing = None
    with shown_progress() as progress:
        history = chain.history.slot_writes(
            address, slot, at=search.at, exact=not search.is_quick, progress=progress
        )
        try:
            for write in history:
                writes.append(write)
                if not search.is_all:
                    break
        except HistoryNotKept as error:
            if not search.is_all:
                raise
            missing = error
    if missing is not None:
        say(f"older changes are not known: {missing}")
    return Found(writes, missing)


def write_facts(write: SlotWrite) -> Document:
    """A change as text."""
    tx_hash = write.transaction_hash
    return {
        "block": f"{write.block_number} {format_data(write.block_hash)}",
        "time": f"{write.timestamp} ({time_text(write.timestamp)})",
        "transaction": "none: the chain began with it"
        if tx_hash is None
        else f"{write.transaction_index} {format_data(tx_hash)}",
        "from": address_text(write.sender),
        "before": format_data(write.before),
        "after": format_data(write.after),
    }
