"""Start states of campaigns: a contract on a fresh chain, or the head of any chain."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.program_activation import (
    activate_program,
    activation_fee,
    fee_to_send,
    needs_activation,
)
from chain_sim.ethereum.primitives.arguments import AddressLike, as_address
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.state.state_walk import walk_state
from chain_sim.ethereum.state.world_state import WorldState
from contract_fuzz.cases.case import StartState
from contract_fuzz.cases.layered_database import LayeredDatabase
from contractvm.errors import ContractVmError
from contractvm.runtime.module_source import ModuleSource

MAX_STATE_BYTES = 1 << 30


class StateTooLarge(ContractVmError):
    """The state does not fit in the memory that a campaign may take for it."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"the chain's state is larger than {limit_bytes} bytes: too large to fuzz"
        )
        self.limit_bytes = limit_bytes


class NotDeployed(ContractVmError):
    """The campaign's contract could not be put on the chain."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the contract could not be deployed: {reason}")
        self.reason = reason


def start_from_code(
    code: ModuleSource,
    *,
    schedule: str | None = None,
    is_init_code: bool = False,
    value: int = 0,
    senders: int = len(DEVELOPER_ACCOUNTS),
    set_up: Callable[[Blockchain, Address], object] | None = None,
) -> StartState:
    """The contract deployed on a fresh developer chain; the first sender deploys it.

    `code` is the runtime module, or with `is_init_code` the module that returns it.
    `set_up` may send more transactions to the chain. `senders` says how many of the
    developer accounts send transactions.

    Raises MalformedModule, InvalidModule, UnknownSchedule, ScheduleError and
    NotDeployed.
    """
    genesis = default_genesis() if schedule is None else default_genesis(schedule)
    with Blockchain.in_memory(genesis) as chain:
        contract = deploy_usable(chain, code, value=value, is_init_code=is_init_code)
        if set_up is not None:
            set_up(chain, contract)
        return start_from_chain(chain, [contract], senders=senders)


def deploy_usable(
    chain: Blockchain,
    code: ModuleSource,
    *,
    value: int = 0,
    is_init_code: bool = False,
) -> Address:
    """Deploy a contract, and activate it where the chain asks for that; its address.

    Raises MalformedModule, InvalidModule and NotDeployed.
    """
    receipt = chain.deploy(code, value=value, is_init_code=is_init_code)
    contract = receipt.contract_address
    if contract is None:
        raise NotDeployed(receipt.error or "the init code reverted")
    if needs_activation(chain, contract):
        sender = chain.accounts[0]
        fee = fee_to_send(activation_fee(chain, contract, sender))
        activation = activate_program(chain, contract, sender, value=fee)
        if not activation.succeeded:
            raise NotDeployed(activation.error or "its activation reverted")
    return contract


def start_from_chain(
    chain: Blockchain,
    contracts: Iterable[AddressLike],
    *,
    senders: int = len(DEVELOPER_ACCOUNTS),
    sender_balance: int | None = None,
    with_entries: bool = True,
) -> StartState:
    """The head of a chain, with its open edits; the chain is only read.

    `contracts` are to be fuzzed there. `senders` is how many developer accounts send;
    with `sender_balance`, in wei, each has exactly that. A fee market whose base fee
    moves is left out: all transactions pay one price. `with_entries` copies the whole
    state, so that it can be sent to another process; otherwise the executor reads from
    the database it is given.

    Raises StateTooLarge, what reading the database raises, and TypeError or InvalidText
    for what is no address.
    """
    found = tuple(as_address(contract, "each of contracts") for contract in contracts)
    accounts = DEVELOPER_ACCOUNTS[:senders]
    genesis, header = chain.genesis, chain.head.header
    market = chain.fork.fee_market
    if market is not None and market.change_denominator:
        genesis = replace(genesis, fees=None, base_fee_per_gas=None)
        header = replace(header, base_fee_per_gas=None)
    first = max(0, header.number + 1 - chain.fork.block_hash_window)
    database = LayeredDatabase(chain.database)
    root = chain.state_at().compute_root()
    if sender_balance is not None:
        root = _set_balances(database, root, accounts, sender_balance)
    entries = database.new_entries
    if with_entries:
        entries = _state_entries(database, root)
    return StartState(
        genesis=genesis,
        head=header,
        root=root,
        block_hashes=(
            *map(chain.reader.block_hash, range(first, header.number)),
            header.hash,
        ),
        entries=tuple(sorted(entries.items())),
        contracts=found,
        senders=accounts,
    )


def _set_balances(
    database: KeyValueStore,
    root: Hash32,
    accounts: Sequence[DeveloperAccount],
    balance: int,
) -> Hash32:
    state = WorldState(database, root)
    for account in accounts:
        state.set_balance(account.address, balance)
    new_root, entries = state.commit()
    database.write_batch(entries)
    return new_root


def _state_entries(database: KeyValueStore, root: Hash32) -> dict[bytes, bytes]:
    """All that the state needs; raises StateTooLarge."""
    found: dict[bytes, bytes] = {}
    size_bytes = 0
    for key, value in walk_state(database, root, lambda key: key not in found):
        found[key] = value
        size_bytes += len(key) + len(value)
        if size_bytes > MAX_STATE_BYTES:
            raise StateTooLarge(MAX_STATE_BYTES)
    return found
