"""What was read of the state under one root, for all who open it."""

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.state.account import (
    Account,
    decode_account,
    decode_storage_value,
)
from chain_sim.ethereum.state.entries import StateEntries
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.trie import SecureTrie

MAX_KEPT = 4_096  # accounts, and as many slots


class StateReads:
    """Accounts, slots and code of the state with the root `root`, kept once read.

    Raises MissingNode or DatabaseDamaged if the database is incomplete.
    """

    def __init__(self, database: KeyValueStore, root: Hash32, cache: NodeCache) -> None:
        self.root = root
        self.code: dict[Hash32, bytes] = {}
        self.entries = StateEntries(database, cache, self.code)
        self.entries.require_node(root)
        self._accounts: dict[Address, Account | None] = {}
        self._slots: dict[tuple[Hash32, bytes], bytes] = {}

    def account(self, address: Address) -> Account | None:
        """The account; None where there is none."""
        try:
            return self._accounts[address]
        except KeyError:
            pass
        if len(self._accounts) >= MAX_KEPT:
            self._accounts.clear()
        account = read_account(self.entries, self.root, address)
        self._accounts[address] = account
        return account

    def slot(self, storage_root: Hash32, key: bytes) -> bytes:
        """The 32 bytes of a slot in the storage of this root."""
        place = (storage_root, key)
        value = self._slots.get(place)
        if value is None:
            if len(self._slots) >= MAX_KEPT:
                self._slots.clear()
            value = self._slots[place] = read_slot(self.entries, storage_root, key)
        return value


def read_account(
    entries: StateEntries, root: Hash32, address: Address
) -> Account | None:
    """The account in the state trie with this root; None where there is none."""
    encoded = SecureTrie(entries, root, entries.cache).get(address)
    return decode_account(encoded, address) if encoded else None


def read_slot(entries: StateEntries, root: Hash32, key: bytes) -> bytes:
    """The slot's 32 bytes in the storage trie with this root."""
    encoded = SecureTrie(entries, root, entries.cache).get(key)
    return decode_storage_value(encoded, key)
