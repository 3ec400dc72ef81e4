"""`contractvm time show`, `set` and `increase`."""

from pathlib import Path

import click

from chain_sim.ethereum.chain.blockchain import Blockchain
from contractvm_cli.chains import existing_chain, writable_chain
from contractvm_cli.failures import record_done
from contractvm_cli.options import VerbGroup, db_option, example, json_option
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.times import LENGTH_OF_TIME, TIME, time_text
from contractvm_cli.transaction_options import ChainPlace, writable_db


@click.group(
    "time",
    cls=VerbGroup,
    epilog=example(
        "contractvm time show",
        "contractvm time set 2030-01-01T00:00:00Z",
        "contractvm time increase 7d",
    ),
)
def time_command() -> None:
    """Show and set the chain's clock.

    The clock is logical: a block is one second after its parent, unless a time was set
    for it. So the same commands give the same block hashes, and time never goes back.
    """


@time_command.command("show", epilog=example("contractvm time show --json"))
@db_option
@json_option
def show_command(db: Path, as_json: bool) -> None:
    """Show the time of the newest block, and of the next."""
    with existing_chain(db) as chain:
        show(chain, as_json)


@time_command.command(
    "set",
    epilog=example(
        "contractvm time set 1900000000", "contractvm time set 2030-01-01T00:00:00Z"
    ),
)
@click.argument("time", type=TIME)
@writable_db
@json_option
def set_command(time: int, place: ChainPlace, as_json: bool) -> None:
    """Set the time of the next block; later ones continue from there.

    TIME is in seconds since 1970, or a date and time, in UTC if it names no zone. It
    is kept in the database until the next block; `branch switch` and `revert` discard
    it.
    """
    with writable_chain(place) as chain:
        chain.clock.set(time)
        record_done(f"the next block's time is {chain.clock.next_time}")
        show(chain, as_json)


@time_command.command("increase", epilog=example("contractvm time increase 1h"))
@click.argument("length", type=LENGTH_OF_TIME)
@writable_db
@json_option
def increase_command(length: int, place: ChainPlace, as_json: bool) -> None:
    """Make the next block later by LENGTH.

    LENGTH is in seconds, or 5m, 2h, 7d, 1w.
    """
    with writable_chain(place) as chain:
        chain.clock.advance(length)
        record_done(f"the next block's time is {chain.clock.next_time}")
        show(chain, as_json)


def show(chain: Blockchain, as_json: bool) -> None:
    """Print the time of the newest block, and of the next."""
    head, following = chain.head.header.timestamp, chain.clock.next_time
    if as_json:
        print_json({"head": head, "next": following, "isSet": chain.clock.is_set})
        return
    print_facts(
        {
            "newest block": f"{head} ({time_text(head)})",
            "next block": f"{following} ({time_text(following)})"
            f"{', as set' if chain.clock.is_set else ''}",
        }
    )
