"""Accounts from a stream into the tries of a state, in memory that doesn't grow.

They come in the order of the file; tries are built in the order of hashes. So all are
sorted by hash first, on the disk where they do not fit in memory.
"""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.pending import PendingEntries, build_trie
from chain_sim.ethereum.dumps.records import (
    ACCOUNT_RECORD_BYTES,
    SLOT_RECORD_BYTES,
    ListedAccount,
    account_record,
    read_account_record,
)
from chain_sim.ethereum.dumps.sorting import RecordSorter
from chain_sim.ethereum.primitives.database_keys import code_key, preimage_key
from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    Address,
    Hash32,
    format_data,
    keccak256,
)
from chain_sim.ethereum.state.account import (
    WORD_BYTES,
    ZERO_WORD,
    encode_account,
    encode_storage_value,
)
from contractvm.hosts.interface import WASM
from contractvm.progress import Progress

STEPS_PER_REPORT = 1_000


class StateLoader:
    """Takes accounts in; `finish` gives the root of their state.

    `folder` is for temporary files.
    """

    def __init__(
        self, database: KeyValueStore, folder: Path, progress: Progress
    ) -> None:
        self.slot_count = 0
        self.code_count = 0
        self.foreign_code_count = 0
        self._entries = PendingEntries(database)
        self._folder = folder
        self._progress = progress
        self._accounts = RecordSorter(ACCOUNT_RECORD_BYTES, folder)

    @property
    def account_count(self) -> int:
        """How many accounts came."""
        return self._accounts.count

    def add_account(self, listed: ListedAccount) -> None:
        """Take in an account whose code and storage were added."""
        digest = self._add_preimage(listed.address)
        self._accounts.add(account_record(digest, listed))
        if self.account_count % STEPS_PER_REPORT == 0:
            self._progress("accounts", self.account_count, None)

    def add_code(self, code: bytes) -> Hash32:
        """Keep an account's code; its hash."""
        if not code:
            return EMPTY_CODE_HASH
        self.code_count += 1
        self.foreign_code_count += not code.startswith(WASM.prefix)
        code_hash = keccak256(code)
        self._entries.put(code_key(code_hash), code)
        return code_hash

    def add_storage(self, slots: Iterator[tuple[bytes, bytes]], place: str) -> Hash32:
        """Keep an account's slots, 32 bytes under 32; the root. Zeros are left out.

        Raises MalformedDump where a key comes twice.
        """
        with RecordSorter(SLOT_RECORD_BYTES, self._folder) as records:
            for key, value in slots:
                if value != ZERO_WORD:
                    records.add(self._add_preimage(key) + key + value)
            self.slot_count += records.count
            return build_trie(self._entries, self._slots(records, place))

    def finish(self) -> Hash32:
        """The state's root, when all accounts are there; everything is written."""
        root = build_trie(self._entries, self._encoded_accounts())
        self._entries.flush()
        return root

    def _slots(
        self, records: RecordSorter, place: str
    ) -> Iterator[tuple[bytes, bytes]]:
        last = b""
        for record in records:
            digest = record[:WORD_BYTES]
            key = record[WORD_BYTES : 2 * WORD_BYTES]
            if digest == last:
                raise MalformedDump(f"{place}.{format_data(key)}", "stands here twice")
            last = digest
            yield digest, encode_storage_value(record[2 * WORD_BYTES :])

    def _encoded_accounts(self) -> Iterator[tuple[bytes, bytes]]:
        last = b""
        for done, record in enumerate(self._accounts):
            digest = record[:WORD_BYTES]
            address, account = read_account_record(record)
            if digest == last:
                place = f"accounts.{format_data(address)}"
                raise MalformedDump(place, "stands here twice")
            last = digest
            if done % STEPS_PER_REPORT == 0:
                self._progress("building the state", done, self.account_count)
            yield digest, encode_account(account)

    def _add_preimage(self, preimage: Address | bytes) -> Hash32:
        digest = keccak256(preimage)
        self._entries.put(preimage_key(digest), preimage)
        return digest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._accounts.close()
