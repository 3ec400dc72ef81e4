"""The local chain: one object to deploy, call and read, and to go back in time.

    with Blockchain.open("state") as chain:
        token = chain.deploy(wasm).contract_address
        receipt = chain.send(token, data)

A transaction makes a block at once. The clock is logical: a block's timestamp is its
parent's plus one second, so the same script gives the same block hashes.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from chain_sim.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
from chain_sim.block_building import BuiltBlock, build_block, context_after
from chain_sim.blocks import Block
from chain_sim.chain_reader import ChainReader
from chain_sim.chain_setup import (
    engine_for,
    genesis_block,
    settle_genesis,
    traced_engine,
)
from chain_sim.cross_check import ApplyTransaction
from chain_sim.database import keys
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.errors import UnknownSnapshot
from chain_sim.explanation import (
    Replay,
    ReportTerms,
    StoredBlock,
    explain_replay,
    title_of_call,
)
from chain_sim.genesis import GenesisConfig, encode_genesis
from chain_sim.maintenance.pruning import AutomaticPruning
from chain_sim.primitives import Address, Hash32
from chain_sim.state.recording_state import RecordingState
from chain_sim.state.world_state import WorldState
from chain_sim.state_transition import TransactionResult
from chain_sim.transaction_receipt import TransactionReceipt
from chain_sim.transactions import Transaction, decode_transaction, sign_transaction
from contractvm.engines.selection import DEFAULT_ENGINE
from contractvm.host.ewasm.deployment import build_init_module
from contractvm.ledger.frame_report import FindLines, lines_of_code
from contractvm.ledger.report import GasReport
from gas_schedule.schedule import GasSchedule

DEFAULT_GAS_PRICE = 1_000_000_000  # wei


class Blockchain(ChainReader):
    """A chain of one developer, on a database of any kind.

    `accounts` are the funded developer accounts; wherever a sender is left out, it is
    the first of them. Nothing is changed by a call that raises.
    """

    accounts: tuple[DeveloperAccount, ...] = DEVELOPER_ACCOUNTS

    def __init__(
        self,
        database: KeyValueStore,
        genesis: GenesisConfig | None = None,
        *,
        engine: str = DEFAULT_ENGINE,
        cross_check: bool = False,
    ) -> None:
        """Continue the chain in `database`, or begin one there.

        `genesis` defaults to the stored one, or to the developer chain's. `engine` is
        "interpreter" or "wasmtime"; results are the same. With `cross_check` all runs
        on both: where they are not the same, EngineDifference is raised and nothing is
        kept. Raises UnknownEngine, and GenesisMismatch where the database holds a
        chain with another genesis.
        """
        super().__init__(database)
        self.genesis = settle_genesis(database.get(keys.GENESIS_KEY), genesis)
        self._choice = engine_for(self.genesis, engine, cross_check=cross_check)
        self.engine = self._choice.engine
        head_hash = self._store.head_hash()
        if head_hash is None:
            self._head = self._begin()
        else:
            self._head = self._stored_block(head_hash)
        self._pruning: AutomaticPruning | None = None

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        genesis: GenesisConfig | None = None,
        *,
        must_exist: bool = False,
        engine: str = DEFAULT_ENGINE,
        cross_check: bool = False,
    ) -> Self:
        """The chain in the LevelDB directory `path`, which is created where absent.

        Raises DatabaseUnavailable (locked, not ours, another version; with
        `must_exist`, DatabaseNotFound) and GenesisMismatch. One process at a time can
        have it open.
        """
        database = LevelDatabase(path, must_exist=must_exist)
        try:
            return cls(database, genesis, engine=engine, cross_check=cross_check)
        except BaseException:
            database.close()
            raise

    @classmethod
    def in_memory(
        cls,
        genesis: GenesisConfig | None = None,
        *,
        engine: str = DEFAULT_ENGINE,
        cross_check: bool = False,
    ) -> Self:
        """A chain that ends with the process."""
        return cls(MemoryDatabase(), genesis, engine=engine, cross_check=cross_check)

    def close(self) -> None:
        """Let go of the database; nothing waits to be written."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # Transactions

    def deploy(
        self,
        code: bytes,
        *,
        sender: DeveloperAccount | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        is_init_code: bool = False,
    ) -> TransactionReceipt:
        """Create a contract; `code` is its runtime module, in Wasm bytes.

        The module is checked first: MalformedModule, InvalidModule or RefusedModule
        says what is wrong, and no block is made. With `is_init_code`, `code` runs once
        and returns the runtime module; otherwise an init module is made around it.
        """
        self.engine.prepare(code)
        init_code = code if is_init_code else build_init_module(code)
        tx = self._make_transaction(None, init_code, sender, value, gas_limit)
        return self.submit(tx)

    def send(
        self,
        to: Address,
        data: bytes = b"",
        *,
        sender: DeveloperAccount | None = None,
        value: int = 0,
        gas_limit: int | None = None,
    ) -> TransactionReceipt:
        """Sign and submit a transaction; `value` in wei.

        `gas_limit` defaults to the block's. Raises InvalidTransaction (its children
        say why); a contract's failure is in the receipt.
        """
        return self.submit(self._make_transaction(to, data, sender, value, gas_limit))

    def submit(self, transaction: Transaction | bytes) -> TransactionReceipt:
        """Put a signed transaction, or its RLP, into a block of its own."""
        if isinstance(transaction, bytes):
            transaction = decode_transaction(transaction)
        self.mine([transaction])
        return self.receipt(transaction.hash)

    def mine(self, transactions: Sequence[Transaction] = ()) -> Block:
        """Make one block of signed transactions, or an empty one.

        Raises InvalidTransaction for the first that may not run; then no block is
        made and nothing has changed.
        """
        parent = self._head.header
        built = build_block(
            self._applying(),
            self.state_at(),
            parent,
            context_after(parent, self._store.hash_at),
            transactions,
            self.genesis.chain_id,
        )
        self._write(built)
        return built.block

    def call(
        self,
        to: Address | None,
        data: bytes = b"",
        *,
        sender: Address | None = None,
        value: int = 0,
        gas_limit: int | None = None,
    ) -> TransactionResult:
        """What a transaction sent now would give, gas included; nothing is kept.

        It runs in the next block's context, signed by nobody and at gas price 0.
        """
        call = self._make_call(to, data, sender, value, gas_limit)
        state = call.open_state()
        return self._applying()(state, call.tx, call.sender, call.context, None)

    def explain_call(  # noqa: PLR0913 (a call's terms, and a report's)
        self,
        to: Address | None,
        data: bytes = b"",
        *,
        sender: Address | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        find_required: bool = False,
        schedule: GasSchedule | None = None,
        rerun: bool = False,
        find_lines: FindLines = lines_of_code,
    ) -> GasReport:
        """Where the gas of `call` goes.

        `find_required` searches the smallest gas limit with which it succeeds. With
        `schedule`, the same run is priced under that one; MustRunAgain where it would
        not be the same run, and with `rerun` another run is made instead.
        `find_lines` gives the source lines of a contract's code.
        """
        terms = ReportTerms(find_required, schedule, rerun, find_lines)
        call = self._make_call(to, data, sender, value, gas_limit)
        recording = call.record(traced_engine(self.engine), title_of_call(to))[1]
        return explain_replay(call, recording, self.engine, terms)

    def explain_transaction(
        self,
        tx_hash: Hash32,
        *,
        find_required: bool = False,
        schedule: GasSchedule | None = None,
        rerun: bool = False,
        find_lines: FindLines = lines_of_code,
    ) -> GasReport:
        """Where the gas of a transaction of the chain went; terms as `explain_call`.

        Its block is run again. Raises UnknownTransaction, and ReplayDiffers where that
        does not give what the block says.
        """
        terms = ReportTerms(find_required, schedule, rerun, find_lines)
        block, index = self._find(tx_hash)
        parent = self._stored_block(block.header.parent_hash)
        stored = StoredBlock(
            block=block,
            context=context_after(parent.header, self._store.hash_at),
            receipts=self.receipts(block),
            open_state=partial(self.state_at, parent.hash),
        )
        recording = stored.record(index, traced_engine(self.engine))
        replay = stored.replay(index, self.engine)
        return explain_replay(replay, recording, self.engine, terms)

    # History

    def prune(self, keep_blocks: int) -> None:
        """From now on keep the newest `keep_blocks` blocks, and those of snapshots.

        What only older ones need is removed now and then, so that the database stops
        growing; up to twice as many may be there.
        """
        self._pruning = AutomaticPruning(self._database, keep_blocks)

    def snapshot(self) -> int:
        """Remember the head; the number is for `revert` and outlives the process."""
        number, entries = self._store.new_snapshot(self._head.hash)
        self._database.write_batch(entries)
        return number

    def revert(self, snapshot: int) -> Block:
        """Make the head what it was at `snapshot`; it stays valid for another time.

        Raises UnknownSnapshot.
        """
        block_hash = self._store.snapshot_hash(snapshot)
        if block_hash is None:
            raise UnknownSnapshot(snapshot)
        target = self._stored_block(block_hash)
        puts, deletes = self._store.head_entries(target)
        self._database.write_batch(puts, deletes)
        self._head = target
        return target

    # Inside

    def _applying(self) -> ApplyTransaction:
        """How to apply transactions to the state at the head."""
        root = self._head.header.state_root
        return self._choice.applying(lambda: RecordingState(self._database, root))

    def _begin(self) -> Block:
        state = WorldState(self._database)
        block, state_entries = genesis_block(self.genesis, state)
        entries = self._store.entries(block, (), ())
        entries[keys.GENESIS_KEY] = encode_genesis(self.genesis).encode()
        self._database.write_batch({**state_entries, **entries})
        return block

    def _write(self, built: BuiltBlock) -> None:
        entries = self._store.entries(built.block, built.receipts, built.outcomes)
        self._database.write_batch({**built.state_entries, **entries})
        self._head = built.block
        if self._pruning is not None:
            collected = self._pruning.after_block(built.block.header.number)
            if collected is not None:
                self._node_cache.clear()

    def _make_call(
        self,
        to: Address | None,
        data: bytes,
        sender: Address | None,
        value: int,
        gas_limit: int | None,
    ) -> Replay:
        sender = sender or self.accounts[0].address
        tx = self._unsigned(to, data, sender, value, gas_limit)
        context = context_after(self._head.header, self._store.hash_at)
        return Replay(replace(tx, gas_price=0), sender, context, self.state_at)

    def _make_transaction(
        self,
        to: Address | None,
        data: bytes,
        sender: DeveloperAccount | None,
        value: int,
        gas_limit: int | None,
    ) -> Transaction:
        sender = sender or self.accounts[0]
        tx = self._unsigned(to, data, sender.address, value, gas_limit)
        return sign_transaction(tx, sender.private_key, self.genesis.chain_id)

    def _unsigned(
        self,
        to: Address | None,
        data: bytes,
        sender: Address,
        value: int,
        gas_limit: int | None,
    ) -> Transaction:
        return Transaction(
            nonce=self.nonce(sender),
            gas_price=DEFAULT_GAS_PRICE,
            gas_limit=self._head.header.gas_limit if gas_limit is None else gas_limit,
            to=to,
            value=value,
            data=data,
        )
