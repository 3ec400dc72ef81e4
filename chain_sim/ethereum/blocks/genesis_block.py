"""Block 0, and the configuration it is made from."""

import os
from collections.abc import Iterable
from dataclasses import replace

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.genesis import (
    GenesisAccount,
    GenesisConfig,
    decode_genesis,
    developer_genesis,
    encode_genesis,
    genesis_header,
)
from chain_sim.ethereum.fee_market import find_fee_market
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives.errors import (
    GenesisMismatch,
)
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.registry import find_host, load_checked
from contractvm.metering.names import INSTRUMENTATION_VERSION
from gas_schedule.loader import DEFAULT_SCHEDULE, FEE_MARKET_SCHEDULE


def default_genesis(
    schedule: str | os.PathLike[str] | None = None,
    *,
    fork: str | None = None,
    fees: str | None = None,
    base_fee_per_gas: int | None = None,
) -> GenesisConfig:
    """The developer chain's configuration; `schedule` is a name or a path.

    `fork` names the rules ("arbitrum"), by default Byzantium's, or those that code of
    the schedule needs. `fees` names a fee market ("eip1559"), which starts at
    `base_fee_per_gas`, in wei, by default one gwei. Raises UnknownSchedule,
    ScheduleError, WithoutChain for a schedule that prices code of another kind,
    UnknownFork and UnknownFeeMarket.
    """
    if fees is not None:
        find_fee_market(fees)
    defaults = None if fork is None else find_fork(fork).defaults
    if schedule is None and defaults is not None:
        schedule = defaults.schedule
    elif schedule is None:
        schedule = DEFAULT_SCHEDULE if fees is None else FEE_MARKET_SCHEDULE
    loaded = load_checked(schedule)
    interface = find_host(loaded.interface)
    interface.require_chain()
    content_hash = Hash32(loaded.content_hash)
    genesis = developer_genesis(
        os.fspath(schedule), content_hash, loaded.interface, INSTRUMENTATION_VERSION
    )
    genesis = with_fork(genesis, fork or interface.fork or genesis.fork)
    if fees is None and base_fee_per_gas is None:
        return genesis
    return replace(
        genesis, fees=fees or genesis.fees, base_fee_per_gas=base_fee_per_gas
    )


def with_fork(genesis: GenesisConfig, fork: str) -> GenesisConfig:
    """The configuration with a fork, and what chains of it start with."""
    defaults = find_fork(fork).defaults
    if defaults is None:
        return replace(genesis, fork=fork)
    return replace(
        genesis,
        fork=fork,
        chain_id=defaults.chain_id,
        gas_limit=defaults.gas_limit,
        coinbase=defaults.coinbase,
        fees=defaults.fees,
        base_fee_per_gas=defaults.base_fee,
    )


def settle_genesis(
    stored: bytes | None,
    wanted: GenesisConfig | None,
    fork: str | None = None,
    fees: str | None = None,
) -> GenesisConfig:
    """The configuration that a database holds, else the wanted one or the default.

    `fork` and `fees` are those that it is to have. Raises GenesisMismatch where the
    database holds another than what was wanted, InvalidGenesis where it holds none and
    no file could hold the wanted one, UnknownFeeMarket.
    """
    if stored is None:
        if wanted is None:
            wanted = default_genesis(fork=fork, fees=fees)
        decode_genesis(encode_genesis(wanted))
        found = wanted
    else:
        found = decode_genesis(stored.decode())
    for name, value in (("fork", fork), ("fees", fees)):
        if value is not None and getattr(found, name) != value:
            raise GenesisMismatch(name, getattr(found, name), value)
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
    if find_fork(genesis.fork).stylus is not None and genesis.loaded is None:
        from chain_sim.ethereum.arbitrum.arbos_state import (  # noqa: PLC0415 (few chains have it)
            begin_arbos,
        )

        begin_arbos(state, genesis.chain_id)
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
