"""Block 0, and the configuration it is made from."""

import os
from collections.abc import Iterable

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.genesis import (
    GenesisAccount,
    GenesisConfig,
    decode_genesis,
    developer_genesis,
    encode_genesis,
    genesis_header,
)
from chain_sim.ethereum.primitives.errors import (
    GenesisMismatch,
)
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.registry import find_host, load_checked
from contractvm.metering.names import INSTRUMENTATION_VERSION
from gas_schedule.loader import DEFAULT_SCHEDULE


def default_genesis(
    schedule: str | os.PathLike[str] = DEFAULT_SCHEDULE,
) -> GenesisConfig:
    """The developer chain's configuration; `schedule` is a name or a path.

    Raises UnknownSchedule, ScheduleError, or WithoutChain for one that prices code of
    another kind.
    """
    loaded = load_checked(schedule)
    find_host(loaded.interface).require_chain()
    content_hash = Hash32(loaded.content_hash)
    return developer_genesis(
        os.fspath(schedule), content_hash, loaded.interface, INSTRUMENTATION_VERSION
    )


def settle_genesis(stored: bytes | None, wanted: GenesisConfig | None) -> GenesisConfig:
    """The configuration that a database holds, else the wanted one or the default.

    Raises GenesisMismatch where it holds another than what was wanted, InvalidGenesis
    where it holds none and no file could hold the wanted one.
    """
    if stored is None:
        if wanted is None:
            return default_genesis()
        decode_genesis(encode_genesis(wanted))
        return wanted
    found = decode_genesis(stored.decode())
    if wanted is not None:
        for name in GenesisConfig.__slots__:
            if getattr(found, name) != getattr(wanted, name):
                raise GenesisMismatch(name, getattr(found, name), getattr(wanted, name))
    return found


def genesis_block(
    genesis: GenesisConfig, state: WorldState
) -> tuple[Block, dict[bytes, bytes]]:
    """Block 0 and the entries of its state; `state` must be empty."""
    put_accounts(state, genesis.accounts)
    root, entries = state.commit()
    if genesis.loaded is not None and genesis.loaded.state_root != root:
        raise GenesisMismatch("state root", root, genesis.loaded.state_root)
    return Block(genesis_header(genesis, root), ()), dict(entries)


def put_accounts(state: WorldState, accounts: Iterable[GenesisAccount]) -> None:
    """Write the accounts into the state, where none of them is yet."""
    for account in accounts:
        state.set_balance(account.address, account.balance)
        state.set_nonce(account.address, account.nonce)
        state.set_code(account.address, account.code)
        for key, value in account.storage:
            state.set_storage(account.address, key, value)
