"""`contractvm mine`."""

import click

from chain_sim.ethereum.primitives.text import format_data
from contractvm_cli.chains import writable_chain
from contractvm_cli.options import example, json_option
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.progress import shown_progress
from contractvm_cli.times import LENGTH_OF_TIME, time_text
from contractvm_cli.transaction_options import ChainPlace, writable_db


@click.command(
    "mine",
    epilog=example("contractvm mine", "contractvm mine 1000 --interval 12"),
)
@click.argument("count", type=click.IntRange(min=1), default=1, metavar="[N]")
@click.option(
    "--interval",
    metavar="TIME",
    type=LENGTH_OF_TIME,
    default="1",
    show_default=True,
    help="Time between blocks: seconds, or 5m, 2h, 7d, 1w.",
)
@writable_db
@json_option
def mine_command(count: int, interval: int, place: ChainPlace, as_json: bool) -> None:
    """Make N empty blocks, by default one.

    The first comes one interval after the newest, or at the time that was set. All
    are on disk at the end; an interruption keeps those already written.
    """
    with writable_chain(place) as chain, shown_progress() as progress:
        head = chain.mine_blocks(count, interval=interval, progress=progress)
        branch = chain.branches.current
    header = head.header
    if as_json:
        print_json(
            {
                "mined": count,
                "number": header.number,
                "hash": format_data(head.hash),
                "timestamp": header.timestamp,
                "branch": branch,
            }
        )
        return
    print_facts(
        {
            "mined": f"{count} block{'' if count == 1 else 's'}",
            "head": f"{header.number} {format_data(head.hash)}",
            "time": f"{header.timestamp} ({time_text(header.timestamp)})",
        }
    )
