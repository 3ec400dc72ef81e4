"""Open positions: their states in memory, and the blocks that follow."""

from collections import OrderedDict

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Header
from chain_sim.ethereum.execution.block_building import BlockBuilder
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
    S,
)
from chain_sim.ethereum.execution.state_transition import RanTransaction
from chain_sim.ethereum.forks import Fork, find_fork
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.node_cache import NodeCache
from contract_fuzz.cases.case import (
    CaseTransaction,
    Position,
    PositionKey,
    StartState,
)
from contract_fuzz.cases.layered_database import LayeredDatabase
from contract_fuzz.errors import PositionDiffers
from contractvm.errors import ContractVmError
from contractvm.runtime.pipeline import Pipeline

GAS_PRICE = 1_000_000_000  # wei, as the chain's own default
MAX_OPEN = 256
# How much one open state may remember of its reads.
MAX_REMEMBERED_BYTES = 1 << 20
MAX_NEW_BYTES = 256 << 20
NODE_CACHE_BYTES = 32 << 20
MAX_CONTEXTS = 64


class BlockNotMade(ContractVmError):
    """A contract asked for the hash of a skipped block, which is then made."""

    def __init__(self, number: int) -> None:
        super().__init__(f"block {number} was not made")
        self.number = number


class OpenPosition:
    """A position with its state in memory, which every run leaves unchanged."""

    __slots__ = ("_contexts", "_fork", "_hashes", "header", "position", "state")

    def __init__(
        self,
        position: Position,
        header: Header,
        state: WorldState,
        hashes: tuple[Hash32 | None, ...],
        fork: Fork,
    ) -> None:
        self.position = position
        self.header = header
        self.state = state
        self._fork = fork
        self._hashes = hashes[-fork.block_hash_window :]
        self._contexts: dict[int, BlockContext] = {}

    @property
    def hashes(self) -> tuple[Hash32 | None, ...]:
        """Of the newest blocks up to this one."""
        return self._hashes

    def fork(self) -> "OpenPosition":
        """A copy of the position, with a state that may be changed for good."""
        return OpenPosition(
            self.position, self.header, self.state.fork(), self._hashes, self._fork
        )

    def context(self, seconds: int, blocks: int = 1) -> BlockContext:
        """The context of the block `blocks` later, by a clock `seconds` later."""
        if blocks > 1:
            return self._make_context(seconds, blocks)
        context = self._contexts.get(seconds)
        if context is None:
            if len(self._contexts) == MAX_CONTEXTS:
                self._contexts.clear()
            context = self._contexts[seconds] = self._make_context(seconds, 1)
        return context

    def place(
        self,
        transaction: CaseTransaction,
        sender: Address,
        seconds: int = 0,
        blocks: int = 1,
    ) -> PlacedTransaction:
        """The transaction, unsigned, in the block that comes `blocks` later.

        `seconds` is how much later the block before that one is.
        """
        tx = chain_transaction(transaction, self.state.get_nonce(sender))
        context = self.context(seconds + transaction.seconds, blocks)
        return PlacedTransaction(tx, sender, context)

    def _make_context(self, seconds: int, blocks: int) -> BlockContext:
        return BlockContext(
            coinbase=self.header.coinbase,
            number=self.position.number + blocks,
            timestamp=self.position.timestamp + seconds,
            difficulty=self.header.difficulty,
            gas_limit=self.header.gas_limit,
            block_hash=self.block_hash,
            fork=self._fork,
            base_fee=self.header.base_fee_per_gas or 0,
        )

    def block_hash(self, number: int) -> bytes | None:
        """The hash as contracts see it; BlockNotMade for a block after this one."""
        behind = self.position.number - number
        if behind < 0:
            raise BlockNotMade(number)
        return self._hashes[-1 - behind] if behind < len(self._hashes) else None


class OpenPositions:
    """The positions of one start state: the most recently used are open.

    A closed one is recomputed from its transactions when needed, so memory is bounded
    for any number of positions.
    """

    def __init__(
        self,
        start: StartState,
        database: KeyValueStore,
        engine: Pipeline,
    ) -> None:
        self._start = start
        self._fork = find_fork(start.genesis.fork, start.genesis.fees)
        self.database = LayeredDatabase(database)
        self._engine = engine
        self._cache = NodeCache(NODE_CACHE_BYTES)
        # By the positions' keys: their hashes are quicker than the positions'.
        self._open: OrderedDict[PositionKey, OpenPosition] = OrderedDict()
        self.begin = Position(
            start.head.hash, start.root, start.head.number, start.head.timestamp
        )

    def open(self, position: Position) -> OpenPosition:
        """The position with its state; raises PositionDiffers."""
        key = position.key
        opened = self._open.get(key)
        if opened is None:
            self._make_room()
            opened = self._derive(position)
            self._keep(opened)
        else:
            self._open.move_to_end(key)
        return opened

    def close(self, position: Position) -> None:
        """Drop the state; it is recomputed when the position is used."""
        self._open.pop(position.key, None)

    def refresh(self, opened: OpenPosition) -> None:
        """Have the state drop what it has read, if that has become much."""
        if opened.state.remembered_bytes > MAX_REMEMBERED_BYTES:
            opened.state = self.state_at(opened.position.root)

    def after(
        self, opened: OpenPosition, transaction: CaseTransaction
    ) -> tuple[OpenPosition, RanTransaction]:
        """The position after a block with this transaction.

        Raises InvalidTransaction: the chain makes no such block.
        """
        sender = self._start.senders[transaction.sender]
        placed = opened.place(transaction, sender.address)
        tx = sign_transaction(
            placed.tx, sender.private_key, self._start.genesis.chain_id
        )
        executor = Executor(self._engine, self.state_at(opened.position.root))
        builder = BlockBuilder(executor, opened.header, placed.context)
        builder.append(tx, sender.address)
        built = builder.seal()
        self.database.write_batch(built.state_entries)
        header = built.block.header
        position = Position(
            header.hash,
            header.state_root,
            header.number,
            header.timestamp,
            (*opened.position.transactions, transaction),
        )
        made = OpenPosition(
            position,
            header,
            executor.state,
            (*opened.hashes, position.block_hash),
            self._fork,
        )
        return made, executor.ran

    def keep(self, opened: OpenPosition) -> None:
        """Keep a new position open."""
        if opened.position.key not in self._open:
            self._keep(opened)

    def _derive(self, position: Position) -> OpenPosition:
        opened = OpenPosition(
            self.begin,
            self._start.head,
            self.state_at(self._start.root),
            self._start.block_hashes,
            self._fork,
        )
        for transaction in position.transactions:
            opened, _ = self.after(opened, transaction)
        if opened.position != position:
            raise PositionDiffers(position, opened.position)
        return opened

    def _keep(self, opened: OpenPosition) -> None:
        self._open[opened.position.key] = opened
        if len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)

    def _make_room(self) -> None:
        if self.database.size_bytes > MAX_NEW_BYTES:
            self._open.clear()
            self.database.forget()

    def state_at(self, root: Hash32) -> WorldState:
        """A new state with this root: the start's, or that of a position."""
        return self.open_state(root, WorldState)

    def open_state(self, root: Hash32, kind: type[S]) -> S:
        """The same as an object of this class."""
        return kind(self.database, root, self._cache)


def chain_transaction(transaction: CaseTransaction, nonce: int) -> Transaction:
    """The transaction as the chain knows it, unsigned."""
    return Transaction(
        nonce=nonce,
        gas_price=GAS_PRICE,
        gas_limit=transaction.gas_limit,
        to=transaction.to,
        value=transaction.value,
        data=transaction.data,
    )
