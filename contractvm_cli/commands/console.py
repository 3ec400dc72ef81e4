"""`contractvm console`."""

import platform
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from chain_sim.ethereum.chain.blockchain import Blockchain
from contractvm import __version__
from contractvm_cli.chains import no_chain
from contractvm_cli.console.names import namespace
from contractvm_cli.console.running import interact, read_source, run_source
from contractvm_cli.console.session_chain import SessionChain
from contractvm_cli.nodes import given_node, is_node_given, rpc_url_option
from contractvm_cli.options import (
    EngineOptions,
    db_option,
    example,
    gathered_engines,
    json_option,
    verb_command,
)
from contractvm_cli.output import print_json

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain

CODE_NAME = "-c"


@verb_command(
    "console",
    epilog=example(
        "contractvm console",
        "contractvm console -c 'token.balanceOf(accounts[0])'",
        "contractvm console setup.py",
    ),
)
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@click.option("-c", "source", metavar="CODE", help="Run this, and nothing else.")
@gathered_engines
@db_option
@rpc_url_option
@json_option
def console_command(
    files: tuple[Path, ...],
    source: str | None,
    engines: EngineOptions,
    db: Path,
    as_json: bool,
) -> None:
    """Python with a chain and its contracts at hand.

    `chain`, `accounts`, the names of the address book, Contract, Abi, ether, gwei,
    keccak, trace, reverts. FILEs are run first. The database is open only while a
    statement runs. Without a chain, one in memory is used. With -c, the value of the
    last expression is printed, and the exit code is 1 if it fails.
    """
    if as_json and source is None:
        raise click.UsageError(
            "--json is for the value of -c CODE.", click.get_current_context()
        )
    chain = session_chain(db, engines)

    def opened() -> AbstractContextManager[None]:
        return chain.opened() if isinstance(chain, SessionChain) else nullcontext()

    programs = [(str(path), read_source(path)) for path in files]
    with opened():
        names = namespace(chain)
        banner = banner_of(chain, db, names)
        for name, text in programs:
            run_source(text, name, names)
        if source is not None:
            show(run_source(source, CODE_NAME, names), as_json)
            return
    interact(names, opened, banner)


def show(value: object, as_json: bool) -> None:
    """Print a value as Python shows it; nothing for None."""
    if as_json:
        shown = None if value is None else repr(value)
        print_json({"format": "contractvm-console", "version": 1, "value": shown})
    elif value is not None:
        click.echo(repr(value))


def session_chain(db: Path, engines: EngineOptions) -> "Blockchain | NodeChain":
    """The node's chain, that of the database, or one in memory."""
    if is_node_given():
        node = given_node()
        if node is not None:
            return node
    if db.joinpath("CURRENT").is_file():
        return SessionChain(db, engines)
    source = click.get_current_context().get_parameter_source("db")
    if source in (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT):
        raise no_chain(db)
    return Blockchain.in_memory(engine=engines.engine, cross_check=engines.cross_check)


def banner_of(
    chain: "Blockchain | NodeChain", db: Path, names: dict[str, object]
) -> str:
    """Three lines: versions, the chain, the names."""
    if isinstance(chain, SessionChain):
        place = f"in {db}"
    else:
        place = "in memory" if isinstance(chain, Blockchain) else f"of {chain.url}"
    head = chain.head.header
    return "\n".join(
        (
            f"contractvm {__version__}, Python {platform.python_version()}",
            f"chain {place}, block {head.number}",
            ", ".join(name for name in names if not name.startswith("_")),
        )
    )
