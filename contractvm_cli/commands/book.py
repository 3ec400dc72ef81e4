"""`contractvm book list`, `add`, `remove` and `label`."""

from pathlib import Path

import click
from msgspec.structs import replace

from chain_sim.ethereum.primitives.text import Address, format_address
from contractvm_cli.address_book import (
    MAX_LABEL,
    BookEntry,
    Entries,
    book_path,
    changed_book,
    find_entry,
    path_in_project,
    read_book,
)
from contractvm_cli.chains import reached_chain
from contractvm_cli.completing import complete_name
from contractvm_cli.failures import CommandFailed, on_one_line, record_done
from contractvm_cli.known_abis import read_abi
from contractvm_cli.lookups import account_of, chain_name, name_account
from contractvm_cli.names import Name, nearest
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import VerbGroup, db_option, example, json_option
from contractvm_cli.output import print_json
from contractvm_cli.parameters import CONTRACT, NAME
from contractvm_cli.tables import TEXT, print_table

Row = tuple[str, BookEntry]


@click.group(
    "book",
    cls=VerbGroup,
    epilog=example(
        "contractvm book add bob @1",
        "contractvm book add token 0x5FbD... --abi token.json",
        "contractvm book list",
    ),
)
def book_command() -> None:
    """Name accounts and contracts.

    A name stands for the address wherever one is wanted. Names are kept in
    .contractvm/book.json of the project, those of each chain by themselves.
    `contractvm deploy --as NAME` adds one.
    """


@book_command.command("list", epilog=example("contractvm book list --json"))
@click.option("--all", "is_all", is_flag=True, help="The names of all chains.")
@db_option
@rpc_url_option
@json_option
def list_command(is_all: bool, db: Path, as_json: bool) -> None:
    """Show the chain's names, the newest of several of one name last."""
    chains = read_book(book_path()).chains
    if not is_all:
        with reached_chain(db) as chain:
            name = chain_name(chain)
        chains = {name: chains.get(name, {})}
    rows = {name: rows_of(entries) for name, entries in sorted(chains.items())}
    if as_json:
        print_json(
            {
                "format": "contractvm-book",
                "version": 1,
                "chains": {
                    name: [entry_document(row) for row in found]
                    for name, found in rows.items()
                },
            }
        )
        return
    for name, found in rows.items():
        if is_all:
            click.echo(f"chain {on_one_line(name)}")
        if not found:
            click.echo("no name is in the book")
            continue
        print_table(
            {"name": TEXT, "address": TEXT, "abi": TEXT, "label": TEXT},
            [
                (shown, entry.address, entry.abi or "", entry.label)
                for shown, entry in found
            ],
        )


@book_command.command(
    "add",
    epilog=example("contractvm book add token 0x5FbD... --abi token.json"),
)
@click.argument("name", type=NAME)
@click.argument("account", metavar="ADDRESS", type=CONTRACT)
@click.option(
    "--abi",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The contract's ABI, for calls by name.",
)
@db_option
@rpc_url_option
@json_option
def add_command(
    name: str, account: Address | Name, abi: Path | None, db: Path, as_json: bool
) -> None:
    """Name an account.

    Of several with one name, the newest has the bare name, and NAME#1 is the first.
    """
    if abi is not None:
        read_abi(abi)
    with reached_chain(db) as chain:
        address = account_of(chain, account)
        name_account(chain, name, address, abi)
    shown = format_address(address)
    if as_json:
        path = None if abi is None else path_in_project(abi)
        print_json(entry_document((name, BookEntry(shown, path))))
    else:
        click.echo(f"{name}  {shown}")


@book_command.command(
    "remove",
    epilog=example("contractvm book remove bob", "contractvm book remove token#1"),
)
@click.argument("name", shell_complete=complete_name)
@db_option
@rpc_url_option
@json_option
def remove_command(name: str, db: Path, as_json: bool) -> None:
    """Forget a name; with NAME#2, one account of it, and those after it move up."""
    with reached_chain(db) as chain:
        key = chain_name(chain)
    bare = name.partition("#")[0]
    with changed_book(book_path(), key) as entries:
        found = require_entry(entries, name)
        rest = [one for one in entries[bare] if one is not found and bare != name]
        if rest:
            entries[bare] = rest
        else:
            del entries[bare]
    record_done(f"{name} is forgotten")
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"forgot {name}")


@book_command.command(
    "label", epilog=example("contractvm book label token 'the one of the demo'")
)
@click.argument("name", shell_complete=complete_name)
@click.argument("label")
@db_option
@rpc_url_option
@json_option
def label_command(name: str, label: str, db: Path, as_json: bool) -> None:
    """Say what an account is; `contractvm book list` shows it."""
    if len(label) > MAX_LABEL or not label.isprintable():
        raise CommandFailed(f"a label has at most {MAX_LABEL} printable characters")
    with reached_chain(db) as chain:
        key = chain_name(chain)
    with changed_book(book_path(), key) as entries:
        found = require_entry(entries, name)
        entry = replace(found, label=label)
        bare = name.partition("#")[0]
        entries[bare] = [entry if one is found else one for one in entries[bare]]
    if as_json:
        print_json(entry_document((name, entry)))
    else:
        click.echo(f"{name}  {label}")


def require_entry(entries: Entries, name: str) -> BookEntry:
    """The entry of a name; raises CommandFailed."""
    found = find_entry(entries, name)
    if found is None:
        raise CommandFailed(f"no name {name!r} on this chain{nearest(name, entries)}")
    return found


def rows_of(entries: Entries) -> list[Row]:
    """Each name with its account; those of one name are numbered."""
    return [
        (name if len(found) == 1 else f"{name}#{number}", entry)
        for name, found in sorted(entries.items())
        for number, entry in enumerate(found, 1)
    ]


def entry_document(row: Row) -> dict[str, object]:
    """A name and its account."""
    name, entry = row
    facts = {"name": name, "address": entry.address}
    return {**facts, "abi": entry.abi, "label": entry.label}
