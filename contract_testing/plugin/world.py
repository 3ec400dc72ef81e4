"""The chain of a test session, which notes every transaction."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import Where
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.mining import Fill, Mining
from chain_sim.ethereum.execution.block_building import BuiltBlock
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.arguments import AddressLike, DataLike
from chain_sim.ethereum.primitives.transactions import Transaction
from contract_testing.contracts.book import Book, book_of
from contract_testing.coverage.recorder import CoverageRecorder
from contract_testing.plugin.errors import SnapshotOutOfScope, WrongThread
from contractvm.progress import Progress

if TYPE_CHECKING:
    from contract_testing.plugin.cosmos import (
        CosmosMark,
        CosmosNote,
        SessionCosmosChain,
    )

Note = Callable[[TransactionReceipt, Transaction], None]


class NotedMining(Mining):
    """Mining that tells of each transaction in a block."""

    notes: list[Note]
    thread: int

    def mine(self, fill: Fill, timestamp: int | None = None) -> BuiltBlock:
        """See Mining; raises WrongThread in any thread but the one that made it."""
        self._require_thread()
        built = super().mine(fill, timestamp)
        pairs = zip(built.transaction_receipts(), built.block.transactions, strict=True)
        for receipt, transaction in pairs:
            for note in self.notes:
                note(receipt, transaction)
        return built

    def mine_empty(self, count: int, interval: int | None, progress: Progress) -> Block:
        """See Mining; raises WrongThread."""
        self._require_thread()
        return super().mine_empty(count, interval, progress)

    def _require_thread(self) -> None:
        if threading.get_ident() != self.thread:
            raise WrongThread


class SessionChain(Blockchain):
    """A chain in memory that notes its transactions; `floor` is the oldest snapshot.

    Nobody can go back to an older one but the isolation of tests.
    """

    floor = 0
    coverage: CoverageRecorder | None = None

    def __init__(self, engine: str, cross_check: bool, fork: str | None) -> None:
        super().__init__(
            MemoryDatabase(), fork=fork, engine=engine, cross_check=cross_check
        )
        noted = NotedMining(self._head, self.reader, self._engines)
        noted.notes = []
        noted.thread = threading.get_ident()
        self.notes: list[Note] = noted.notes
        self.mining = noted

    def call(
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        at: Where = None,
    ) -> TransactionResult:
        """See Blockchain.call; counted where coverage is wanted."""
        if self.coverage is not None:
            self.coverage.call(
                self.reader.place_call(
                    to, data, sender=sender, value=value, gas_limit=gas_limit, at=at
                )
            )
        return super().call(
            to, data, sender=sender, value=value, gas_limit=gas_limit, at=at
        )

    def revert(self, snapshot: int) -> Block:
        """See Branches.revert; raises SnapshotOutOfScope."""
        if isinstance(snapshot, int) and snapshot < self.floor:
            raise SnapshotOutOfScope(snapshot)
        return super().revert(snapshot)


@dataclass(frozen=True, slots=True)
class Mark:
    """A state of the world to come back to."""

    snapshot: int
    state: tuple[Any, ...]
    book: Book
    cosmos: "CosmosMark | None"


class World:
    """The chain, what is known of it, and a Cosmos chain from its first use on.

    `fork` is that of the chain, `release` that of the Cosmos chain; None is the newest.
    """

    def __init__(
        self,
        engine: str,
        *,
        cross_check: bool,
        fork: str | None = None,
        release: str | None = None,
    ) -> None:
        self.chain = SessionChain(engine, cross_check, fork)
        self.book = book_of(self.chain)
        self.cosmos_notes: list[CosmosNote] = []
        self._engine = engine
        self._release = release
        self._cosmos: SessionCosmosChain | None = None
        self.beginning = self.mark()

    @property
    def cosmos(self) -> "SessionCosmosChain":
        """The Cosmos chain, made on first use."""
        if self._cosmos is None:
            from contract_testing.plugin.cosmos import (  # noqa: PLC0415 (few use it)
                SessionCosmosChain,
            )

            self._cosmos = SessionCosmosChain(
                self._release, self._engine, self.cosmos_notes, self.book
            )
            if self.chain.coverage is not None:
                from contract_testing.coverage.cosmos_recorder import (  # noqa: PLC0415 (few use it)
                    CosmosRecorder,
                )

                counts = self.chain.coverage.counts
                CosmosRecorder(self.book, counts).cover(self._cosmos)
        return self._cosmos

    def state(self) -> tuple[Any, ...]:
        """What changes with the chain, its clock, edits, names and senders."""
        book = self.book
        return (
            self.chain.head.hash,
            self.chain.edits.open,
            self.chain.clock.next_time,
            len(book.contracts),
            len(book.names),
            len(book.accounts),
            len(book.senders),
            None if self._cosmos is None else self._cosmos.state,
        )

    def mark(self) -> Mark:
        """The state as it is now."""
        cosmos = None if self._cosmos is None else self._cosmos.mark()
        return Mark(self.chain.snapshot(), self.state(), self.book.copy(), cosmos)

    def restore(self, mark: Mark) -> None:
        """Go back, also with the clocks, names and senders."""
        if self._cosmos is not None:
            self._cosmos.restore(mark.cosmos or self._cosmos.beginning)
        floor, self.chain.floor = self.chain.floor, 0
        try:
            self.chain.revert(mark.snapshot)
        finally:
            self.chain.floor = floor
        self.book.restore(mark.book)

    def keep_from(self, mark: Mark | None) -> None:
        """Let nobody go back to before `mark`; None lets everybody."""
        self.chain.floor = 0 if mark is None else mark.snapshot
        if self._cosmos is not None:
            known = None if mark is None else mark.cosmos or self._cosmos.beginning
            self._cosmos.floor = 0 if known is None else known.height

    def cover(self) -> CoverageRecorder:
        """Count from now on which instructions run."""
        recorder = CoverageRecorder(self.chain, self.book)
        self.chain.coverage = recorder

        def note(receipt: TransactionReceipt, _: Transaction) -> None:
            recorder.transaction(receipt.transaction_hash)

        self.chain.notes.append(note)
        return recorder

    @contextmanager
    def noting(
        self, note: Note, cosmos_note: "CosmosNote | None" = None
    ) -> Iterator[None]:
        """Tell of each transaction until the end, of the Cosmos chain's if wanted."""
        self.chain.notes.append(note)
        if cosmos_note is not None:
            self.cosmos_notes.append(cosmos_note)
        try:
            yield
        finally:
            self.chain.notes.remove(note)
            if cosmos_note is not None:
                self.cosmos_notes.remove(cosmos_note)
