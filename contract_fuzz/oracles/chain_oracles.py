"""Oracles that run cases on the real chain, on a disk: blocks, commits, snapshots.

What the executor left out to be fast is done here: transactions are signed and their
senders recovered, blocks are made and written, states are read back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import structs

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore, number_key
from chain_sim.ethereum.blocks.genesis import encode_genesis
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.block_building import build_block, context_after
from chain_sim.ethereum.execution.engine_choice import traced_engine
from chain_sim.ethereum.execution.state_transition import BlockContext
from chain_sim.ethereum.gas_report.chain_reports import StoredBlock
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import InvalidTransaction, ReplayDiffers
from chain_sim.ethereum.primitives.transactions import sign_transaction
from contract_fuzz.cases.case import (
    CaseStatus,
    CaseTransaction,
    Outcome,
    Position,
    StartState,
)
from contract_fuzz.cases.executor import Executor
from contract_fuzz.cases.positions import chain_transaction
from contract_fuzz.oracles.observations import RECEIPT_FIELDS, Difference, difference_in
from contract_fuzz.oracles.oracle import Oracle
from contract_fuzz.oracles.twin_oracle import TwinOracle

Shown = dict[str, object]


class CaseChain(Blockchain):
    """The real chain, from a start state on, with the cases' own clock."""

    @classmethod
    @contextmanager
    def begin(cls, folder: Path, start: StartState) -> Iterator["CaseChain"]:
        """A new one in `folder`."""
        database = LevelDatabase(folder)
        store = BlockStore(database)
        first = start.head.number + 1 - len(start.block_hashes)
        numbers = {
            number_key(first + place): block_hash
            for place, block_hash in enumerate(start.block_hashes)
            if block_hash is not None
        }
        entries = {
            **dict(start.entries),
            **numbers,
            **store.entries(Block(start.head, ()), (), ()),
            keys.GENESIS_KEY: encode_genesis(start.genesis).encode(),
        }
        database.write_batch(entries)
        with cls(database) as chain:
            yield chain

    def context_of_next(self, seconds: int) -> BlockContext:
        """The next block, so much later than the head."""
        parent = self.head.header
        context = context_after(parent, self._store.hash_at)
        return structs.replace(context, timestamp=parent.timestamp + seconds)

    def mine_case(self, start: StartState, transaction: CaseTransaction) -> Shown:
        """Sign the transaction, make its block and write it; what came of it."""
        sender = start.senders[transaction.sender]
        unsigned = chain_transaction(transaction, self.nonce(sender.address))
        context = self.context_of_next(transaction.seconds)
        try:
            tx = sign_transaction(unsigned, sender.private_key, self.genesis.chain_id)
            built = build_block(
                self._applying(),
                self.state_at(),
                self.head.header,
                context,
                [tx],
                self.genesis.chain_id,
            )
        except InvalidTransaction as reason:
            return {**shown_refusal(str(reason)), **self.shown_head()}
        self._write(built)
        return {**shown_receipt(self.receipt(tx.hash)), **self.shown_head()}

    def shown_head(self) -> Shown:
        """The newest block and its state."""
        return {"root": self.head.header.state_root, "block_hash": self.head.hash}

    def run_head_again(self) -> None:
        """Run the head's block from what is on the disk, with the books kept.

        Raises ReplayDiffers.
        """
        block = self.head
        parent = self._stored_block(block.header.parent_hash)
        context = context_after(parent.header, self._store.hash_at)
        stored = StoredBlock(
            block=block,
            context=structs.replace(context, timestamp=block.header.timestamp),
            receipts=self.receipts(block),
            open_state=lambda: self.state_at(parent.hash),
        )
        stored.record(0, traced_engine(self.engine))


def shown_refusal(reason: str) -> Shown:
    """Of a transaction that makes no block."""
    return dict(zip(RECEIPT_FIELDS, (False, 0, b"", (), reason), strict=True))


def shown_receipt(receipt: TransactionReceipt) -> Shown:
    """Of one that is in a block."""
    values = (
        receipt.succeeded,
        receipt.gas_used,
        receipt.output,
        tuple(receipt.logs),
        receipt.error or None,
    )
    return dict(zip(RECEIPT_FIELDS, values, strict=True))


def shown_outcomes(
    executor: Executor, position: Position, transactions: Sequence[CaseTransaction]
) -> list[Shown]:
    """What the executor says of each transaction, and of the block behind it."""
    rows: list[Shown] = []
    for transaction in transactions:
        outcome = executor.run(position, transaction)
        position = executor.advance(position, [transaction])
        rows.append(
            {
                **shown_outcome(outcome),
                "root": position.root,
                "block_hash": position.block_hash,
            }
        )
    return rows


def shown_outcome(outcome: Outcome) -> Shown:
    """The part of an outcome that receipts have."""
    if outcome.status is CaseStatus.REFUSED:
        return shown_refusal(outcome.error or "")
    values = (
        outcome.succeeded,
        outcome.gas_used,
        outcome.output,
        outcome.logs,
        outcome.error,
    )
    return dict(zip(RECEIPT_FIELDS, values, strict=True))


@dataclass(frozen=True, slots=True)
class ChainOracleFactory:
    """Makes the oracle of one of CHAIN_WAYS in a worker."""

    name: str
    share: int
    share_of_new: int

    def __call__(self, executor: Executor) -> Oracle:
        """See OracleFactory."""
        return ChainOracle(self, executor)


class ChainOracle(TwinOracle):
    """Runs cases on a chain in a directory of their own.

    A start state whose senders were given balances is no chain's: nothing is checked.
    """

    def __init__(self, terms: ChainOracleFactory, executor: Executor) -> None:
        super().__init__(terms.name, terms.share, terms.share_of_new)
        self._start = executor.start
        self._way = CHAIN_WAYS[terms.name]

    def difference(
        self,
        executor: Executor,
        position: Position,
        transactions: Sequence[CaseTransaction],
        outcomes: Sequence[Outcome],  # noqa: ARG002 (a block's are needed one by one)
    ) -> Difference | None:
        """See TwinOracle."""
        if self._start.root != self._start.head.state_root:
            return None
        here = shown_outcomes(executor, position, transactions)
        with TemporaryDirectory(prefix="contractvm-fuzz-") as folder:
            there = self._way(
                CaseOnChain(Path(folder, "chain"), self._start, position, transactions)
            )
        for place, (one, other) in enumerate(zip(here, there, strict=True)):
            found = difference_in(place, one, other)
            if found is not None:
                return found
        return None


@dataclass(frozen=True, slots=True)
class CaseOnChain:
    """A case, and where its chain is."""

    folder: Path
    start: StartState
    position: Position
    transactions: Sequence[CaseTransaction]

    @contextmanager
    def at_position(self) -> Iterator[CaseChain]:
        """The chain at the case's position."""
        with CaseChain.begin(self.folder, self.start) as chain:
            for transaction in self.position.transactions:
                chain.mine_case(self.start, transaction)
            yield chain

    def mine(self, chain: CaseChain) -> list[Shown]:
        """The case's blocks."""
        return [chain.mine_case(self.start, one) for one in self.transactions]


def after_reverting(case: CaseOnChain) -> list[Shown]:
    """The case, a revert to the snapshot before it, and the case again."""
    with case.at_position() as chain:
        number = chain.snapshot()
        case.mine(chain)
        chain.revert(number)
        return case.mine(chain)


def after_reopening(case: CaseOnChain) -> list[Shown]:
    """Before each block the database is closed and opened again."""
    with case.at_position():
        pass
    rows = []
    for transaction in case.transactions:
        with CaseChain.open(case.folder, must_exist=True) as chain:
            rows.append(chain.mine_case(case.start, transaction))
    return rows


def replayed_from_disk(case: CaseOnChain) -> list[Shown]:
    """Each block is run again from what was written; that must give what it says."""
    rows = []
    with case.at_position() as chain:
        for transaction in case.transactions:
            before = chain.head.hash
            row = chain.mine_case(case.start, transaction)
            if chain.head.hash != before:
                try:
                    chain.run_head_again()
                except ReplayDiffers as error:
                    row = {**row, "block_run_again": str(error)}
            rows.append(row)
    return rows


CHAIN_WAYS = {
    "snapshot-revert": after_reverting,
    "commit-reopen": after_reopening,
    "replayed-block": replayed_from_disk,
}
