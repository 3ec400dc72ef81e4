"""`contractvm log`."""

from itertools import islice
from pathlib import Path

import click

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.primitives.text import Hash32, format_data
from contractvm_cli.chains import reached_chain
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.places import BLOCK
from contractvm_cli.tables import NUMBER, TEXT, print_table
from contractvm_cli.times import time_text

MAX_SHOWN = 2**63 - 1


@verb_command(
    "log", epilog=example("contractvm log -n 5", "contractvm log experiment --json")
)
@click.argument("block", type=BLOCK, required=False)
@click.option(
    "--branch", metavar="NAME", help="Start at the newest block of this branch."
)
@click.option(
    "-n",
    "--number",
    "count",
    metavar="BLOCKS",
    type=click.IntRange(1, MAX_SHOWN),
    default=20,
    show_default=True,
    help="How many blocks to show.",
)
@db_option
@rpc_url_option
@json_option
def log_command(
    block: BlockName, branch: str | None, count: int, db: Path, as_json: bool
) -> None:
    """Show blocks, newest first, and the branches that end there.

    Starts at BLOCK (a number, a hash or a branch), by default the newest. `*` marks
    the branch that the chain is on.
    """
    if block is not None and branch is not None:
        raise click.UsageError(
            "Give either BLOCK or --branch.", click.get_current_context()
        )
    with reached_chain(db) as chain:
        names: dict[Hash32, list[str]] = {}
        for one in chain.branches.all():
            names.setdefault(one.tip.hash, []).append(one.name)
        current = chain.branches.current
        blocks = list(
            islice(chain.history.blocks(branch if block is None else block), count)
        )
    if as_json:
        print_json([log_document(block, names.get(block.hash, [])) for block in blocks])
        return
    columns = {"block": NUMBER, "hash": TEXT, "time": TEXT}
    print_table(
        {**columns, "transactions": NUMBER, "gas used": NUMBER, "branches": TEXT},
        [
            (
                block.header.number,
                format_data(block.hash),
                time_text(block.header.timestamp),
                len(block.transactions),
                block.header.gas_used,
                ", ".join(
                    f"*{name}" if name == current else name
                    for name in names.get(block.hash, [])
                ),
            )
            for block in blocks
        ],
    )


def log_document(block: Block, branches: list[str]) -> dict[str, object]:
    """A line of the log."""
    return {
        "number": block.header.number,
        "hash": format_data(block.hash),
        "timestamp": block.header.timestamp,
        "transactions": len(block.transactions),
        "gasUsed": block.header.gas_used,
        "stateRoot": format_data(block.header.state_root),
        "branches": branches,
    }
