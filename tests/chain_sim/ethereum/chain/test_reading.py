"""Costs of reading a chain: counted, so that they cannot grow with the block."""

from collections import Counter

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks import transaction_receipt
from chain_sim.ethereum.chain import mining, reading
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import UnknownBlock
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    recover_sender,
    sign_transaction,
)

STRANGER = Address(b"\x99" * 20)


class CountingDatabase(MemoryDatabase):
    """Counts the reads of entries, by the kind of their keys."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[bytes] = Counter()

    def get(self, key: bytes) -> bytes | None:
        self.reads[key[:1]] += 1
        return super().get(key)


@pytest.fixture
def recovered(monkeypatch: pytest.MonkeyPatch) -> list[Transaction]:
    """The transactions whose senders are recovered."""
    found: list[Transaction] = []

    def recover(tx: Transaction, chain_id: int | None) -> Address:
        found.append(tx)
        return recover_sender(tx, chain_id)

    monkeypatch.setattr(mining, "recover_sender", recover)
    for module in (reading, transaction_receipt):
        monkeypatch.setattr(module, "sender_in_block", recover)
    return found


def block_of(chain: Blockchain, count: int) -> list[Transaction]:
    """One mined block with this many transfers, of 1 wei and more, to a new account."""
    transactions = [
        sign_transaction(
            Transaction(nonce, 1, 21_000, STRANGER, nonce + 1, b""),
            chain.accounts[0].private_key,
            chain.genesis.chain_id,
        )
        for nonce in range(count)
    ]
    chain.mine(transactions)
    return transactions


def test_a_sent_transactions_sender_is_recovered_once(
    recovered: list[Transaction],
) -> None:
    chain = Blockchain.in_memory()
    receipt = chain.send(STRANGER, value=1)
    assert [tx.hash for tx in recovered] == [receipt.transaction_hash]
    assert chain.receipt(receipt.transaction_hash) == receipt


def test_a_receipt_reads_and_recovers_one_transaction(
    recovered: list[Transaction],
) -> None:
    reads = []
    for count in (3, 30):
        database = CountingDatabase()
        chain = Blockchain(database)
        transactions = block_of(chain, count)
        assert recovered == transactions
        recovered.clear()
        database.reads.clear()
        receipt = chain.receipt(transactions[2].hash)
        assert recovered == [transactions[2]]
        assert (receipt.gas_used, receipt.cumulative_gas_used) == (21_000, 63_000)
        reads.append(database.reads)
        recovered.clear()
    assert reads[0] == reads[1]
    assert reads[0][keys.BLOCK[:1]] == 1
    assert reads[0][keys.RECEIPTS[:1]] == 1


def test_each_receipt_is_that_of_the_whole_block() -> None:
    chain = Blockchain.in_memory()
    transactions = block_of(chain, 4)
    receipts = chain.reader.receipts(chain.head)
    assert tuple(chain.receipt(tx.hash) for tx in transactions) == receipts
    assert [receipt.transaction_index for receipt in receipts] == [0, 1, 2, 3]


def test_a_transaction_is_read_alone(recovered: list[Transaction]) -> None:
    chain = Blockchain.in_memory()
    transactions = block_of(chain, 3)
    recovered.clear()
    assert [chain.transaction(tx.hash) for tx in transactions] == transactions
    assert recovered == []


@pytest.mark.parametrize("number", [-1, 1, 2**64 - 1, 2**64, 10**30])
def test_a_number_that_no_block_has_is_unknown(number: int) -> None:
    chain = Blockchain.in_memory()
    with pytest.raises(UnknownBlock):
        chain.block(number)
    with pytest.raises(UnknownBlock):
        chain.state_at(number)
