"""`contractvm cosmwasm capture`, `dump` and `load`."""

from pathlib import Path

import click

from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.sent_messages import SentMessage
from chain_sim.cosmos.files.cases import (
    capture_message,
    capture_past,
    encode_case,
)
from chain_sim.cosmos.files.dumps import dump_chain, load_dump
from chain_sim.ethereum.documents.whole_files import whole_file
from chain_sim.ethereum.dumps.new_database import new_database
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm_cli.commands.cosmwasm import (
    chain_option,
    cosmwasm_command,
    db_option,
    from_option,
    funds_option,
    gas_option,
)
from contractvm_cli.cosmos_chains import address, opened
from contractvm_cli.failures import record_done
from contractvm_cli.options import example, json_option
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.output_paths import OutputFile

__all__ = ["cosmwasm_command"]


@cosmwasm_command.command(
    "capture",
    epilog=example(
        "contractvm cosmwasm capture ADDRESS '{\"increment\": {}}' -o case.json",
        "contractvm cosmwasm capture --block 7 -o case.json",
        "contractvm replay case.json --cross-check",
    ),
)
@click.argument("contract", metavar="[ADDRESS]", required=False)
@click.argument("message", metavar="[JSON]", required=False)
@click.option(
    "--block",
    "past",
    type=click.IntRange(0),
    help="Instead of a message: the one that the block of this height keeps.",
)
@click.option(
    "-o",
    "--out",
    type=OutputFile(is_replaced=True),
    required=True,
    help="The file to write, replaced if it exists.",
)
@click.option(
    "--entry",
    type=click.Choice(["execute", "sudo", "query"]),
    default="execute",
    show_default=True,
    help="The entry point.",
)
@click.option(
    "--at",
    "height",
    type=click.IntRange(0),
    help="After the block of this height.  [default: the newest]",
)
@from_option
@funds_option
@gas_option
@chain_option
@json_option
def capture_command(  # noqa: PLR0913, PLR0917 (one for each option)
    contract: str | None,
    message: str | None,
    past: int | None,
    out: Path,
    entry: str,
    height: int | None,
    sender: str,
    funds: str,
    gas_limit: int,
    db: Path,
    as_json: bool,
) -> None:
    """Save a message to a contract with everything needed to run it.

    The message is run as it would be now, or after an earlier block, or as it was in
    the block that keeps it. The chain does not change. The file holds the state that
    was read, the contracts, and the result: `contractvm replay` runs it again on any
    machine, without the chain.
    """
    with opened(db, DEFAULT_ENGINE) as chain:
        if past is not None:
            if contract is not None or height is not None:
                raise click.UsageError("Give either ADDRESS and JSON, or --block.")
            case = capture_past(chain, past)
        else:
            if contract is None or message is None:
                raise click.UsageError("Give ADDRESS and JSON, or --block.")
            sent = SentMessage(
                entry=entry,  # type: ignore[arg-type] # one of the choices
                contract=chain.contract(contract).address,
                message=message,
                sender="" if entry != "execute" else address(chain, sender),
                funds="" if entry != "execute" else funds,
                gas_limit=gas_limit,
            )
            case = capture_message(chain, sent, height)
    content = encode_case(case)
    with whole_file(out) as file:
        file.write(content)
    record_done(f"{out} has the message")
    (step,) = case.steps
    facts = {
        "file": str(out),
        "bytes": len(content),
        "entries": len(case.entries),
        "gasUsed": step.outcome["gasUsed"],
        "error": step.outcome["error"],
        "root": step.root,
    }
    print_either(facts, as_json)


@cosmwasm_command.command(
    "dump",
    epilog=example(
        "contractvm cosmwasm dump chain.json",
        "contractvm cosmwasm load chain.json --db copy",
    ),
)
@click.argument("file", type=OutputFile(is_replaced=True))
@chain_option
@json_option
def dump_command(file: Path, db: Path, as_json: bool) -> None:
    """Write the chain to a file: its state, and its blocks with what they changed.

    The same chain gives the same bytes. An existing file is replaced once all is
    written.
    """
    with opened(db, DEFAULT_ENGINE) as chain:
        content = dump_chain(chain)
        facts = head_facts(chain)
    with whole_file(file) as target:
        target.write(content)
    record_done(f"{file} has block {facts['height']}")
    print_either({"file": str(file), "bytes": len(content), **facts}, as_json)


@cosmwasm_command.command(
    "load", epilog=example("contractvm cosmwasm load chain.json --db copy")
)
@click.argument("file", type=click.Path(path_type=Path))
@db_option
@json_option
def load_command(file: Path, db: Path, as_json: bool) -> None:
    """Create a chain from a file of `contractvm cosmwasm dump`.

    Every block must have the root that the file says. --db must name a path that does
    not exist yet.
    """
    with new_database(db) as database:
        load_dump(file, database)
    with opened(db, DEFAULT_ENGINE) as chain:
        facts = head_facts(chain)
    record_done(f"the chain in {db} has block {facts['height']}")
    print_either({"chain": str(db), **facts}, as_json)


def head_facts(chain: CosmosChain) -> dict[str, object]:
    """The newest block."""
    head = chain.head
    return {
        "release": chain.config.release,
        "height": head.height,
        "root": head.root.hex(),
    }


def print_either(facts: dict[str, object], as_json: bool) -> None:
    """Print facts as JSON or for people."""
    if as_json:
        print_json(facts)
    else:
        print_facts(facts)
