"""`contractvm snapshot` and `revert`."""

from pathlib import Path

import click

from chain_sim.ethereum.primitives.text import format_data
from contractvm_cli.chains import existing_chain
from contractvm_cli.failures import record_done, say
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_json


@verb_command("snapshot", epilog=example("contractvm snapshot"))
@db_option
@json_option
def snapshot_command(db: Path, as_json: bool) -> None:
    """Remember the newest block under a number, for `contractvm revert`.

    You can go back to a snapshot any number of times; garbage collection keeps it.
    """
    with existing_chain(db, for_writing=True) as chain:
        number, head = chain.snapshot(), chain.head
    record_done(
        f"snapshot {number} is of block {head.header.number} {format_data(head.hash)}"
    )
    if as_json:
        print_json(
            {
                "snapshot": number,
                "number": head.header.number,
                "hash": format_data(head.hash),
            }
        )
    else:
        click.echo(f"snapshot {number}, at block {head.header.number}")


@verb_command("revert", epilog=example("contractvm revert 1"))
@click.argument("snapshot", type=int)
@db_option
@json_option
def revert_command(snapshot: int, db: Path, as_json: bool) -> None:
    """Go back to a snapshot.

    The block that SNAPSHOT remembers becomes the newest, and the branch moves with it.
    """
    with existing_chain(db, for_writing=True) as chain:
        has_time = chain.clock.is_set
        head = chain.revert(snapshot)
    record_done(f"head is block {head.header.number} {format_data(head.hash)}")
    if has_time:
        say("the time that was set for the next block is forgotten")
    if as_json:
        print_json({"number": head.header.number, "hash": format_data(head.hash)})
    else:
        click.echo(f"head is block {head.header.number} {format_data(head.hash)}")
