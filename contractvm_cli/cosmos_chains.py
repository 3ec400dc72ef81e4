"""Cosmos chains that commands open, and the people on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chain_sim.cosmos.addresses import user_address
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from chain_sim.database.errors import DatabaseNotFound
from chain_sim.database.leveldb.level import LevelDatabase
from contractvm_cli.failures import CommandFailed, say
from contractvm_cli.waiting import when_unlocked

DEFAULT_DATABASE = ".contractvm/cosmos"
# A chain that the command makes: who begins with coins, and with how many.
FIRST_COINS = "1000000000stake"
PEOPLE = ("alice", "bob", "carol")


@contextmanager
def opened(
    path: Path,
    engine: str,
    release: str | None = None,
    *,
    may_begin: bool = False,
    handlers: Path | None = None,
) -> Iterator[CosmosChain]:
    """The chain in a database; a new one has people with coins.

    `handlers` is a script that registers some.
    """
    is_new = may_begin and not path.exists()
    try:
        database = when_unlocked(lambda: LevelDatabase(path, must_exist=not may_begin))
    except DatabaseNotFound as error:
        raise CommandFailed(
            f"no chain in {path}; `contractvm cosmwasm store FILE` begins one"
        ) from error
    with CosmosChain(release, engine=engine, database=database) as chain:
        load_handlers(handlers, chain.handlers)
        if is_new:
            for name in PEOPLE:
                chain.account(name, FIRST_COINS)
            say(f"new chain in {path}: {chain.config.release}")
        yield chain


def address(chain: CosmosChain, name: str) -> str:
    """An address: as it is, or that of a person."""
    if chain.addresses.fault(name) is None:
        return name
    if name.startswith(f"{chain.addresses.prefix}1"):
        raise CommandFailed(f"{name}: {chain.addresses.fault(name)}")
    return chain.addresses.text(user_address(name))
