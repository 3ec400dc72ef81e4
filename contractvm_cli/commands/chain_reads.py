"""`contractvm tx`, `receipt` and `block`."""

from pathlib import Path

import click

from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.documents.documents import (
    amount_text,
    block_document,
    receipt_document,
    receipt_facts,
    transaction_document,
)
from chain_sim.ethereum.primitives.text import Hash32
from contractvm_cli.chains import find_block, reached_chain
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import HASH
from contractvm_cli.places import BLOCK
from contractvm_cli.where import (
    PlaceFinder,
    place_of,
    place_options,
    where_document,
)


@verb_command("tx", epilog=example("contractvm tx HASH --json"))
@click.argument("tx_hash", metavar="HASH", type=HASH)
@db_option
@rpc_url_option
@json_option
def tx_command(tx_hash: Hash32, db: Path, as_json: bool) -> None:
    """Show a transaction of the chain."""
    with reached_chain(db) as chain:
        tx, receipt = chain.transaction(tx_hash), chain.receipt(tx_hash)
    document = transaction_document(tx, receipt)
    if as_json:
        print_json(document)
    else:
        document["value"] = amount_text(tx.value)
        document["gasPrice"] = f"{receipt.gas_price} wei"
        print_facts(document)


@verb_command("receipt", epilog=example("contractvm receipt HASH"))
@click.argument("tx_hash", metavar="HASH", type=HASH)
@db_option
@rpc_url_option
@place_options
def receipt_command(tx_hash: Hash32, db: Path, places: PlaceFinder) -> None:
    """Show a transaction's receipt: status, gas, logs, and where it failed."""
    with reached_chain(db) as chain:
        receipt = chain.receipt(tx_hash)
        where = place_of(chain, receipt, places)
    if places.as_json:
        print_json({**receipt_document(receipt), "where": where_document(where)})
    else:
        print_facts({**receipt_facts(receipt), **places.facts(where)})


@verb_command(
    "block", epilog=example("contractvm block latest", "contractvm block 0 --json")
)
@click.argument(
    "which", metavar="[NUMBER|HASH|BRANCH|latest]", type=BLOCK, default="latest"
)
@db_option
@rpc_url_option
@json_option
def block_command(which: BlockName, db: Path, as_json: bool) -> None:
    """Show a block, by default the newest."""
    with reached_chain(db) as chain:
        block = find_block(chain, which)
    document = block_document(block)
    if as_json:
        print_json(document)
    else:
        document.pop("logsBloom")
        print_facts(document)
