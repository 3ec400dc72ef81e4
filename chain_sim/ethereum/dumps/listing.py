"""The accounts of a state in the order of their addresses, the slots in that of keys.

The tries are in the order of hashes, so everything is sorted once, on the disk where it
does not fit in memory.
"""

from collections.abc import Iterator
from pathlib import Path

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.dumps.records import (
    ACCOUNT_RECORD_BYTES,
    SLOT_RECORD_BYTES,
    ListedAccount,
    account_record,
    read_account_record,
)
from chain_sim.ethereum.dumps.sorting import RecordSorter
from chain_sim.ethereum.primitives.database_keys import preimage_key
from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    keccak256,
)
from chain_sim.ethereum.state.account import (
    WORD_BYTES,
    decode_account,
    decode_storage_value,
)
from chain_sim.ethereum.trie.missing import MissingPreimage
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.ethereum.trie.trie import Trie
from contractvm.progress import Progress

STEPS_PER_REPORT = 1_000
ADDRESS_PADDING = bytes(WORD_BYTES - ADDRESS_BYTES)


def list_accounts(
    database: KeyValueStore, root: Hash32, folder: Path, progress: Progress
) -> Iterator[ListedAccount]:
    """All accounts; `folder` is for temporary files.

    Raises MissingPreimage, MissingNode and DatabaseDamaged.
    """
    trie = Trie(DatabaseNodes(database), root)
    with RecordSorter(ACCOUNT_RECORD_BYTES, folder) as records:
        for digest, encoded in trie.items():
            address = Address(_preimage(database, Hash32(digest), "address"))
            listed = ListedAccount(address, decode_account(encoded, address))
            records.add(account_record(address + ADDRESS_PADDING, listed))
            if records.count % STEPS_PER_REPORT == 0:
                progress("sorting accounts", records.count, None)
        for done, record in enumerate(records):
            yield read_account_record(record)
            if done % STEPS_PER_REPORT == 0:
                progress("accounts", done, records.count)


def list_slots(
    database: KeyValueStore, root: Hash32, folder: Path
) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of an account's storage; raises as list_accounts."""
    if root == EMPTY_TRIE_ROOT:
        return
    trie = Trie(DatabaseNodes(database), root)
    with RecordSorter(SLOT_RECORD_BYTES, folder) as records:
        for digest, encoded in trie.items():
            key = _preimage(database, Hash32(digest), "slot key")
            records.add(key + key + decode_storage_value(encoded, key))
        for record in records:
            yield record[:WORD_BYTES], record[-WORD_BYTES:]


def _preimage(database: KeyValueStore, digest: Hash32, kind: str) -> bytes:
    preimage = database.get(preimage_key(digest))
    if preimage is None:
        raise MissingPreimage(digest, kind)
    if keccak256(preimage) != digest:
        raise DatabaseDamaged(preimage_key(digest), "is not what has this hash")
    return preimage
