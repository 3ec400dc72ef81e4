"""The chain that a node serves: in memory or on disk, new or continued."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from chain_sim.database.errors import DatabaseNotFound
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.blocks.genesis import GenesisAccount, GenesisConfig
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps.load import LoadOptions, load_chain, load_into
from chain_sim.ethereum.forks import find_fork
from contractvm_cli.failures import CommandFailed, say_warning
from contractvm_cli.nodes import LISTENING_FILE
from contractvm_cli.options import EngineOptions
from contractvm_cli.serving.options import GenesisOptions, KeepingOptions
from gas_schedule.bounded_files import open_regular

WEI_PER_ETHER = 10**18
USUAL_FEES = "eip1559"
NO_FEES = "none"


@contextmanager
def served_chain(
    keeping: KeepingOptions,
    engines: EngineOptions,
    genesis: GenesisConfig,
    given: GenesisOptions | None,
) -> Iterator[Blockchain]:
    """The chain, closed with the block; it begins with `genesis` if it is new.

    A chain that is there must have that genesis if the user has `given` any of it.
    """
    source = source_file(keeping)
    if source is not None and given is not None and given.fork is not None:
        raise CommandFailed(f"leave out --fork: the rules of {source} are its own")
    if keeping.db is None:
        chain = in_memory(source, engines, genesis, given)
    else:
        if source is not None:
            load(source, keeping.db, load_options(genesis, given))
        chain = on_disk(keeping.db, engines, genesis, given is not None)
    with chain:
        if keeping.prune is not None:
            chain.prune(keeping.prune)
        yield chain


def source_file(keeping: KeepingOptions) -> Path | None:
    """The file that the chain begins with, if any; one at most."""
    state = keeping.state
    if state is not None and not state.exists():
        state = None
    given = [one for one in (keeping.init, keeping.load_state, state) if one]
    if len(given) > 1:
        raise CommandFailed("give one of --init, --load-state and --state")
    return given[0] if given else None


def in_memory(
    source: Path | None,
    engines: EngineOptions,
    genesis: GenesisConfig,
    given: GenesisOptions | None,
) -> Blockchain:
    """A chain that ends with the process."""
    database = MemoryDatabase()
    if source is None:
        return blockchain(database, engines, genesis)
    with open_regular(source) as stream:
        report = load_into(database, stream, load_options(genesis, given))
    for warning in report.warnings:
        say_warning(warning)
    return blockchain(database, engines, None)


def load(source: Path, path: Path, options: LoadOptions) -> None:
    """Create the database at `path` from a file."""
    for warning in load_chain(source, path, options).warnings:
        say_warning(warning)


def load_options(genesis: GenesisConfig, given: GenesisOptions | None) -> LoadOptions:
    """What another tool's file does not say, or the user says otherwise."""
    if given is None:
        return LoadOptions(fees=genesis.fees)
    return LoadOptions(given.schedule, given.chain_id, genesis.fees)


def on_disk(
    path: Path,
    engines: EngineOptions,
    genesis: GenesisConfig,
    is_genesis_given: bool,
) -> Blockchain:
    """The chain in a database, which is created if missing."""
    open_chain = partial(
        Blockchain.open, path, engine=engines.engine, cross_check=engines.cross_check
    )
    try:
        return open_chain(genesis if is_genesis_given else None, must_exist=True)
    except DatabaseNotFound:
        return open_chain(genesis)


def blockchain(
    database: MemoryDatabase, engines: EngineOptions, genesis: GenesisConfig | None
) -> Blockchain:
    """The chain in a database in memory."""
    return Blockchain(
        database, genesis, engine=engines.engine, cross_check=engines.cross_check
    )


def genesis_of(
    given: GenesisOptions, accounts: Sequence[DeveloperAccount], balance: int
) -> GenesisConfig:
    """What a new chain begins with; `balance` in ether."""
    fees = fees_of(given)
    usual = default_genesis(
        given.schedule, fork=given.fork, fees=fees, base_fee_per_gas=given.base_fee
    )
    addresses = sorted(account.address for account in accounts)
    return replace(
        usual,
        chain_id=given.chain_id or usual.chain_id,
        gas_limit=given.gas_limit or usual.gas_limit,
        timestamp=usual.timestamp if given.timestamp is None else given.timestamp,
        accounts=tuple(
            GenesisAccount(address, balance * WEI_PER_ETHER) for address in addresses
        ),
    )


def fees_of(given: GenesisOptions) -> str | None:
    """The fee market of a new chain; None for that of its fork, and for none."""
    has_own = given.fork is not None and find_fork(given.fork).defaults is not None
    if given.fees == NO_FEES:
        if has_own:
            raise CommandFailed(f"{given.fork} has a fee market: leave out --fees none")
        if given.base_fee is not None:
            raise CommandFailed("--base-fee needs a fee market: leave out --fees none")
        return None
    return given.fees or (None if has_own else USUAL_FEES)


def mark_listening(path: Path | None, text: str) -> None:
    """Say in the database's directory where the node listens."""
    if path is not None:
        listening_file(path).write_text(text)


def unmark_listening(path: Path | None) -> None:
    """The node no longer listens."""
    if path is not None:
        listening_file(path).unlink(missing_ok=True)


def listening_file(path: Path) -> Path:
    """Where the node of a database says its address."""
    return path / LISTENING_FILE
