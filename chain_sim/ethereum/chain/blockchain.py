"""The local chain: one object to deploy, call and read, and to go back in time.

    with Blockchain.open("state") as chain:
        token = chain.deploy(wasm).contract_address
        receipt = chain.send(token, data)

A transaction makes a block at once. The clock is logical: a block's timestamp is its
parent's plus one second unless it is set, so the same script gives the same hashes.
"""

import os
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Self

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import Place, Where, as_place
from chain_sim.ethereum.blocks.genesis import GenesisConfig, encode_genesis
from chain_sim.ethereum.blocks.genesis_block import genesis_block, settle_genesis
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.capture.case import Case, rules_with
from chain_sim.ethereum.capture.making import StoredTransaction
from chain_sim.ethereum.chain.movable_chain import MovableChain
from chain_sim.ethereum.execution.block_building import (
    BuiltBlock,
    build_block,
    context_after,
)
from chain_sim.ethereum.execution.cross_check import ApplyTransaction
from chain_sim.ethereum.execution.engine_choice import (
    confirming_engines,
    engine_for,
    traced_engine,
)
from chain_sim.ethereum.execution.state_transition import (
    BlockContext,
    TransactionResult,
)
from chain_sim.ethereum.gas_report.chain_reports import (
    Replay,
    ReportTerms,
    explain_replay,
    title_of_call,
)
from chain_sim.ethereum.gas_report.frame_report import FindLines, lines_of_code
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    sign_transaction,
)
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.registry import find_host
from contractvm.ledger.report import GasReport
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from gas_schedule.schedule import GasSchedule

DEFAULT_GAS_PRICE = 1_000_000_000  # wei


class Blockchain(MovableChain):
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
        make_init_code = find_host(self.genesis.profile).init_code
        init_code = code
        if make_init_code is not None and not is_init_code:
            init_code = make_init_code(code)
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
            context_after(parent, self._store.hash_at, self._next_time),
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
        at: Where = None,
    ) -> TransactionResult:
        """What a transaction sent now would give, gas included; nothing is kept.

        It runs in the next block's context, signed by nobody and at gas price 0. With
        `at`, after that block; at a Place with a transaction, behind that one and in
        its block. Raises what `state_at` does.
        """
        call = self._make_call(to, data, sender, value, gas_limit, at)
        state = call.open_state()
        apply = self._applying(at)
        return apply(state, call.tx, call.sender, call.context, None)

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
        at: Where = None,
    ) -> GasReport:
        """Where the gas of `call` goes.

        It is recorded on the interpreter; a chain on wasmtime, or one that checks both
        engines, runs it on both too, and raises EngineDifference as `call` does.
        `find_required` searches the smallest gas limit with which it succeeds. With
        `schedule`, the same run is priced under that one; MustRunAgain where it would
        not be the same run, and with `rerun` another run is made instead.
        `find_lines` gives the source lines of a contract's code.
        """
        terms = ReportTerms(find_required, schedule, rerun, find_lines)
        call = self._make_call(to, data, sender, value, gas_limit, at)
        traced, title = traced_engine(self.engine), title_of_call(to)
        result, recording = call.record(traced, title)
        confirming = self._confirming(as_place(at))
        if confirming is not None:
            call.confirm(result, confirming)
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
        stored = self._replayable(block)
        recording = stored.record(index, traced_engine(self.engine))
        confirming = self._confirming(Place(block.header.parent_hash))
        if confirming is not None:
            stored.confirm(index, self.engine, confirming)
        replay = stored.replay(index, self.engine)
        return explain_replay(replay, recording, self.engine, terms)

    def capture(self, tx_hash: Hash32) -> Case:
        """A transaction of the chain, with all that it needs to be run again anywhere.

        The transactions before it in its block are in the case, too. Raises
        UnknownTransaction, BlockNotKept where the state before the block is gone, and
        ReplayDiffers.
        """
        block, index = self._find(tx_hash)
        parent = self._parent(block)
        self._require_state(parent)
        genesis = self.genesis
        rules = rules_with(genesis.schedule, genesis.chain_id)
        stored = StoredTransaction(
            block, index, self.receipts(block), parent.header.state_root, self._database
        )
        return stored.capture(rules, self.engine.engine_name, self._store.hash_at)

    # Inside

    def _applying(self, at: Where = None) -> ApplyTransaction:
        """How to apply transactions to the state at a place."""
        return self._choice.applying(partial(self._open_twin, as_place(at)))

    def _confirming(self, place: Place) -> ApplyTransaction | None:
        """How to run on both engines what was recorded at a place, if wished."""
        engines = confirming_engines(self._choice)
        if engines is None:
            return None
        return engines.applying(partial(self._open_twin, place))

    def _open_twin(self, place: Place) -> RecordingState:
        """The state at a place, for the engine that checks the other."""

        def open_state(root: Hash32) -> RecordingState:
            return RecordingState(self._database, root)

        return self._opened(place, open_state)

    def _begin(self) -> Block:
        state = WorldState(self._database)
        block, state_entries = genesis_block(self.genesis, state)
        entries = self._store.entries(block, (), ())
        entries[keys.GENESIS_KEY] = encode_genesis(self.genesis).encode()
        self._database.write_batch({**state_entries, **entries})
        return block

    def _write(self, built: BuiltBlock) -> None:
        entries = self._store.entries(built.block, built.receipts, built.outcomes)
        self._add([built.block], {**built.state_entries, **entries})
        self._after_blocks(1)

    def _make_call(
        self,
        to: Address | None,
        data: bytes,
        sender: Address | None,
        value: int,
        gas_limit: int | None,
        at: Where,
    ) -> Replay:
        sender = sender or self.accounts[0].address
        open_state = partial(self.state_at, at)
        nonce = open_state().get_nonce(sender)
        context = self._context_at(as_place(at))
        limit = context.gas_limit if gas_limit is None else gas_limit
        tx = Transaction(nonce, 0, limit, to, value, data)
        return Replay(tx, sender, context, open_state)

    def _context_at(self, place: Place) -> BlockContext:
        """The context of what comes next at a place that exists."""
        block = self.find_block(place.block)
        if place.tx is not None:
            return self._replayable(block).context
        time = self._next_time if block.hash == self._head.hash else None
        return context_after(block.header, self._hashes_before(block), time)

    def _make_transaction(
        self,
        to: Address | None,
        data: bytes,
        sender: DeveloperAccount | None,
        value: int,
        gas_limit: int | None,
    ) -> Transaction:
        sender = sender or self.accounts[0]
        tx = Transaction(
            nonce=self.nonce(sender.address),
            gas_price=DEFAULT_GAS_PRICE,
            gas_limit=self._head.header.gas_limit if gas_limit is None else gas_limit,
            to=to,
            value=value,
            data=data,
        )
        return sign_transaction(tx, sender.private_key, self.genesis.chain_id)
