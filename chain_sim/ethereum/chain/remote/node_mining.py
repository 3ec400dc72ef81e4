"""Mining on a node, and the transactions that wait there."""

from collections.abc import Iterable, Iterator

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.chain.mining import SECONDS, Fill, fill_sent
from chain_sim.ethereum.chain.remote import answers
from chain_sim.ethereum.chain.remote.errors import InvalidNodeAnswer, NotServed
from chain_sim.ethereum.chain.remote.node_part import NodePart
from chain_sim.ethereum.chain.remote.node_reads import read_block, read_header
from chain_sim.ethereum.execution.block_building import (
    BuiltBlock,
    require_time,
)
from chain_sim.ethereum.pool.block_filling import BlockFilling, PoolOrder
from chain_sim.ethereum.pool.transaction_pool import PooledTransaction
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
    format_quantity,
)
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    encode_transaction,
    sender_in_block,
)
from contractvm.progress import Progress
from gas_schedule.arguments import as_int

BLOCKS_PER_REQUEST = 1_000


class NodeMining(NodePart):
    """Makes the node's blocks: see Mining.

    Each is built here, and so what cannot be is refused before the node is asked.
    """

    part = "mining"

    def mine(self, fill: Fill, timestamp: int | None = None) -> BuiltBlock:
        """See Mining.mine."""
        return self._make(self._read("mine").build(fill, timestamp))

    def mine_signed(
        self, transactions: Iterable[Transaction], timestamp: int | None
    ) -> BuiltBlock:
        """See Mining.mine_signed."""
        fill = self._read("mine_signed").fill_signed(transactions)
        return self.mine(fill, timestamp)

    def mine_sent(
        self, tx: Transaction, sender: Address, timestamp: int | None = None
    ) -> BuiltBlock:
        """See Mining.mine_sent."""
        return self.mine(fill_sent(tx, sender), timestamp)

    def mine_empty(self, count: int, interval: int | None, progress: Progress) -> Block:
        """Make blocks, the first of what waits; see Blockchain.mine_blocks."""
        as_int(count, "count", at_least=0)
        times: tuple[str, ...] = ()
        if interval is not None:
            header, _ = read_header(self._endpoint, None)
            require_time(
                header, header.timestamp + as_int(interval, "interval", SECONDS)
            )
            times = (format_quantity(interval),)
        for done in range(0, count, BLOCKS_PER_REQUEST):
            now = min(BLOCKS_PER_REQUEST, count - done)
            self._ask("hardhat_mine", format_quantity(now), *times, read=bool)
            progress("blocks", done + now, count)
        return read_block(self._endpoint, None)

    def _make(self, built: BuiltBlock) -> BuiltBlock:
        """Have the node make the same block."""
        method, time = "contractvm_mine", built.block.header.timestamp
        chain_id = self._mirror("mining.mine").genesis.chain_id
        for tx, sender in zip(built.block.transactions, built.senders, strict=True):
            if sender_in_block(tx, chain_id) != sender:
                raise NotServed(self._endpoint.url, "transactions of another sender")
        raws = [format_data(encode_transaction(tx)) for tx in built.block.transactions]
        made = self._ask_own("mine", method, raws, time, read=answers.hash32)
        require_same(self._endpoint.url, method, built, made)
        return built


class NodePool(NodePart):
    """The transactions that wait in the node: see ChainPool."""

    part = "pool"

    def __len__(self) -> int:
        return len(self._read("get"))

    def __iter__(self) -> Iterator[PooledTransaction]:
        return iter(self._read("get"))

    @property
    def order(self) -> PoolOrder:
        """Which transactions come first in a block."""
        found: PoolOrder = self._read("order").order
        return found

    @order.setter
    def order(self, order: PoolOrder) -> None:
        self._ask_own("order", "contractvm_setOrder", order.value, read=bool)

    def add(self, tx: Transaction, sender: Address | None = None) -> PooledTransaction:
        """Take a transaction in, without a block for it; see TransactionPool.add."""
        pooled: PooledTransaction = self._read("add").add(tx, sender)
        raw = format_data(encode_transaction(pooled.tx))
        arrival = self._ask_own(
            "add", "contractvm_addWaiting", raw, read=answers.quantity
        )
        return PooledTransaction(pooled.tx, pooled.sender, pooled.hash, arrival)

    def drop(self, tx_hash: Hash32) -> PooledTransaction | None:
        """See TransactionPool.drop."""
        pooled: PooledTransaction | None = self._read("drop").drop(tx_hash)
        self._ask("anvil_dropTransaction", format_data(tx_hash), read=bool)
        return pooled

    def drop_sender(self, sender: Address) -> tuple[PooledTransaction, ...]:
        """See TransactionPool.drop_sender."""
        dropped: tuple[PooledTransaction, ...]
        dropped = self._read("drop_sender").drop_sender(sender)
        self._ask("anvil_removePoolTransactions", format_data(sender), read=bool)
        return dropped

    def clear(self) -> None:
        """Take everything out."""
        self._ask("anvil_dropAllTransactions", read=bool)

    def mine(self, timestamp: int | None = None) -> BuiltBlock:
        """See ChainPool.mine."""
        mirror = self._mirror("pool.mine")
        filling = BlockFilling(mirror.pool.executable(), mirror.pool.order)
        built = mirror.mining.build(filling, timestamp)
        self._ask("evm_mine", built.block.header.timestamp, read=bool)
        header, _ = read_header(self._endpoint, None)
        require_same(self._endpoint.url, "evm_mine", built, header.hash)
        return built


def require_same(url: str, method: str, built: BuiltBlock, made: Hash32) -> None:
    """Raise InvalidNodeAnswer where the node's block is not the one built here."""
    if made != built.block.hash:
        fault = f"its block {format_data(made)} is not the one that was to be made"
        raise InvalidNodeAnswer(url, method, fault)
