"""Making cases: from a state and transactions, or from a transaction of a chain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.genesis import GenesisAccount
from chain_sim.ethereum.blocks.genesis_block import put_accounts
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.capture.case import Case, CaseBlock, CaseRules, SentTransaction
from chain_sim.ethereum.capture.running import run_blocks
from chain_sim.ethereum.capture.witness import NotingDatabase
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import BlockHashes
from chain_sim.ethereum.execution.stored_block import compare, expect
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.runtime.engine_selection import DEFAULT_ENGINE, make_engine
from gas_schedule.arguments import as_list


def no_block(_: int) -> None:
    """For runs without knowledge of earlier blocks: no block has a hash."""


def make_case(
    database: KeyValueStore,
    state_root: Hash32,
    blocks: Sequence[CaseBlock],
    rules: CaseRules,
    *,
    engine: str = DEFAULT_ENGINE,
    block_hash: Callable[[int], bytes | None] = no_block,
) -> Case:
    """The case of these blocks, run now on the state with this root.

    The case expects their results. `database` has the state's nodes and codes;
    `block_hash` returns hashes of earlier blocks, and those that the run reads replace
    the `block_hashes` of the blocks. Raises InvalidTransaction for the first invalid
    transaction, and UnknownFork.
    """
    noting = NotingDatabase(database)
    asked: list[dict[int, bytes | None]] = []

    def hashes_for(_: CaseBlock) -> BlockHashes:
        asked.append({})
        return partial(_note_hash, asked[-1], block_hash)

    schedule = rules.read_schedule()
    metered = rules.find_host().pipeline(make_engine(engine), schedule)
    executor = Executor(metered, WorldState(noting, state_root))
    fork = find_fork(rules.fork, rules.fees)
    outcomes = tuple(run_blocks(executor, blocks, hashes_for, fork))
    return Case(
        rules=rules,
        state_root=state_root,
        nodes=noting.nodes(),
        codes=noting.codes(),
        blocks=tuple(
            replace(block, block_hashes=tuple(sorted(hashes.items())))
            for block, hashes in zip(blocks, asked, strict=True)
        ),
        outcomes=outcomes,
    )


def _note_hash(
    asked: dict[int, bytes | None], block_hash: BlockHashes, number: int
) -> bytes | None:
    asked[number] = block_hash(number)
    return asked[number]


def state_of(accounts: Sequence[GenesisAccount]) -> tuple[MemoryDatabase, Hash32]:
    """A database with the state of just these accounts, and its root."""
    accounts = as_list(accounts, "accounts", GenesisAccount)
    database = MemoryDatabase()
    state = WorldState(database)
    put_accounts(state, accounts)
    root, entries = state.commit()
    database.write_batch(entries)
    return database, root


@dataclass(frozen=True, slots=True)
class StoredTransaction:
    """A transaction of a chain: its block, its index, and the block's receipts.

    `state_root` is that of the state that the block starts from, which `database` has.
    """

    block: Block
    index: int
    receipts: Sequence[TransactionReceipt]
    state_root: Hash32
    database: KeyValueStore

    def capture(self, rules: CaseRules, engine: str, block_hash: BlockHashes) -> Case:
        """Its case, compared with the chain's receipts; raises ReplayDiffers.

        The transactions before it in its block are part of the case, so that the case
        starts from a state whose root is in a header.
        """
        header = self.block.header
        count = self.index + 1
        block = CaseBlock(
            coinbase=header.coinbase,
            number=header.number,
            timestamp=header.timestamp,
            difficulty=header.difficulty,
            gas_limit=header.gas_limit,
            transactions=tuple(
                SentTransaction(tx, receipt.sender)
                for tx, receipt in zip(
                    self.block.transactions[:count], self.receipts, strict=False
                )
            ),
            base_fee=header.base_fee_per_gas,
        )
        case = make_case(
            self.database,
            self.state_root,
            [block],
            rules,
            engine=engine,
            block_hash=block_hash,
        )
        for receipt, outcome in zip(self.receipts, case.outcomes, strict=False):
            compare(receipt, outcome.result)
        if count == len(self.block.transactions):
            expect("state root", header.state_root, case.post_root)
        return case
