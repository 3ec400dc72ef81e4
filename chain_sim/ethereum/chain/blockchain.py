"""The local chain: one object to deploy, call and read, and to go back in time.

    with Blockchain.open("state") as chain:
        token = chain.deploy(wasm).contract_address
        receipt = chain.send(token, data)

A transaction makes a block at once. The clock is logical: a block's timestamp is its
parent's plus one second unless it is set, so the same script gives the same hashes.
"""

import os
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, Unpack

from chain_sim.database.errors import DatabaseNotFound
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import Where
from chain_sim.ethereum.blocks.genesis import GenesisConfig
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.chain_options import ChainOptions
from chain_sim.ethereum.chain.parts import ChainParts
from chain_sim.ethereum.chain.signer import signed_transaction, signer_of
from chain_sim.ethereum.execution.engine_choice import init_code_of
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_address,
    as_data,
    as_slot,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
)
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.progress import Progress, no_progress
from contractvm.runtime.module_source import ModuleSource, module_bytes
from gas_schedule.arguments import as_int

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain


class Blockchain(ChainParts):
    """A chain of one developer, on a database of any kind.

    Its parts: `reader` (blocks, receipts, states), `clock`, `next_block`, `mining`,
    `pool` (waiting transactions), `calls` (at any block), `edits` (of the state),
    `branches`, `history`, `gas`, `failures` and `export`. `accounts` are funded; the
    first is the sender where none is given. A call that raises changes nothing.
    """

    accounts: tuple[DeveloperAccount, ...] = DEVELOPER_ACCOUNTS

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        genesis: GenesisConfig | None = None,
        *,
        must_exist: bool = False,
        read_only: bool = False,
        **options: Unpack[ChainOptions],
    ) -> Self:
        """The chain in the LevelDB directory `path`, which is created if missing.

        One process at a time can have it open. With `read_only` the chain must exist,
        also on a full or read-only disk, and several may read it at a time; a call
        that would write raises DatabaseReadOnly. Raises DatabaseUnavailable (locked,
        not ours, another version; with `must_exist` or `read_only`, DatabaseNotFound)
        and GenesisMismatch.
        """
        database = LevelDatabase(path, must_exist=must_exist, read_only=read_only)
        try:
            if read_only and database.get(keys.HEAD) is None:
                raise DatabaseNotFound(str(path))
            return cls(database, genesis, **options)
        except BaseException:
            database.close()
            raise

    @classmethod
    def in_memory(
        cls,
        genesis: GenesisConfig | None = None,
        **options: Unpack[ChainOptions],
    ) -> Self:
        """A chain that ends with the process."""
        database = MemoryDatabase()
        return cls(database, genesis, **options)

    @staticmethod
    def connect(url: str, *, timeout: float = 30) -> "NodeChain":
        """The chain that the node at `url` has: see NodeChain."""
        from chain_sim.ethereum.chain.remote.node_chain import (  # noqa: PLC0415 (few need it)
            NodeChain,
        )

        return NodeChain(url, timeout)

    def close(self) -> None:
        """Release the database; everything is already written."""
        self._head.database.close()

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
        code: ModuleSource,
        *,
        sender: DeveloperAccount | AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        is_init_code: bool = False,
    ) -> TransactionReceipt:
        """Create a contract; `code` is its runtime module.

        That is its bytes, the path of a .wasm or .wat file, or .wat text. It is checked
        first: MalformedModule, InvalidModule or RefusedModule says what is wrong, and
        no block is made. With `is_init_code`, `code` runs once and returns the runtime
        module; otherwise an init module is made around it.
        """
        code = module_bytes(code)
        engine = self.engine
        init_code = init_code_of(self.genesis, engine, code, is_init_code=is_init_code)
        tx = self._make_transaction(None, init_code, sender, value, gas_limit)
        return self.submit(tx)

    def send(
        self,
        to: AddressLike,
        data: DataLike = b"",
        *,
        sender: DeveloperAccount | AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
    ) -> TransactionReceipt:
        """Sign and submit a transaction; `value` in wei.

        `sender` is an account with a key, or the address of one of `accounts`.
        `gas_limit` defaults to the most that runs. Raises InvalidTransaction (its
        children say why); a contract's failure is in the receipt.
        """
        to, data = as_address(to, "to"), as_data(data)
        return self.submit(self._make_transaction(to, data, sender, value, gas_limit))

    def submit(self, transaction: Transaction | DataLike) -> TransactionReceipt:
        """Put a signed transaction, or its RLP, into a block of its own."""
        if not isinstance(transaction, Transaction):
            transaction = decode_transaction(
                as_data(transaction, "transaction"), self.fork.transaction_types
            )
        return self.mining.mine_signed([transaction], None).transaction_receipts()[0]

    def mine(
        self, transactions: Sequence[Transaction] = (), *, timestamp: int | None = None
    ) -> Block:
        """Make one block of signed transactions, or an empty one.

        `timestamp`, in seconds, defaults to the clock's. Raises TimeNotAfterHead,
        TimeTooLate, and InvalidTransaction for the first that may not run; then no
        block is made and nothing has changed.
        """
        return self.mining.mine_signed(transactions, timestamp).block

    def mine_blocks(
        self,
        count: int,
        *,
        interval: int | None = None,
        progress: Progress = no_progress,
    ) -> Block:
        """Make `count` empty blocks, `interval` seconds from each to the next.

        By default it is the clock's. The first is that much after the head, or at the
        time that was set. They are written some hundreds at a time, and reported as
        progress when they are on disk. The newest is returned. Raises TimeNotAfterHead
        and TimeTooLate.
        """
        return self.mining.mine_empty(count, interval, progress)

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
        """The result of a transaction if sent now, gas included; nothing is kept.

        It runs in the next block's context, signed by nobody and at gas price 0. With
        `at`, after that block; at a Place with a transaction, after that one and in
        its block. Raises what `state_at` does.
        """
        call = self.reader.place_call(
            to, data, sender=sender, value=value, gas_limit=gas_limit, at=at
        )
        return self._engines.executor(call.open_state).call(call)

    # Reading

    def block(self, which: int | HashLike) -> Block:
        """See ChainReader.block."""
        return self.reader.block(which)

    def transaction(self, tx_hash: HashLike) -> Transaction:
        """See ChainReader.transaction."""
        return self.reader.transaction(tx_hash)

    def receipt(self, tx_hash: HashLike) -> TransactionReceipt:
        """See ChainReader.receipt."""
        return self.reader.receipt(tx_hash)

    def state_at(self, which: Where = None, tx: int | None = None) -> WorldState:
        """See ChainReader.state_at."""
        return self.reader.state_at(which, tx)

    def balance(self, address: AddressLike) -> int:
        """In wei, at the head."""
        return self._head.open_start(WorldState).get_balance(as_address(address))

    def nonce(self, address: AddressLike) -> int:
        """Transactions sent, or contracts created, at the head."""
        return self._head.open_start(WorldState).get_nonce(as_address(address))

    def code(self, address: AddressLike) -> bytes:
        """The account's code at the head, empty if it has none."""
        return self._head.open_start(WorldState).get_code(as_address(address))

    def storage(self, address: AddressLike, slot: int | HashLike) -> bytes:
        """The 32 bytes of a storage slot at the head."""
        state = self._head.open_start(WorldState)
        return state.get_storage(as_address(address), as_slot(slot))

    # Going back

    def snapshot(self) -> int:
        """See Branches.snapshot."""
        return self.branches.snapshot()

    def revert(self, snapshot: int) -> Block:
        """See Branches.revert."""
        return self.branches.revert(snapshot)

    def prune(self, keep_blocks: int) -> None:
        """From now on keep the newest `keep_blocks` blocks of each branch.

        Those of snapshots stay too. What only older ones need is removed now and then,
        so that the database stops growing; it may hold up to twice as many.
        """
        self._head.prune(as_int(keep_blocks, "keep_blocks", at_least=1))

    # Inside

    def _make_transaction(
        self,
        to: Address | None,
        data: bytes,
        sender: DeveloperAccount | AddressLike | None,
        value: int,
        gas_limit: int | None,
    ) -> Transaction:
        signer = signer_of(sender, self.accounts)
        tx = Transaction(
            nonce=self.nonce(signer.address),
            gas_price=0,
            gas_limit=self.fork.gas_limit(gas_limit, self.next_block.gas_limit),
            to=to,
            value=value,
            data=data,
        )
        base_fee = self.next_block.base_fee
        return signed_transaction(tx, signer, self.genesis.chain_id, base_fee)
