"""`contractvm mine`."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from chain_sim.ethereum.primitives.text import format_data
from contractvm.progress import Progress
from contractvm_cli.chains import reached_for_writing
from contractvm_cli.failures import record_done
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.progress import shown_progress
from contractvm_cli.times import LENGTH_OF_TIME, time_text
from contractvm_cli.transaction_options import ChainPlace, writable_db

MAX_BLOCKS = 1_000_000


@verb_command(
    "mine",
    epilog=example("contractvm mine", "contractvm mine 1000 --interval 12"),
)
@click.argument("count", type=click.IntRange(1, MAX_BLOCKS), default=1, metavar="[N]")
@click.option(
    "--interval",
    metavar="TIME",
    type=LENGTH_OF_TIME,
    help="Time between blocks: seconds, or 5m, 2h, 7d, 1w.  [default: the chain's, 1]",
)
@writable_db
@rpc_url_option
@json_option
def mine_command(
    count: int, interval: int | None, place: ChainPlace, as_json: bool
) -> None:
    """Make N empty blocks, by default one, at most a million.

    The first comes one interval after the newest, or at the time that was set. All
    are on disk at the end; an interruption keeps those already written, and says how
    many they are.
    """
    with (
        reached_for_writing(place) as chain,
        shown_progress() as shown,
        interrupted_between_batches(shown) as progress,
    ):
        start = chain.head.header.number
        try:
            chain.mine_blocks(count, interval=interval, progress=progress)
        finally:
            head = chain.head
            made = head.header.number - start
            if made:
                record_done(
                    f"{made} of {count} blocks are made, the newest is"
                    f" {head.header.number} {format_data(head.hash)}"
                )
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


@contextmanager
def interrupted_between_batches(progress: Progress) -> Iterator[Progress]:
    """A callback that raises KeyboardInterrupt after Ctrl-C, once a batch is on disk.

    Within one the chain might not know yet which blocks are.
    """
    is_wanted = False

    def want(_signal: int, _frame: object) -> None:
        nonlocal is_wanted
        is_wanted = True

    def show(phase: str, done: int, total: int | None) -> None:
        progress(phase, done, total)
        if is_wanted:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield progress
        return
    before = signal.signal(signal.SIGINT, want)
    try:
        yield show
    finally:
        signal.signal(signal.SIGINT, before)
