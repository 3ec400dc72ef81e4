"""`contractvm abi add`, `list` and `remove`."""

from pathlib import Path

import click

from chain_sim.ethereum.abi.abi_file import MAX_FILE_BYTES
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.known_abi import KnownAbi
from chain_sim.ethereum.documents.abi_registry import (
    AbiRegistry,
    AbiTooLarge,
    Target,
    registry_in,
)
from chain_sim.ethereum.documents.documents import Document, address_text
from chain_sim.ethereum.primitives.text import ADDRESS_BYTES, format_data
from contractvm_cli.chains import no_chain
from contractvm_cli.failures import CommandFailed, record_done
from contractvm_cli.options import (
    VerbGroup,
    example,
    json_option,
    new_db_option,
)
from contractvm_cli.output import print_json
from contractvm_cli.parameters import ADDRESS_OR_CODE
from contractvm_cli.tables import NUMBER, TEXT, print_table
from gas_schedule.bounded_files import read_bounded

TARGET = "ADDRESS|CODE_HASH"


@click.group(
    "abi",
    cls=VerbGroup,
    epilog=example(
        "contractvm abi add ADDRESS examples/token/token.json",
        "contractvm abi list",
        "contractvm abi remove ADDRESS",
    ),
)
def abi_command() -> None:
    """Register ABIs, with which the explorer names calls, logs and errors.

    They are kept beside the chain and change nothing in it; a node that has the
    database open sees them at once.
    """


@abi_command.command(
    "add", epilog=example("contractvm abi add ADDRESS examples/token/token.json")
)
@click.argument("target", metavar=TARGET, type=ADDRESS_OR_CODE)
@click.argument("file", type=click.Path(path_type=Path))
@new_db_option
@json_option
def add_command(target: Target, file: Path, db: Path, as_json: bool) -> None:
    """Register a contract's ABI, in place of an earlier one.

    FILE is what compilers write: an array, or an object with one under `abi`. With a
    CODE_HASH it is for every contract with that code.
    """
    registry = existing_registry(db)
    try:
        abi = registry.add(target, read_bounded(file, MAX_FILE_BYTES))
    except (InvalidAbi, AbiTooLarge) as error:
        raise CommandFailed(f"{file}: {error}") from error
    record_done(f"the ABI of {target_text(target)} is registered")
    if as_json:
        print_json(abi_document(format_data(target), abi))
    else:
        click.echo(
            f"{target_text(target)}: {len(abi.functions)} functions,"
            f" {len(abi.events)} events, {len(abi.errors)} errors"
        )


@abi_command.command("list", epilog=example("contractvm abi list --json"))
@new_db_option
@json_option
def list_command(db: Path, as_json: bool) -> None:
    """Show what has an ABI."""
    registry = existing_registry(db)
    documents = [abi_document(name, registry.get(name)) for name in registry.targets()]
    if as_json:
        print_json({"abis": documents})
        return
    if not documents:
        click.echo("no ABI is registered")
        return
    columns = {"contract or code hash": TEXT}
    print_table(
        {**columns, "functions": NUMBER, "events": NUMBER, "errors": NUMBER},
        [tuple(document.values()) for document in documents],
    )


@abi_command.command("remove", epilog=example("contractvm abi remove ADDRESS"))
@click.argument("target", metavar=TARGET, type=ADDRESS_OR_CODE)
@new_db_option
@json_option
def remove_command(target: Target, db: Path, as_json: bool) -> None:
    """Forget an ABI."""
    if not existing_registry(db).remove(target):
        raise CommandFailed(
            f"no ABI is registered for {target_text(target)}: see `contractvm abi list`"
        )
    record_done(f"the ABI of {target_text(target)} is forgotten")
    if as_json:
        print_json({"removed": format_data(target)})
    else:
        click.echo(f"forgot the ABI of {target_text(target)}")


def existing_registry(db: Path) -> AbiRegistry:
    """The registry of the chain at `db`, which another process may have open."""
    if not db.joinpath("CURRENT").is_file():
        raise no_chain(db)
    return registry_in(db)


def target_text(target: Target) -> str:
    """An address with its checksum, or a hash."""
    if len(target) == ADDRESS_BYTES:
        return str(address_text(target))
    return format_data(target)


def abi_document(name: str, abi: KnownAbi | None) -> Document:
    """What is known of a target; null where the file cannot be read as an ABI."""
    return {
        "target": name,
        "functions": None if abi is None else len(abi.functions),
        "events": None if abi is None else len(abi.events),
        "errors": None if abi is None else len(abi.errors),
    }
