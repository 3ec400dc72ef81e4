"""`contractvm dump`."""

from pathlib import Path

import click

from chain_sim.ethereum.primitives.text import format_data
from contractvm_cli.chains import existing_chain
from contractvm_cli.failures import record_done
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.output_paths import OutputFile
from contractvm_cli.progress import shown_progress


@verb_command(
    "dump", epilog=example("contractvm dump state.json", "contractvm load state.json")
)
@click.argument("file", type=OutputFile(is_replaced=True))
@click.option(
    "--hex", "is_hex", is_flag=True, help="Zipped, as 0x text, for anvil_loadState."
)
@db_option
@json_option
def dump_command(file: Path, is_hex: bool, db: Path, as_json: bool) -> None:
    """Write the chain's state and blocks to a file.

    FILE has the form of anvil's state.json: all accounts at the newest block, with
    code and storage, and the chain's blocks, transactions and receipts. The same chain
    gives the same bytes. An existing file is replaced once all is written.
    """
    with existing_chain(db) as chain, shown_progress() as progress:
        chain.export.dump(file, is_hex=is_hex, progress=progress)
        head = chain.head
    state_root = format_data(head.header.state_root)
    record_done(f"{file} has block {head.header.number}, state root {state_root}")
    facts = {
        "file": str(file),
        "bytes": file.stat().st_size,
        "head": head.header.number,
        "stateRoot": state_root,
    }
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
