"""Costs of reading a chain: counted, so that they cannot grow with the block."""

from collections import Counter

import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks import transaction_receipt
from chain_sim.ethereum.chain import mining, reading
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.reading import Lineage
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    FieldNegative,
    FieldTooLarge,
    UnknownBlock,
)
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


def test_what_was_pruned_is_named_by_its_number() -> None:
    database = MemoryDatabase()
    chain = Blockchain(database)
    hashes = [chain.send(STRANGER, value=1).transaction_hash for _ in range(4)]
    blocks = [chain.block(number) for number in range(5)]
    collect_garbage(database, 2)
    reader = Blockchain(database).reader
    assert reader.receipt(hashes[2]).block_number == 3
    assert reader.parent(blocks[4]) == blocks[3]
    assert reader.start_root(blocks[4]) == blocks[3].header.state_root
    for act, number in (
        (lambda: reader.require_state(blocks[2]), 2),
        (lambda: reader.receipts(blocks[2]), 2),
        (lambda: reader.start_root(blocks[3]), 2),
    ):
        with pytest.raises(BlockNotKept) as caught:
            act()
        assert caught.value.which == number


def test_a_receipt_that_is_gone_is_not_kept() -> None:
    database = MemoryDatabase()
    chain = Blockchain(database)
    tx_hash = chain.send(STRANGER, value=1).transaction_hash
    database.write_batch({keys.PRUNED + chain.head.hash: keys.NO_RECEIPTS})
    reader = Blockchain(database).reader
    with pytest.raises(BlockNotKept) as caught:
        reader.receipt(tx_hash)
    assert caught.value.which == 1
    assert reader.transaction(tx_hash).hash == tx_hash


def test_a_parent_that_is_gone_was_pruned_if_its_child_was() -> None:
    database = MemoryDatabase()
    chain = Blockchain(database)
    chain.mine_blocks(3)
    parent, child = chain.block(2), chain.block(3)
    database.write_batch({keys.PRUNED + child.hash: keys.NO_RECEIPTS})
    assert Blockchain(database).reader.parent(child) == parent
    database.write_batch({}, [keys.BLOCK + parent.hash])
    reader = Blockchain(database).reader
    with pytest.raises(BlockNotKept) as caught:
        reader.parent(child)
    assert caught.value.which == 2
    database.write_batch({}, [keys.PRUNED + child.hash])
    with pytest.raises(DatabaseDamaged):
        reader.parent(child)


def test_a_lineage_has_the_hashes_from_its_block_to_the_oldest() -> None:
    chain = Blockchain.in_memory()
    chain.mine_blocks(3)
    blocks = [chain.block(number) for number in range(4)]
    lineage = Lineage(chain.reader._store, blocks[2])
    assert lineage.hash_at(3) is None
    for number in (1, 2, 0, 1):
        assert lineage.hash_at(number) == blocks[number].hash
    assert lineage.hash_at(-1) is None
    assert lineage.hash_at(-1) is None
    assert lineage.hash_at(0) == blocks[0].hash


def test_hashes_are_told_up_to_the_head() -> None:
    chain = Blockchain.in_memory()
    chain.mine()
    told = [chain.reader.block_hash(number) for number in (-1, 0, 1, 2)]
    assert told == [None, chain.block(0).hash, chain.head.hash, None]


def test_a_call_is_unsigned_and_free() -> None:
    chain = Blockchain.in_memory(fees="eip1559")
    sender = chain.accounts[2]
    chain.send(STRANGER, value=1, sender=sender)
    for at, nonce in ((None, 1), (0, 0)):
        placed = chain.reader.place_call(
            STRANGER, b"\1", sender=sender, value=3, gas_limit=50_000, at=at
        )
        assert placed.sender == sender.address
        assert placed.tx == Transaction(nonce, 0, 50_000, STRANGER, 3, b"\1")
        assert placed.context.base_fee
        assert placed.charged_base_fee is False
    placed = chain.reader.place_call(
        None, b"", sender=None, value=2**256 - 1, gas_limit=None, at=None
    )
    assert (placed.tx.to, placed.tx.gas_limit) == (None, chain.next_block.gas_limit)
    assert placed.sender == chain.accounts[0].address


def test_the_value_of_a_call_has_256_bits() -> None:
    chain = Blockchain.in_memory()
    with pytest.raises(FieldTooLarge, match=r"^value 1157\d+ exceeds"):
        chain.call(STRANGER, value=2**256)
    with pytest.raises(FieldNegative, match=r"^value -1 is negative"):
        chain.call(STRANGER, value=-1)
