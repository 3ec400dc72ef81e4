"""The chain of a test session, which notes every transaction."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

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
from contractvm.errors import ContractVmError
from contractvm.progress import Progress


class SnapshotOutOfScope(ContractVmError):
    """A snapshot from before the test; going back to it would undo its fixtures."""

    def __init__(self, snapshot: int) -> None:
        super().__init__(f"snapshot {snapshot} is older than the test that runs")
        self.snapshot = snapshot


class WrongThread(ContractVmError):
    """The session's chain is used by a thread that the test started."""

    def __init__(self) -> None:
        super().__init__("the chain of the tests is for the thread that runs them")


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

    def __init__(self, engine: str, cross_check: bool) -> None:
        super().__init__(MemoryDatabase(), engine=engine, cross_check=cross_check)
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


class World:
    """The chain, and what is known of it."""

    def __init__(self, engine: str, *, cross_check: bool) -> None:
        self.chain = SessionChain(engine, cross_check)
        self.book = book_of(self.chain)
        self.beginning = self.mark()

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
        )

    def mark(self) -> Mark:
        """The state as it is now."""
        return Mark(self.chain.snapshot(), self.state(), self.book.copy())

    def restore(self, mark: Mark) -> None:
        """Go back, also with the clock, names and senders."""
        floor, self.chain.floor = self.chain.floor, 0
        try:
            self.chain.revert(mark.snapshot)
        finally:
            self.chain.floor = floor
        self.book.restore(mark.book)

    def cover(self) -> CoverageRecorder:
        """Count from now on which instructions run."""
        recorder = CoverageRecorder(self.chain, self.book)
        self.chain.coverage = recorder

        def note(receipt: TransactionReceipt, _: Transaction) -> None:
            recorder.transaction(receipt.transaction_hash)

        self.chain.notes.append(note)
        return recorder

    @contextmanager
    def noting(self, note: Note) -> Iterator[None]:
        """Tell of each transaction until the end."""
        self.chain.notes.append(note)
        try:
            yield
        finally:
            self.chain.notes.remove(note)
