"""A transaction's receipt as users read it: with its place, gas and contract."""

from collections.abc import Sequence
from dataclasses import dataclass

from chain_sim.ethereum.blocks.block import Block, Header
from chain_sim.ethereum.blocks.block_store import StoredOutcome
from chain_sim.ethereum.blocks.receipts import Receipt
from chain_sim.ethereum.fee_market import FeeMarket, price_paid
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction, sender_in_block
from contractvm.hosts.evm.interface import Log


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """The result of a transaction in a block.

    Gas in gas; `gas_price` is the effective one, in wei; `type` is the transaction's
    (EIP-2718). `contract_address` is the new account of a
    creation that succeeded. `output` is what the contract returned or reverted with;
    `error` says why it failed, None where it did not.
    """

    transaction_hash: Hash32
    transaction_index: int
    block_hash: Hash32
    block_number: int
    sender: Address
    to: Address | None
    contract_address: Address | None
    succeeded: bool
    gas_used: int
    cumulative_gas_used: int
    gas_price: int
    logs: tuple[Log, ...]
    output: bytes
    error: str | None
    type: int = 0


@dataclass(frozen=True, slots=True)
class IncludedTransaction:
    """A transaction with its sender, and where it is: a block, and its index there."""

    tx: Transaction
    sender: Address
    block_hash: Hash32
    header: Header
    index: int


def make_transaction_receipt(
    included: IncludedTransaction,
    receipt: Receipt,
    gas_before: int,
    outcome: StoredOutcome,
    market: FeeMarket | None,
) -> TransactionReceipt:
    """The receipt of a transaction whose block used `gas_before` before it."""
    tx, sender = included.tx, included.sender
    is_creation = tx.to is None and receipt.status
    return TransactionReceipt(
        transaction_hash=tx.hash,
        transaction_index=included.index,
        block_hash=included.block_hash,
        block_number=included.header.number,
        sender=sender,
        to=tx.to,
        contract_address=contract_address(sender, tx.nonce) if is_creation else None,
        succeeded=receipt.status,
        gas_used=receipt.cumulative_gas_used - gas_before,
        cumulative_gas_used=receipt.cumulative_gas_used,
        gas_price=price_paid(tx, included.header.base_fee_per_gas or 0, market),
        logs=receipt.logs,
        output=outcome.output,
        error=outcome.error or None,
        type=receipt.type,
    )


def receipts_of_block(
    block: Block,
    senders: Sequence[Address],
    receipts: Sequence[Receipt],
    outcomes: Sequence[StoredOutcome],
    market: FeeMarket | None,
) -> tuple[TransactionReceipt, ...]:
    """The receipts of a block's transactions, in order."""
    found = []
    gas_before = 0
    block_hash = block.hash
    rows = zip(block.transactions, senders, receipts, outcomes, strict=True)
    for index, (tx, sender, receipt, outcome) in enumerate(rows):
        included = IncludedTransaction(tx, sender, block_hash, block.header, index)
        found.append(
            make_transaction_receipt(included, receipt, gas_before, outcome, market)
        )
        gas_before = receipt.cumulative_gas_used
    return tuple(found)


def senders_of(block: Block, chain_id: int) -> tuple[Address, ...]:
    """The senders of a block's transactions; raises as `sender_in_block`."""
    return tuple(sender_in_block(tx, chain_id) for tx in block.transactions)
