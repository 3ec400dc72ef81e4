"""Start states and the chains that they come from, for tests of executors."""

from dataclasses import replace

from chain_sim.ethereum.blocks.genesis import GenesisAccount, GenesisConfig
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import Address, Hash32
from contract_fuzz.cases.case import (
    CaseOutcome,
    CaseStatus,
    CaseTransaction,
    StartState,
)
from contract_fuzz.cases.start_states import start_from_chain
from tests.helpers.calling_contracts import CONTRACTS, Source

SCHEDULE = "ewasm-metered"
SLOT = Hash32(b"\1".ljust(32, b"\0"))


def genesis_with(codes: dict[Address, bytes], balance: int = 3) -> GenesisConfig:
    """The developer genesis, and contracts in it; slot SLOT of each is set."""
    genesis = default_genesis(SCHEDULE)
    contracts = [
        GenesisAccount(address, balance, 1, code, ((SLOT, SLOT),))
        for address, code in codes.items()
    ]
    accounts = sorted(
        (*genesis.accounts, *contracts), key=lambda account: account.address
    )
    return replace(genesis, accounts=tuple(accounts))


def genesis_of(sources: tuple[Source, ...]) -> GenesisConfig:
    """The developer genesis with random contracts at their addresses."""
    return genesis_with(
        {
            address: source.code
            for address, source in zip(CONTRACTS, sources, strict=True)
        }
    )


def start_of(genesis: GenesisConfig, *contracts: Address) -> StartState:
    """The genesis block as a start state."""
    with Blockchain.in_memory(genesis) as chain:
        return start_from_chain(chain, contracts)


def send(chain: Blockchain, transaction: CaseTransaction) -> TransactionReceipt | str:
    """Send it on the real chain; why it was refused, where it was."""
    try:
        return chain.send(
            transaction.to,
            transaction.data,
            sender=chain.accounts[transaction.sender],
            value=transaction.value,
            gas_limit=transaction.gas_limit,
        )
    except InvalidTransaction as reason:
        return str(reason)


def seen(outcome: CaseOutcome) -> tuple[object, ...] | str:
    """What a receipt has of an outcome."""
    if outcome.status is CaseStatus.REFUSED:
        return outcome.error or ""
    return (
        outcome.succeeded,
        outcome.gas_used,
        outcome.output,
        outcome.logs,
        outcome.error,
    )


def received(receipt: TransactionReceipt | str) -> tuple[object, ...] | str:
    """The same of what `send` gave."""
    if isinstance(receipt, str):
        return receipt
    return (
        receipt.succeeded,
        receipt.gas_used,
        receipt.output,
        receipt.logs,
        receipt.error,
    )
