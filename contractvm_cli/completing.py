"""What a shell may offer for an argument: names of the book, functions of contracts.

Nothing here opens a chain, and nothing fails: a shell shows no error.
"""

from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING

import click

from contractvm.errors import ContractVmError
from contractvm_cli.address_book import book_path, project_path, read_book
from contractvm_cli.names import (
    DEVELOPER_MARK,
    LAST_CONTRACT,
    LAST_TRANSACTION,
    Name,
    book_entries,
    known_names,
)
from gas_schedule.bounded_files import read_bounded

if TYPE_CHECKING:
    from chain_sim.ethereum.abi.functions import AbiFunction

DEVELOPERS = tuple(f"{DEVELOPER_MARK}{index}" for index in range(10))
ACCOUNTS = ("account", "address", "target")

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def offering(found: Callable[[click.Context], Iterator[str]]) -> Complete:
    """What begins with the incomplete word, of what can be found out."""

    @wraps(found)
    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        with ctx.scope(cleanup=False):
            try:
                words = sorted({*found(ctx)})
            except (ContractVmError, OSError):
                return []
        return [word for word in words if word.startswith(incomplete)]

    return complete


@offering
def complete_name(_: click.Context) -> Iterator[str]:
    """The names of the book and of the project."""
    yield from known_names()


@offering
def complete_account(_: click.Context) -> Iterator[str]:
    """What stands for an account."""
    yield from known_names()
    yield from (*DEVELOPERS, LAST_CONTRACT)


@offering
def complete_transaction(_: click.Context) -> Iterator[str]:
    """What stands for a transaction."""
    yield LAST_TRANSACTION


@offering
def complete_target(_: click.Context) -> Iterator[str]:
    """What stands for an account or a transaction."""
    yield from known_names()
    yield from (*DEVELOPERS, LAST_CONTRACT, LAST_TRANSACTION)


@offering
def complete_function(ctx: click.Context) -> Iterator[str]:
    """The functions of the contract that the command line names so far."""
    functions = [one for path in abi_paths(ctx) for one in functions_of(path)]
    names = [function.name for function in functions]
    for function in functions:
        is_alone = names.count(function.name) == 1
        yield function.name if is_alone else function.signature


def abi_paths(ctx: click.Context) -> Iterator[str]:
    """The files of the ABIs that the contract may have."""
    given = next((ctx.params[one] for one in ACCOUNTS if ctx.params.get(one)), None)
    if ctx.params.get("abi") is not None:
        yield str(ctx.params["abi"])
    elif isinstance(given, Name):
        entries = book_entries(given)
        newest = entries[-1:] if entries else []
        yield from (one.abi for one in newest if one.abi is not None)
    elif isinstance(given, bytes):
        for chain in read_book(book_path()).chains.values():
            for one in (entry for found in chain.values() for entry in found):
                if one.abi and one.address.lower() == f"0x{given.hex()}":
                    yield one.abi


def functions_of(path: str) -> "tuple[AbiFunction, ...]":
    """The functions in a file that the book names."""
    from chain_sim.ethereum.abi.abi_file import (  # noqa: PLC0415 (for this alone)
        MAX_FILE_BYTES,
    )
    from chain_sim.ethereum.abi.known_abi import (  # noqa: PLC0415 (as above)
        read_known_abi,
    )

    content = read_bounded(project_path(path), MAX_FILE_BYTES)
    return read_known_abi(content).functions
