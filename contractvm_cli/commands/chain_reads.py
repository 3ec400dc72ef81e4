"""`contractvm tx`, `receipt` and `block`."""

from pathlib import Path

import click

from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.documents.documents import (
    amount_text,
    block_document,
    transaction_document,
)
from chain_sim.ethereum.primitives.text import Hash32
from contractvm_cli.chains import find_block, reached_chain
from contractvm_cli.decoding import Naming, abi_option, known_abis
from contractvm_cli.lookups import transaction_of
from contractvm_cli.names import Name
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import TRANSACTION
from contractvm_cli.places import BLOCK
from contractvm_cli.where import (
    PlaceFinder,
    place_of,
    place_options,
    where_document,
)


@verb_command("tx", epilog=example("contractvm tx HASH --json"))
@click.argument("given", metavar="HASH", type=TRANSACTION)
@abi_option
@db_option
@rpc_url_option
@json_option
def tx_command(given: Hash32 | Name, abi: Path | None, db: Path, as_json: bool) -> None:
    """Show a transaction of the chain.

    HASH may be $tx, the last one. Where the contract's ABI is known, so is the call.
    """
    with reached_chain(db) as chain:
        tx_hash = transaction_of(chain, given)
        tx, receipt = chain.transaction(tx_hash), chain.receipt(tx_hash)
        naming = Naming(known_abis(chain, receipt.to, abi), receipt.to)
    document = transaction_document(tx, receipt)
    if as_json:
        print_json({**document, **naming.call_document(tx.to, tx.data)})
    else:
        document["call"] = naming.call_text(tx.to, tx.data)
        document["value"] = amount_text(tx.value)
        document["gasPrice"] = f"{receipt.gas_price} wei"
        print_facts(document)


@verb_command("receipt", epilog=example("contractvm receipt HASH"))
@click.argument("given", metavar="HASH", type=TRANSACTION)
@abi_option
@db_option
@rpc_url_option
@place_options
def receipt_command(
    given: Hash32 | Name, abi: Path | None, db: Path, places: PlaceFinder
) -> None:
    """Show a transaction's receipt: status, gas, logs, and where it failed.

    HASH may be $tx, the last one. Events and errors have their names where the ABI of
    the contract is known.
    """
    with reached_chain(db) as chain:
        receipt = chain.receipt(transaction_of(chain, given))
        where = place_of(chain, receipt, places)
        abis = known_abis(chain, receipt.to, abi)
        naming = Naming(abis, receipt.to, receipt.logs)
    if places.as_json:
        document = naming.receipt_document(receipt)
        print_json({**document, "where": where_document(where)})
    else:
        print_facts({**naming.receipt_facts(receipt), **places.facts(where)})


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
