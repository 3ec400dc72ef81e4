"""The accounts of a state and the slots of an account, in the order of their trie."""

from collections.abc import Iterator

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.database_keys import preimage_key
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from chain_sim.ethereum.state.account import (
    Account,
    decode_account,
    decode_storage_value,
)
from chain_sim.ethereum.trie.missing import MissingPreimage
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.ethereum.trie.trie import Trie


def list_accounts(
    database: KeyValueStore, root: Hash32
) -> Iterator[tuple[Address, Account]]:
    """All accounts; raises MissingPreimage, MissingNode and DatabaseDamaged."""
    for digest, encoded in Trie(DatabaseNodes(database), root).items():
        address = Address(_preimage(database, Hash32(digest), "address"))
        yield address, decode_account(encoded, address)


def list_slots(database: KeyValueStore, root: Hash32) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of an account's storage; raises as list_accounts."""
    for digest, encoded in Trie(DatabaseNodes(database), root).items():
        key = _preimage(database, Hash32(digest), "slot key")
        yield key, decode_storage_value(encoded, key)


def _preimage(database: KeyValueStore, digest: Hash32, kind: str) -> bytes:
    preimage = database.get(preimage_key(digest))
    if preimage is None:
        raise MissingPreimage(digest, kind)
    if keccak256(preimage) != digest:
        raise DatabaseDamaged(preimage_key(digest), "is not what has this hash")
    return preimage
