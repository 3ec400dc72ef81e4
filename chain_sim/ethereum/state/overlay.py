"""Current accounts and storage slots, over a root that doesn't change.

Dicts hold what was read or written; every write goes through the journal, and is noted
as not yet hashed. A rollback does not remove such a note: it only means that the trie
may differ there. A rollback to before a root was computed restores the notes that the
root had cleared.
"""

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32
from chain_sim.ethereum.state.account import (
    Account,
    encode_account,
    encode_storage_value,
)
from chain_sim.ethereum.state.entries import StateEntries
from chain_sim.ethereum.state.journal import Journal
from chain_sim.ethereum.state.reads import StateReads, read_account, read_slot
from chain_sim.ethereum.trie.node_encoder import HELD_BYTES
from chain_sim.ethereum.trie.trie import SecureTrie


class AccountStorage:
    """An account's slots over its storage trie; clearing storage makes a new one."""

    __slots__ = ("first_root", "root", "unhashed", "values")

    def __init__(self, root: Hash32) -> None:
        self.first_root = self.root = root
        self.values: dict[bytes, bytes] = {}
        self.unhashed: dict[bytes, None] = {}

    def fork(self) -> "AccountStorage":
        """A copy, for a storage in which nothing was changed."""
        fork = AccountStorage(self.root)
        fork.values = dict(self.values)
        return fork

    def compute_root(self, entries: StateEntries, journal: Journal) -> Hash32:
        """The root with all writes so far; new nodes are added to the entries."""
        if self.unhashed:
            journal.record(self.unhashed.update, dict(self.unhashed))
            changes = {
                key: encode_storage_value(self.values[key]) for key in self.unhashed
            }
            for key, encoded in changes.items():
                if encoded:
                    entries.add_preimage(key)
            trie = SecureTrie(entries, self.root, entries.cache, HELD_BYTES)
            self.root, nodes = trie.updated(changes)
            entries.new_nodes.update(nodes)
            self.unhashed.clear()
        return self.root


class Overlay:
    """Current accounts and slots over the state with the root `root`.

    What neither was read nor written here is the same under every root since then, and
    `reads` may know it.
    """

    def __init__(
        self,
        entries: StateEntries,
        journal: Journal,
        root: Hash32,
        reads: StateReads | None = None,
    ) -> None:
        self.root = root
        self.accounts: dict[Address, Account | None] = {}
        self._storages: dict[Address, AccountStorage] = {}
        self.read_count = 0
        self._unhashed: dict[Address, None] = {}
        self._entries = entries
        self._journal = journal
        self._reads = reads

    def fork(self, entries: StateEntries, journal: Journal) -> "Overlay":
        """A copy of what was read; nothing is changed, so notes are not needed."""
        fork = Overlay(entries, journal, self.root, self._reads)
        fork.accounts = dict(self.accounts)
        fork._storages = {
            address: storage.fork() for address, storage in self._storages.items()
        }
        fork.read_count = self.read_count
        return fork

    @property
    def has_unhashed(self) -> bool:
        """Whether anything was written since the root was computed."""
        return bool(self._unhashed)

    def get_account(self, address: Address) -> Account | None:
        """The account; its storage_root may be out of date."""
        try:
            return self.accounts[address]
        except KeyError:
            pass
        self.read_count += 1
        if self._reads is None:
            account = read_account(self._entries, self.root, address)
        else:
            account = self._reads.account(address)
        self.accounts[address] = account
        return account

    def set_account(self, address: Address, account: Account | None) -> None:
        """Replace the account; its storage is not changed."""
        if address not in self.accounts:
            self.get_account(address)  # which comes back if this is undone
        self._journal.put(self.accounts, address, account)
        self._unhashed[address] = None

    def get_slot(self, address: Address, key: bytes) -> bytes:
        """The slot's 32 bytes; zero if there is no account."""
        storage = self._storage(address)
        value = storage.values.get(key)
        if value is None:
            self.read_count += 1
            if self._reads is None:
                value = read_slot(self._entries, storage.first_root, key)
            else:
                value = self._reads.slot(storage.first_root, key)
            storage.values[key] = value
        return value

    def set_slot(self, address: Address, key: bytes, value: bytes) -> bool:
        """Write the slot; False if it already had that value."""
        if value == self.get_slot(address, key):
            return False
        storage = self._storages[address]
        self._journal.put(storage.values, key, value)
        storage.unhashed[key] = None
        self._unhashed[address] = None
        return True

    def clear_slots(self, address: Address) -> None:
        """Set every slot to zero, in constant time."""
        self._storage(address)  # which comes back if this is undone
        self._journal.put(self._storages, address, AccountStorage(EMPTY_TRIE_ROOT))
        self._unhashed[address] = None

    def storage_root(self, address: Address) -> Hash32:
        """The root of the account's storage with all writes so far."""
        return self._storage(address).compute_root(self._entries, self._journal)

    def compute_root(self) -> Hash32:
        """The root with all writes so far; new nodes are added to the entries."""
        changes: dict[bytes, bytes] = {}
        self._journal.record(self._unhashed.update, dict(self._unhashed))
        for address in self._unhashed:
            account = self.accounts[address]
            if account is None:
                changes[address] = b""
                continue
            self._entries.add_preimage(address)
            storage = self._storage(address)
            root = storage.compute_root(self._entries, self._journal)
            changes[address] = encode_account(
                Account(account.nonce, account.balance, root, account.code_hash)
            )
        self.root, nodes = self._trie().updated(changes)
        self._entries.new_nodes.update(nodes)
        self._unhashed.clear()
        return self.root

    def _trie(self) -> SecureTrie:
        return SecureTrie(self._entries, self.root, self._entries.cache, HELD_BYTES)

    def _storage(self, address: Address) -> AccountStorage:
        storage = self._storages.get(address)
        if storage is None:
            account = self.get_account(address)
            root = EMPTY_TRIE_ROOT if account is None else account.storage_root
            storage = self._storages[address] = AccountStorage(root)
        return storage
