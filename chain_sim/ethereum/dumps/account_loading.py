"""Loading of accounts from a stream into state tries, in bounded memory."""

from collections.abc import Iterator

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.pending import PendingEntries, TrieBuilder
from chain_sim.ethereum.primitives.database_keys import (
    LOADED_ACCOUNT,
    LOADED_SLOT,
    code_key,
    preimage_key,
)
from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    Address,
    Hash32,
    format_data,
    keccak256,
)
from chain_sim.ethereum.state.account import (
    ZERO_WORD,
    Account,
    encode_account,
    encode_storage_value,
)
from contractvm.hosts.interface import WASM
from contractvm.progress import Progress

STEPS_PER_REPORT = 1_000


class StateLoader:
    """Collects accounts; `finish` returns the root of their state."""

    def __init__(self, database: KeyValueStore, progress: Progress) -> None:
        self.slot_count = 0
        self.code_count = 0
        self.foreign_code_count = 0
        self._entries = PendingEntries(database)
        self._progress = progress
        self._accounts = TrieBuilder(self._entries, LOADED_ACCOUNT)

    @property
    def account_count(self) -> int:
        """The number of accounts so far."""
        return self._accounts.count

    def add_account(self, address: Address, account: Account, place: str) -> None:
        """Add an account whose code and storage were added.

        Raises MalformedDump if its address was added before.
        """
        if not self._accounts.add(self._add_preimage(address), encode_account(account)):
            raise MalformedDump(place, "stands here twice")
        if self.account_count % STEPS_PER_REPORT == 0:
            self._progress("accounts", self.account_count, None)

    def add_code(self, code: bytes) -> Hash32:
        """Keep an account's code; returns its hash."""
        if not code:
            return EMPTY_CODE_HASH
        self.code_count += 1
        self.foreign_code_count += not code.startswith(WASM.prefix)
        code_hash = keccak256(code)
        self._entries.put(code_key(code_hash), code)
        return code_hash

    def add_storage(self, slots: Iterator[tuple[bytes, bytes]], place: str) -> Hash32:
        """Keep an account's slots except zeros; returns the storage root.

        Keys and values are 32 bytes. Raises MalformedDump for a repeated key.
        """
        storage = TrieBuilder(self._entries, LOADED_SLOT)
        for key, value in slots:
            if value == ZERO_WORD:
                continue
            if not storage.add(self._add_preimage(key), encode_storage_value(value)):
                raise MalformedDump(f"{place}.{format_data(key)}", "stands here twice")
        self.slot_count += storage.count
        return storage.finish()

    def finish(self) -> Hash32:
        """Write everything, after all accounts were added; returns the state's root."""
        root = self._accounts.finish()
        self._entries.flush()
        return root

    def _add_preimage(self, preimage: Address | bytes) -> Hash32:
        digest = keccak256(preimage)
        self._entries.put(preimage_key(digest), preimage)
        return digest
