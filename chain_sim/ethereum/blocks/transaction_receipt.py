"""A transaction's receipt as users read it: with its place, gas and contract."""

from collections.abc import Sequence
from dataclasses import dataclass

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import Outcome
from chain_sim.ethereum.blocks.receipts import Receipt
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import recover_sender
from contractvm.hosts.evm.interface import Log


@dataclass(frozen=True, slots=True)
class TransactionReceipt:
    """What became of a transaction that is in a block.

    Gas in gas, `gas_price` in wei. `contract_address` is the new account of a
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


def receipts_of_block(
    block: Block,
    receipts: Sequence[Receipt],
    outcomes: Sequence[Outcome],
    chain_id: int,
) -> tuple[TransactionReceipt, ...]:
    """The receipts of a block's transactions, in order."""
    found = []
    gas_before = 0
    rows = zip(block.transactions, receipts, outcomes, strict=True)
    for index, (tx, receipt, outcome) in enumerate(rows):
        sender = recover_sender(tx, chain_id)
        is_creation = tx.to is None and receipt.status
        address = contract_address(sender, tx.nonce) if is_creation else None
        found.append(
            TransactionReceipt(
                transaction_hash=tx.hash,
                transaction_index=index,
                block_hash=block.hash,
                block_number=block.header.number,
                sender=sender,
                to=tx.to,
                contract_address=address,
                succeeded=receipt.status,
                gas_used=receipt.cumulative_gas_used - gas_before,
                cumulative_gas_used=receipt.cumulative_gas_used,
                gas_price=tx.gas_price,
                logs=receipt.logs,
                output=outcome.output,
                error=outcome.error or None,
            )
        )
        gas_before = receipt.cumulative_gas_used
    return tuple(found)
