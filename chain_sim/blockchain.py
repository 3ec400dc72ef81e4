"""The local chain: one object to deploy, call and read, and to go back in time.

    with Blockchain.open("state") as chain:
        token = chain.deploy(wasm).contract_address
        receipt = chain.send(token, data)

A transaction makes a block at once. The clock is logical: a block's timestamp is its
parent's plus one second, so the same script gives the same block hashes.
"""

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from chain_sim.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
from chain_sim.block_building import BuiltBlock, build_block, context_after
from chain_sim.block_store import BlockStore, number_key
from chain_sim.blocks import Block
from chain_sim.chain_setup import default_genesis, engine_for, genesis_block
from chain_sim.database import keys
from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.errors import (
    GenesisMismatch,
    UnknownBlock,
    UnknownSnapshot,
    UnknownTransaction,
)
from chain_sim.genesis import GenesisConfig, decode_genesis, encode_genesis
from chain_sim.message_call import contract_address
from chain_sim.primitives import Address, Hash32
from chain_sim.state.world_state import WorldState
from chain_sim.state_transition import TransactionResult, apply_transaction
from chain_sim.transaction_receipt import TransactionReceipt
from chain_sim.transactions import (
    Transaction,
    decode_transaction,
    recover_sender,
    sign_transaction,
)
from chain_sim.trie.node_cache import NodeCache
from contractvm.host.ewasm.deployment import build_init_module

DEFAULT_GAS_PRICE = 1_000_000_000  # wei


class Blockchain:
    """A chain of one developer, on a database of any kind.

    `accounts` are the funded developer accounts; wherever a sender is left out, it is
    the first of them. Nothing is changed by a call that raises.
    """

    accounts: tuple[DeveloperAccount, ...] = DEVELOPER_ACCOUNTS

    def __init__(
        self, database: KeyValueStore, genesis: GenesisConfig | None = None
    ) -> None:
        """Continue the chain in `database`, or begin one there.

        `genesis` defaults to the stored one, or to the developer chain's. Raises
        GenesisMismatch where the database holds a chain with another genesis.
        """
        self._database = database
        self._store = BlockStore(database)
        self._node_cache = NodeCache()
        self.genesis = self._settle_genesis(genesis)
        self.engine = engine_for(self.genesis)
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
    ) -> Self:
        """The chain in the LevelDB directory `path`, which is created where absent.

        Raises DatabaseUnavailable (locked, not ours, another version; with
        `must_exist`, DatabaseNotFound) and GenesisMismatch. One process at a time can
        have it open.
        """
        database = LevelDatabase(path, must_exist=must_exist)
        try:
            return cls(database, genesis)
        except BaseException:
            database.close()
            raise

    @classmethod
    def in_memory(cls, genesis: GenesisConfig | None = None) -> Self:
        """A chain that ends with the process."""
        return cls(MemoryDatabase(), genesis)

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
            self.engine,
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
        sender = sender or self.accounts[0].address
        state = self.state_at()
        tx = Transaction(
            nonce=state.get_nonce(sender),
            gas_price=0,
            gas_limit=gas_limit or self._head.header.gas_limit,
            to=to,
            value=value,
            data=data,
        )
        context = context_after(self._head.header, self._store.hash_at)
        return apply_transaction(state, self.engine, tx, sender, context)

    # Reading

    @property
    def head(self) -> Block:
        """The newest block."""
        return self._head

    def block(self, which: int | Hash32) -> Block:
        """A block of the chain by number or hash; raises UnknownBlock."""
        block_hash = self._store.hash_at(which) if isinstance(which, int) else which
        block = None if block_hash is None else self._store.block(block_hash)
        if block is None or not self._is_on_chain(block):
            raise UnknownBlock(which)
        return block

    def state_at(self, which: int | Hash32 | None = None) -> WorldState:
        """The state after a block, by default the head. Changes to it are not kept."""
        block = self._head if which is None else self.block(which)
        return WorldState(self._database, block.header.state_root, self._node_cache)

    def balance(self, address: Address) -> int:
        """In wei, at the head."""
        return self.state_at().get_balance(address)

    def nonce(self, address: Address) -> int:
        """Transactions sent, or contracts created, at the head."""
        return self.state_at().get_nonce(address)

    def code(self, address: Address) -> bytes:
        """The account's code at the head, empty where it has none."""
        return self.state_at().get_code(address)

    def storage(self, address: Address, slot: int | bytes) -> bytes:
        """The 32 bytes of a storage slot at the head."""
        key = slot if isinstance(slot, bytes) else slot.to_bytes(32, "big")
        return self.state_at().get_storage(address, key)

    def transaction(self, tx_hash: Hash32) -> Transaction:
        """A transaction of the chain; raises UnknownTransaction."""
        block, index = self._find(tx_hash)
        return block.transactions[index]

    def receipt(self, tx_hash: Hash32) -> TransactionReceipt:
        """The receipt of a transaction of the chain; raises UnknownTransaction."""
        block, index = self._find(tx_hash)
        return self._receipt_at(block, index)

    def receipts(self, block: Block) -> tuple[TransactionReceipt, ...]:
        """The receipts of a block's transactions, in order."""
        count = len(block.transactions)
        return tuple(self._receipt_at(block, index) for index in range(count))

    # Time travel

    def snapshot(self) -> int:
        """Remember the head; the number is for `revert` and outlives the process."""
        taken = [key for key, _ in self._database.iterate(keys.SNAPSHOT)]
        number = 1
        if taken:
            number += int.from_bytes(taken[-1][len(keys.SNAPSHOT) :], "big")
        self._database.write_batch({snapshot_key(number): self._head.hash})
        return number

    def revert(self, snapshot: int) -> Block:
        """Make the head what it was at `snapshot`; it stays valid for another time.

        Raises UnknownSnapshot.
        """
        value = self._database.get(snapshot_key(snapshot))
        if value is None:
            raise UnknownSnapshot(snapshot)
        target = self._stored_block(Hash32(value))
        entries = {keys.HEAD: target.hash}
        block = target
        while self._store.hash_at(block.header.number) != block.hash:
            entries[number_key(block.header.number)] = block.hash
            block = self._stored_block(block.header.parent_hash)
        self._database.write_batch(entries)
        self._head = target
        return target

    # Inside

    def _settle_genesis(self, wanted: GenesisConfig | None) -> GenesisConfig:
        stored = self._database.get(keys.GENESIS_KEY)
        if stored is None:
            return wanted or default_genesis()
        found = decode_genesis(stored.decode())
        if wanted is not None:
            for name in GenesisConfig.__slots__:
                if getattr(found, name) != getattr(wanted, name):
                    raise GenesisMismatch(
                        name, getattr(found, name), getattr(wanted, name)
                    )
        return found

    def _begin(self) -> Block:
        state = WorldState(self._database, cache=self._node_cache)
        block, state_entries = genesis_block(self.genesis, state)
        entries = self._store.entries(block, (), ())
        entries[keys.GENESIS_KEY] = encode_genesis(self.genesis).encode()
        self._database.write_batch({**state_entries, **entries})
        return block

    def _write(self, built: BuiltBlock) -> None:
        entries = self._store.entries(built.block, built.receipts, built.outcomes)
        self._database.write_batch({**built.state_entries, **entries})
        self._head = built.block

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
            gas_limit=gas_limit or self._head.header.gas_limit,
            to=to,
            value=value,
            data=data,
        )
        return sign_transaction(tx, sender.private_key, self.genesis.chain_id)

    def _stored_block(self, block_hash: Hash32) -> Block:
        block = self._store.block(block_hash)
        if block is None:
            raise DatabaseDamaged(keys.BLOCK + block_hash, "missing block")
        return block

    def _is_on_chain(self, block: Block) -> bool:
        number = block.header.number
        return (
            number <= self._head.header.number
            and self._store.hash_at(number) == block.hash
        )

    def _find(self, tx_hash: Hash32) -> tuple[Block, int]:
        place = self._store.find_transaction(tx_hash)
        block = None if place is None else self._store.block(place[0])
        if place is None or block is None or not self._is_on_chain(block):
            raise UnknownTransaction(tx_hash)
        return block, place[1]

    def _receipt_at(self, block: Block, index: int) -> TransactionReceipt:
        receipts = self._store.receipts(block.hash)
        outcome = self._store.outcomes(block.hash)[index]
        receipt, tx = receipts[index], block.transactions[index]
        earlier = receipts[index - 1].cumulative_gas_used if index else 0
        sender = recover_sender(tx, self.genesis.chain_id)
        is_creation = tx.to is None and receipt.status
        return TransactionReceipt(
            transaction_hash=tx.hash,
            transaction_index=index,
            block_hash=block.hash,
            block_number=block.header.number,
            sender=sender,
            to=tx.to,
            contract_address=contract_address(sender, tx.nonce)
            if is_creation
            else None,
            succeeded=receipt.status,
            gas_used=receipt.cumulative_gas_used - earlier,
            cumulative_gas_used=receipt.cumulative_gas_used,
            gas_price=tx.gas_price,
            logs=receipt.logs,
            output=outcome.output,
            error=outcome.error or None,
        )


def snapshot_key(number: int) -> bytes:
    """Where snapshot `number` is kept."""
    return keys.SNAPSHOT + number.to_bytes(8, "big")
