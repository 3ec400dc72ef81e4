"""`contractvm view`."""

from pathlib import Path

import click

from chain_sim.ethereum.documents.whole_files import whole_file
from chain_sim.ethereum.primitives.text import Hash32, format_data
from chain_sim.node.explorer.explorer import explorer_of
from chain_sim.node.explorer.static_file import transaction_file
from contractvm_cli.chains import existing_chain
from contractvm_cli.failures import record_done
from contractvm_cli.lookups import transaction_of
from contractvm_cli.names import Name
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.parameters import TRANSACTION


@verb_command("view", epilog=example("contractvm view TX_HASH -o tx.html"))
@click.argument("given", metavar="TX_HASH", type=TRANSACTION)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file to write.",
)
@db_option
@json_option
def view_command(given: Hash32 | Name, output: Path, db: Path, as_json: bool) -> None:
    """Write a transaction as one HTML file, to read without a node.

    It is the explorer's page of the transaction: gas with the flame graph, logs,
    changed state. The file has at most 2 MB, needs no network, and begins long lists
    only.
    """
    with existing_chain(db) as chain:
        tx_hash = transaction_of(chain, given)
        content = transaction_file(explorer_of(chain), tx_hash)
    with whole_file(output) as file:
        file.write(content)
    record_done(f"{output} is written")
    if as_json:
        print_json(
            {
                "file": str(output),
                "size": len(content),
                "transactionHash": format_data(tx_hash),
            }
        )
    else:
        click.echo(f"wrote {output}, {len(content)} bytes")
