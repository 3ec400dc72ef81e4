"""Oracles that run cases on the real chain, on disk: blocks, commits, snapshots.

These do what the executor leaves out to be fast: transactions are signed and their
senders recovered, blocks are made and written, states are read back.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore, number_key
from chain_sim.ethereum.blocks.genesis import encode_genesis
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.engine_choice import traced_engine
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import InvalidTransaction, ReplayDiffers
from chain_sim.ethereum.primitives.transactions import sign_transaction
from contract_fuzz.cases.case import (
    CaseOutcome,
    CaseStatus,
    CaseTransaction,
    Position,
    StartState,
)
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.positions import chain_transaction
from contract_fuzz.oracles.observations import (
    RECEIPT_FIELDS,
    OutcomeDifference,
    difference_in,
)
from contract_fuzz.oracles.twin_oracle import RanCase, TwinOracle

Shown = dict[str, object]


@contextmanager
def chain_from(folder: Path, start: StartState) -> Iterator[Blockchain]:
    """The real chain, from a start state, on a new database in `folder`."""
    database = LevelDatabase(folder)
    first = start.head.number + 1 - len(start.block_hashes)
    numbers = {
        number_key(first + place): block_hash
        for place, block_hash in enumerate(start.block_hashes)
        if block_hash is not None
    }
    entries = {
        **dict(start.entries),
        **numbers,
        **BlockStore(database).entries(Block(start.head, ()), (), ()),
        keys.GENESIS_KEY: encode_genesis(start.genesis).encode(),
    }
    database.write_batch(entries)
    with Blockchain(database) as chain:
        yield chain


def mine_case(
    chain: Blockchain, start: StartState, transaction: CaseTransaction
) -> Shown:
    """Sign the transaction, write its block, and return the chain's result."""
    sender = start.senders[transaction.sender]
    unsigned = chain_transaction(transaction, chain.nonce(sender.address))
    timestamp = chain.head.header.timestamp + transaction.seconds
    try:
        tx = sign_transaction(unsigned, sender.private_key, chain.genesis.chain_id)
        chain.mine([tx], timestamp=timestamp)
    except InvalidTransaction as reason:
        return {**shown_refusal(str(reason)), **shown_head(chain)}
    return {**shown_receipt(chain.receipt(tx.hash)), **shown_head(chain)}


def shown_head(chain: Blockchain) -> Shown:
    """The newest block and its state."""
    return {"root": chain.head.header.state_root, "block_hash": chain.head.hash}


def run_head_again(chain: Blockchain) -> None:
    """Run the head's block from disk, with its gas recorded.

    Raises ReplayDiffers.
    """
    stored = chain.reader.stored_block(chain.head)
    traced = traced_engine(chain.engine)
    stored.run_again(traced, {0: Recording(traced.schedule, "a case")})


def shown_refusal(reason: str) -> Shown:
    """The outcome of a transaction that makes no block."""
    return dict(zip(RECEIPT_FIELDS, (False, 0, b"", (), reason), strict=True))


def shown_receipt(receipt: TransactionReceipt) -> Shown:
    """The outcome of a transaction in a block."""
    values = (
        receipt.succeeded,
        receipt.gas_used,
        receipt.output,
        tuple(receipt.logs),
        receipt.error or None,
    )
    return dict(zip(RECEIPT_FIELDS, values, strict=True))


def shown_outcomes(
    executor: CaseExecutor, position: Position, transactions: Sequence[CaseTransaction]
) -> list[Shown]:
    """The executor's result of each transaction, and of the block after it."""
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


def shown_outcome(outcome: CaseOutcome) -> Shown:
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


class ChainOracle(TwinOracle):
    """Runs cases on a chain in its own directory.

    A start state whose senders were given balances is no chain's: nothing is checked.
    """

    def __init__(
        self, name: str, share: int, share_of_new: int, executor: CaseExecutor
    ) -> None:
        """`name` is one of CHAIN_WAYS."""
        super().__init__(name, share, share_of_new)
        self._start = executor.start
        self._way = CHAIN_WAYS[name]

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle."""
        if self._start.root != self._start.head.state_root:
            return None
        here = shown_outcomes(case.executor, case.position, case.transactions)
        with TemporaryDirectory(prefix="contractvm-fuzz-") as folder:
            chain_folder = Path(folder, "chain")
            there = self._way(
                CaseOnChain(chain_folder, self._start, case.position, case.transactions)
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
    def at_position(self) -> Iterator[Blockchain]:
        """The chain at the case's position."""
        with chain_from(self.folder, self.start) as chain:
            for transaction in self.position.transactions:
                mine_case(chain, self.start, transaction)
            yield chain

    def mine(self, chain: Blockchain) -> list[Shown]:
        """The case's blocks."""
        return [mine_case(chain, self.start, one) for one in self.transactions]


def after_reverting(case: CaseOnChain) -> list[Shown]:
    """The case, a revert to the snapshot before it, and the case again."""
    with case.at_position() as chain:
        number = chain.snapshot()
        case.mine(chain)
        chain.revert(number)
        return case.mine(chain)


def after_reopening(case: CaseOnChain) -> list[Shown]:
    """The case, with the database closed and reopened before each block."""
    with case.at_position():
        pass
    rows = []
    for transaction in case.transactions:
        with Blockchain.open(case.folder, must_exist=True) as chain:
            rows.append(mine_case(chain, case.start, transaction))
    return rows


def replayed_from_disk(case: CaseOnChain) -> list[Shown]:
    """The case, with each block run again from disk and compared."""
    rows = []
    with case.at_position() as chain:
        for transaction in case.transactions:
            before = chain.head.hash
            row = mine_case(chain, case.start, transaction)
            if chain.head.hash != before:
                try:
                    run_head_again(chain)
                except ReplayDiffers as error:
                    row = {**row, "block_run_again": str(error)}
            rows.append(row)
    return rows


CHAIN_WAYS = {
    "snapshot-revert": after_reverting,
    "commit-reopen": after_reopening,
    "replayed-block": replayed_from_disk,
}
