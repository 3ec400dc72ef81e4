"""The world state: accounts, code and storage of the chain during execution.

All changes are in memory until `commit`. Snapshots nest; a rollback costs as much as
the changes since. Nothing is deleted from the database, so the state at any committed
root can be read by opening another WorldState at it.
"""

from copy import copy
from typing import TypeVar

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32
from chain_sim.ethereum.state.account import WORD_BYTES, Account
from chain_sim.ethereum.state.entries import StateEntries
from chain_sim.ethereum.state.errors import BalanceOutOfRange, NotAStorageSlot
from chain_sim.ethereum.state.journal import Journal
from chain_sim.ethereum.state.overlay import Overlay
from chain_sim.ethereum.state.reachability import reachable_nodes
from chain_sim.ethereum.state.reads import StateReads
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_reader import NodeReader
from contractvm.errors import InternalError

BALANCE_LIMIT = 1 << 256
NO_ACCOUNT = Account()
Key = TypeVar("Key")
Value = TypeVar("Value")
ENTRY_BYTES = 256  # approximate size of an account or a slot in the overlay's dicts


class WorldState:
    """The state with the root `root`, and the changes made to it since.

    An account that was never written, or was deleted, reads as zeros. Any method may
    raise MissingNode, MissingCode or DatabaseDamaged if the database is incomplete.
    """

    def __init__(
        self,
        database: KeyValueStore,
        root: Hash32 = EMPTY_TRIE_ROOT,
        cache: NodeCache | None = None,
        reads: StateReads | None = None,
    ) -> None:
        """`cache` has the decoded nodes; states of one database may share it.

        Those with one root may share what is read under it, too: `reads`.
        """
        cache = NodeCache() if cache is None else cache
        if reads is None:
            entries = StateEntries(database, cache)
            entries.require_node(root)
        else:
            entries = StateEntries(database, cache, reads.code)
        self._entries = entries
        self._journal = Journal()
        self._overlay = Overlay(entries, self._journal, root, reads)
        self._touched: dict[Address, None] = {}
        self._has_stale_nodes = False
        self._is_changed = False  # since the last commit, never rolled back

    @property
    def remembered_bytes(self) -> int:
        """Approximate memory of what was read or added since the last commit."""
        return self._overlay.read_count * ENTRY_BYTES + self._entries.new_code_bytes

    # Accounts

    def account_exists(self, address: Address) -> bool:
        """Whether the state has an entry for the account, even an empty one."""
        return self._overlay.get_account(address) is not None

    def get_account(self, address: Address) -> Account:
        """The whole account; its storage root may be out of date."""
        return self._account(address)

    def is_empty(self, address: Address) -> bool:
        """No nonce, balance or code: "dead" in the sense of EIP-161."""
        return self._account(address).is_empty

    def get_nonce(self, address: Address) -> int:
        """The number of transactions it sent, or of contracts it created."""
        return self._account(address).nonce

    def set_nonce(self, address: Address, nonce: int) -> None:
        """Create the account if it doesn't exist; touch it."""
        old = self._account(address)
        account = Account(nonce, old.balance, old.storage_root, old.code_hash)
        self._write(address, account)

    def increment_nonce(self, address: Address) -> None:
        """Create the account if it doesn't exist; touch it."""
        self.set_nonce(address, self.get_nonce(address) + 1)

    def get_balance(self, address: Address) -> int:
        """The balance in wei."""
        return self._account(address).balance

    def set_balance(self, address: Address, balance: int) -> None:
        """Create the account if it doesn't exist; touch it."""
        self._write_balance(address, self._account(address), balance)

    def can_add_balance(self, address: Address, amount: int) -> bool:
        """Whether the balance plus `amount`, in wei, fits in 256 bits."""
        return self._account(address).balance + amount < BALANCE_LIMIT

    def add_balance(self, address: Address, amount: int) -> None:
        """Touch the account; create it if it doesn't exist and the amount isn't 0.

        BalanceOutOfRange if the sum exceeds 256 bits (callers check first).
        """
        if amount:
            old = self._account(address)
            self._write_balance(address, old, old.balance + amount)
        else:
            self.touch(address)

    def add_fees(self, address: Address, amount: int) -> None:
        """As `add_balance`; what would exceed 256 bits is burned."""
        if amount:
            amount = min(amount, BALANCE_LIMIT - 1 - self._account(address).balance)
        self.add_balance(address, amount)

    def subtract_balance(self, address: Address, amount: int) -> None:
        """Touch the account; BalanceOutOfRange if it has less (callers check first)."""
        self.add_balance(address, -amount)

    def begin_transaction(self, sender: Address, price: int) -> None:
        """Charge the sender, in wei, and increment its nonce, as one change."""
        old = self._account(sender)
        if not 0 <= price <= old.balance:
            raise BalanceOutOfRange(sender, old.balance, -price)
        nonce, balance = old.nonce + 1, old.balance - price
        account = Account(nonce, balance, old.storage_root, old.code_hash)
        self._write(sender, account)

    # Code

    def get_code(self, address: Address) -> bytes:
        """The code; empty if there is none."""
        return self._entries.get_code(self._account(address).code_hash)

    def get_code_hash(self, address: Address) -> Hash32:
        """The hash of the code; of empty code also if there is no account."""
        return self._account(address).code_hash

    def set_code(self, address: Address, code: bytes) -> None:
        """Create the account if it doesn't exist; touch it."""
        code_hash = self._entries.add_code(code)
        old = self._account(address)
        self._write(
            address, Account(old.nonce, old.balance, old.storage_root, code_hash)
        )

    # Storage

    def get_storage(self, address: Address, key: bytes) -> bytes:
        """The slot's 32 bytes."""
        return self._overlay.get_slot(address, key)

    def set_storage(self, address: Address, key: bytes, value: bytes) -> None:
        """Write a slot; key and value are 32 bytes, and zero deletes it.

        Writing the present value does nothing; any other creates the account if it
        doesn't exist, and touches it.
        """
        if len(key) != WORD_BYTES or len(value) != WORD_BYTES:
            raise NotAStorageSlot(key, value)
        if self._overlay.set_slot(address, key, value):
            self._write(address, self._account(address))

    def get_storage_root(self, address: Address) -> Hash32:
        """The root of the account's storage, with what was written to it."""
        return self._overlay.storage_root(address)

    def clear_storage(self, address: Address) -> None:
        """Delete every slot."""
        self._overlay.clear_slots(address)

    # Deletion, and EIP-161's clearing of empty accounts

    def delete_account(self, address: Address) -> None:
        """Remove the account with all it has; it can be created again."""
        if self.account_exists(address):
            self._overlay.clear_slots(address)
            self._overlay.set_account(address, None)

    def touch(self, address: Address) -> None:
        """Delete the account at the end of the transaction if it's empty then.

        A rollback undoes this for every address. The main network exempts address 3
        since an accident in its block 2,675,119 (the touch of an empty precompile
        survived the failure of the call); a chain without that block needs no
        exception, and follows EIP-161 as written.
        """
        if address not in self._touched:
            self._journal.put(self._touched, address, None)

    def touched_addresses(self) -> list[Address]:
        """The touched addresses in ascending order."""
        return sorted(self._touched)

    def destroy_empty_touched(self) -> None:
        """Delete each empty account that the transaction touched."""
        for address in self.touched_addresses():
            if self.is_empty(address):
                self.delete_account(address)

    # Snapshots

    def snapshot(self) -> int:
        """A new snapshot's number, valid until a rollback to it or an earlier one."""
        return self._journal.snapshot()

    def put_until_rollback(
        self, mapping: dict[Key, Value], key: Key, value: Value
    ) -> None:
        """Set mapping[key], which is none of the state's, as one of its changes."""
        self._journal.put(mapping, key, value)

    def rollback(self, snapshot_id: int) -> None:
        """Restore the state at the snapshot; it and all later ones become invalid."""
        self._journal.rollback(snapshot_id)

    def end_transaction(self) -> None:
        """Forget snapshots and touched accounts; changes are kept."""
        self._is_changed |= not self._journal.is_empty
        self._journal.clear()
        self._touched.clear()

    def begin_next_transaction(self) -> None:
        """Like `end_transaction`, but earlier snapshots stay valid."""
        self._journal.record(self._restore_touched, self._touched)
        self._touched = {}

    def fork(self) -> "WorldState":
        """A copy of the opened or committed state, with what has been read since.

        The two are independent. Raises InternalError unless every change was rolled
        back, and no root was computed of any.
        """
        if self._is_changed or not self._journal.is_empty:
            raise InternalError("a fork of a state that is changed")
        fork = copy(self)
        fork._entries = self._entries.fork()
        fork._journal = Journal()
        fork._overlay = self._overlay.fork(fork._entries, fork._journal)
        fork._touched = {}
        return fork

    # Roots

    def compute_root(self) -> Hash32:
        """The root of the present state; costs as much as the changes since the last.

        Snapshots stay valid.
        """
        if self._overlay.has_unhashed:
            self._has_stale_nodes = bool(self._entries.new_nodes)
            self._is_changed = True
            self._overlay.compute_root()
        return self._overlay.root

    def commit(self) -> tuple[Hash32, dict[bytes, bytes]]:
        """The root, and the database entries that are new since the last commit.

        The caller writes them in one batch with the block; if that fails, this object
        must be discarded. The transaction ends; the state can still be used.
        """
        root = self.compute_root()
        if self._has_stale_nodes:
            self._drop_stale_nodes(root)
        accounts = self._overlay.accounts.values()
        puts = self._entries.take(
            {account.code_hash for account in accounts if account is not None}
        )
        self.end_transaction()
        self._overlay = Overlay(self._entries, self._journal, root)
        self._is_changed = False
        return root, puts

    @property
    def nodes(self) -> NodeReader:
        """The nodes of the last computed root, in the database or not."""
        return self._entries

    def preimage(self, digest: Hash32) -> bytes | None:
        """The address or slot key with this hash; None if the database lacks it."""
        return self._entries.get_preimage(digest)

    def code_with_hash(self, code_hash: Hash32) -> bytes:
        """The code with this hash, of any account of this state."""
        return self._entries.get_code(code_hash)

    def _drop_stale_nodes(self, root: Hash32) -> None:
        """Drop nodes of intermediate roots."""
        unseen = dict(self._entries.new_nodes)
        reachable = reachable_nodes(
            self._entries,
            root,
            lambda node_hash: unseen.pop(node_hash, None) is not None,
        )
        self._entries.new_nodes = dict(reachable)
        self._has_stale_nodes = False

    def _account(self, address: Address) -> Account:
        try:
            return self._overlay.accounts[address] or NO_ACCOUNT
        except KeyError:
            return self._overlay.get_account(address) or NO_ACCOUNT

    def _restore_touched(self, touched: dict[Address, None]) -> None:
        self._touched = touched

    def _write_balance(self, address: Address, old: Account, balance: int) -> None:
        if not 0 <= balance < BALANCE_LIMIT:
            raise BalanceOutOfRange(address, old.balance, balance - old.balance)
        account = Account(old.nonce, balance, old.storage_root, old.code_hash)
        self._write(address, account)

    def _write(self, address: Address, account: Account) -> None:
        if address not in self._touched:
            self.touch(address)
        self._overlay.set_account(address, account)
