"""The chain at `--db`, and the accounts that act on it."""

from collections.abc import Container, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from chain_sim.database.errors import DatabaseNotFound
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import HEAD, BlockName, ChainPoint
from chain_sim.ethereum.blocks.genesis import GenesisConfig
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.remote.errors import NotServed
from chain_sim.ethereum.primitives.signatures import address_of_private_key
from chain_sim.ethereum.primitives.text import (
    Address,
    InvalidText,
    format_address,
)
from contractvm_cli.block_difference import showing_difference
from contractvm_cli.failures import CommandFailed, say
from contractvm_cli.nodes import NodeHasDatabase, given_node, reached
from contractvm_cli.options import EngineOptions
from contractvm_cli.parameters import ACCOUNT
from contractvm_cli.settings import current_project, is_of_project
from contractvm_cli.transaction_options import ChainPlace, MessageOptions
from contractvm_cli.waiting import when_unlocked

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain

NO_INDEX = -1
UNCHECKED = EngineOptions()


@contextmanager
def existing_chain(
    path: Path, engines: EngineOptions = UNCHECKED, *, for_writing: bool = False
) -> Iterator[Blockchain]:
    """The chain in the database at `path`; never creates one."""
    try:
        chain = _open(path, None, engines, read_only=not for_writing)
    except DatabaseNotFound as error:
        raise no_chain(path) from error
    with chain, showing_difference():
        yield chain


@contextmanager
def writable_chain(
    place: ChainPlace, *, may_begin: bool = True
) -> Iterator[Blockchain]:
    """The chain at `place`, created there if missing and `may_begin`.

    A schedule named by the user must be the chain's own; the project's is of new ones.
    """
    path = place.db
    genesis = default_genesis(place.schedule) if place.schedule else None
    required = None if is_of_project("schedule") else genesis
    try:
        chain = _open(path, required, place.engines)
    except DatabaseNotFound as error:
        if not may_begin:
            raise no_chain(path) from error
        chain = _open(path, genesis, place.engines, must_exist=False)
        say(
            f"new chain in {path}: chain id {chain.genesis.chain_id},"
            f" gas schedule {chain.genesis.schedule}"
        )
    with chain, showing_difference():
        yield chain


@contextmanager
def reached_chain(
    path: Path, engines: EngineOptions = UNCHECKED
) -> Iterator["Blockchain | NodeChain"]:
    """The chain to read: of `--rpc-url`, in the database, or its node's."""
    with _node_or(existing_chain(path, engines), engines) as chain:
        yield chain


@contextmanager
def reached_for_writing(
    place: ChainPlace, *, may_begin: bool = True
) -> Iterator["Blockchain | NodeChain"]:
    """As `writable_chain`, or the chain of a node, as `reached_chain`."""
    here = writable_chain(place, may_begin=may_begin)
    with _node_or(here, place.engines) as chain:
        is_free = place.schedule is None or is_of_project("schedule")
        is_here = is_free or isinstance(chain, Blockchain)
        if not is_here and place.schedule != chain.genesis.schedule:
            raise CommandFailed(
                f"the chain of that node has the gas schedule {chain.genesis.schedule}:"
                " leave --schedule out"
            )
        yield chain


@contextmanager
def _node_or(
    here: AbstractContextManager[Blockchain], engines: EngineOptions
) -> Iterator["Blockchain | NodeChain"]:
    with ExitStack() as stack:
        chain: Blockchain | NodeChain | None = given_node()
        if chain is None:
            try:
                chain = stack.enter_context(here)
            except NodeHasDatabase as error:
                chain = reached(error.url)
        if not isinstance(chain, Blockchain):
            require_no_check(engines)
        yield chain


def find_block(chain: "Blockchain | NodeChain", which: BlockName) -> Block:
    """The block; raises UnknownBlock or UnknownBranch."""
    if isinstance(chain, Blockchain):
        return chain.reader.find_block(which)
    return chain.find_block(which)


def require_no_check(engines: EngineOptions) -> None:
    """Raise CommandFailed if a node would have to check what it runs."""
    if engines.cross_check and not is_of_project("cross_check"):
        raise CommandFailed(
            "--cross-check does not work over a node: start the node with it"
        )


def _open(
    path: Path,
    genesis: GenesisConfig | None,
    engines: EngineOptions,
    *,
    must_exist: bool = True,
    read_only: bool = False,
) -> Blockchain:
    return when_unlocked(
        lambda: Blockchain.open(
            path,
            genesis,
            must_exist=must_exist,
            read_only=read_only,
            engine=engines.engine,
            cross_check=engines.cross_check,
        )
    )


def no_chain(path: Path) -> CommandFailed:
    """The message if a chain is needed and there is none."""
    return CommandFailed(
        f"no chain in {path}: create one with `contractvm deploy`, or name another"
        " with --db"
    )


def signing_account(message: MessageOptions) -> DeveloperAccount:
    """The signer: the owner of the key, or the developer account that was chosen."""
    account, private_key = message.sender, message.private_key
    if account is None and private_key is None:
        account = project_sender()
    if private_key is None:
        return _developer_account(0 if account is None else account)
    owner = DeveloperAccount(NO_INDEX, address_of_private_key(private_key), private_key)
    if account is not None and _address_of(account) != owner.address:
        raise CommandFailed(
            f"--private-key is the key of {format_address(owner.address)}, not of the"
            " account in --from; leave --from out"
        )
    return owner


def calling_address(account: int | Address | None) -> Address | None:
    """The caller: any address, as a call is not signed."""
    account = project_sender() if account is None else account
    return None if account is None else _address_of(account)


def require_contract(
    chain: "Blockchain | NodeChain", address: Address, at: ChainPoint = HEAD
) -> None:
    """Raise CommandFailed for an account without code that is not a precompile."""
    if address in known_precompiles(chain):
        return
    if not chain.state_at(at).get_code(address):
        raise CommandFailed(
            f"no contract at {format_address(address)}: the account has no code on"
            " this chain; is the address right, and --db?"
        )


def known_precompiles(chain: "Blockchain | NodeChain") -> Container[Address]:
    """The chain's precompiles; those of nodes of others are not known."""
    try:
        return chain.fork.precompiles
    except NotServed:
        return ()


def project_sender() -> int | Address | None:
    """The sender that the project names; None without one."""
    project = current_project()
    sender = None if project is None else project.settings.sender
    if project is None or sender is None:
        return None
    try:
        return ACCOUNT.parse(str(sender))
    except InvalidText as error:
        raise project.invalid(("sender",), str(error)) from error


def _address_of(account: int | Address) -> Address:
    if isinstance(account, int):
        return _developer_account(account).address
    return account


def _developer_account(account: int | Address) -> DeveloperAccount:
    for known in DEVELOPER_ACCOUNTS:
        if account in (known.index, known.address):
            return known
    if isinstance(account, int):
        raise CommandFailed(
            f"no developer account {account}: there are 0 to"
            f" {len(DEVELOPER_ACCOUNTS) - 1}, see `contractvm accounts`"
        )
    raise CommandFailed(
        f"no key for {format_address(account)}: give it with --private-key, or choose"
        " an account from `contractvm accounts`"
    )
