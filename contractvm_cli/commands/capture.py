"""`contractvm capture`."""

from pathlib import Path

import click

from chain_sim.ethereum.capture.case_document import encode_case
from chain_sim.ethereum.documents.whole_files import write_whole
from chain_sim.ethereum.primitives.text import Hash32, format_data
from contractvm_cli.chains import existing_chain
from contractvm_cli.failures import record_done
from contractvm_cli.lookups import transaction_of
from contractvm_cli.names import Name
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.output_paths import OutputFile
from contractvm_cli.parameters import TRANSACTION


@verb_command("capture", epilog=example("contractvm capture HASH -o case.json"))
@click.argument("given", metavar="HASH", type=TRANSACTION)
@click.option(
    "-o",
    "--out",
    type=OutputFile(is_replaced=True),
    required=True,
    help="The file to write, replaced if it exists.",
)
@db_option
@json_option
def capture_command(given: Hash32 | Name, out: Path, db: Path, as_json: bool) -> None:
    """Save a transaction with everything needed to replay it.

    The file holds the state the transaction reads, as trie nodes proven by the state
    root, and the contracts, the block, the gas schedule, the earlier transactions of
    the block, and the result. `contractvm replay` runs it again on any machine,
    without the chain.
    """
    with existing_chain(db) as chain:
        tx_hash = transaction_of(chain, given)
        case = chain.export.capture(tx_hash)
    text = encode_case(case)
    write_whole(out, text)
    record_done(f"{out} has transaction {format_data(tx_hash)}")
    facts = {
        "file": str(out),
        "bytes": len(text),
        "transactions": len(case.outcomes),
        "nodes": len(case.nodes),
        "codes": len(case.codes),
        "stateRoot": format_data(case.state_root),
        "postStateRoot": format_data(case.post_root),
    }
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
