"""`contractvm branch list`, `create`, `switch` and `delete`."""

from pathlib import Path

import click

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives.text import format_data
from contractvm_cli.chains import existing_chain
from contractvm_cli.failures import record_done, say
from contractvm_cli.options import VerbGroup, db_option, example, json_option
from contractvm_cli.output import print_json
from contractvm_cli.places import BLOCK
from contractvm_cli.tables import NUMBER, TEXT, print_table


@click.group(
    "branch",
    cls=VerbGroup,
    epilog=example(
        "contractvm branch create experiment",
        "contractvm branch switch experiment",
        "contractvm branch list",
    ),
)
def branch_command() -> None:
    """Name blocks and continue from them: branches as in git.

    New blocks move the branch that the chain is on; a chain starts on `main`. A branch
    is a name for a block: creating one copies nothing.
    """


@branch_command.command("list", epilog=example("contractvm branch list --json"))
@db_option
@json_option
def list_command(db: Path, as_json: bool) -> None:
    """Show the branches, and which the chain is on."""
    with existing_chain(db) as chain:
        branches, current = chain.branches.all(), chain.branches.current
    if as_json:
        documents = [
            {**tip_document(branch.name, branch.tip), "isCurrent": branch.is_current}
            for branch in branches
        ]
        print_json({"current": current, "branches": documents})
        return
    print_table(
        {"": TEXT, "branch": TEXT, "block": NUMBER, "hash": TEXT},
        [
            (
                "*" if branch.is_current else "",
                branch.name,
                branch.tip.header.number,
                format_data(branch.tip.hash),
            )
            for branch in branches
        ],
    )


@branch_command.command(
    "create",
    epilog=example(
        "contractvm branch create experiment",
        "contractvm branch create before-sale 41",
        "contractvm branch create from-snapshot --snapshot 3",
    ),
)
@click.argument("name")
@click.argument("block", type=BLOCK, required=False)
@click.option("--snapshot", type=int, metavar="NUMBER", help="Start at a snapshot.")
@db_option
@json_option
def create_command(
    name: str, block: BlockName, snapshot: int | None, db: Path, as_json: bool
) -> None:
    """Name a block, by default the newest; the chain stays on its branch.

    BLOCK is a number, a hash or another branch.
    """
    if block is not None and snapshot is not None:
        raise click.UsageError(
            "Give either BLOCK or --snapshot.", click.get_current_context()
        )
    with existing_chain(db, for_writing=True) as chain:
        if snapshot is not None:
            block = chain.branches.snapshot_block(snapshot).hash
        branch = chain.branches.create(name, block)
    finish("created", name, branch.tip, as_json)


@branch_command.command("switch", epilog=example("contractvm branch switch main"))
@click.argument("name")
@db_option
@json_option
def switch_command(name: str, db: Path, as_json: bool) -> None:
    """Continue from a branch's newest block, which becomes the head."""
    with existing_chain(db, for_writing=True) as chain:
        has_time = chain.clock.is_set
        was_there = chain.branches.current == name
        tip = chain.branches.switch(name)
    if has_time and not was_there:
        say("the time that was set for the next block is forgotten")
    finish("already on" if was_there else "switched to", name, tip, as_json)


@branch_command.command("delete", epilog=example("contractvm branch delete experiment"))
@click.argument("name")
@db_option
@json_option
def delete_command(name: str, db: Path, as_json: bool) -> None:
    """Forget a branch's name; not the branch the chain is on.

    Its blocks can be read by their hashes until the next `contractvm db gc`.
    """
    with existing_chain(db, for_writing=True) as chain:
        tip = chain.branches.delete(name)
    finish("deleted", name, tip, as_json)


def finish(done: str, name: str, tip: Block, as_json: bool) -> None:
    """Report what was done, and the branch's newest block."""
    number, block_hash = tip.header.number, format_data(tip.hash)
    what = f"{done} {name}, at block {number} {block_hash}"
    record_done(what)
    if as_json:
        print_json(tip_document(name, tip))
        return
    click.echo(what)


def tip_document(name: str, tip: Block) -> Document:
    """A branch and its newest block."""
    return {"name": name, "number": tip.header.number, "hash": format_data(tip.hash)}
