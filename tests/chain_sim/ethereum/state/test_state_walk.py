"""A walk over a state names the entry that cannot be read."""

import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.database_keys import code_key, node_key
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state.state_walk import BadEntry, _key_of, _read

NODE_HASH = Hash32(b"\x07" * 32)
ACCOUNT = "account with address hash 0xaa"


class UnreadableDatabase(MemoryDatabase):
    """Whatever is read is damaged."""

    def get(self, key: bytes) -> bytes | None:
        raise DatabaseDamaged(key, "block checksum mismatch")


def test_an_entry_that_the_disk_lost_is_named_with_its_place() -> None:
    key = node_key(NODE_HASH)
    with pytest.raises(BadEntry) as caught:
        _read(UnreadableDatabase(), key, b"\1\2", b"account")
    assert caught.value.reason.startswith("cannot be read: block checksum mismatch")
    found = (caught.value.key, caught.value.path, caught.value.account)
    assert found == (key, b"\1\2", b"account")
    with pytest.raises(BadEntry) as caught:
        _read(MemoryDatabase(), key, b"\1", None)
    assert caught.value.reason.startswith("is missing")


@pytest.mark.parametrize(
    ("key", "path", "account", "place"),
    [
        (node_key(NODE_HASH), b"", None, "account trie, its root: trie node"),
        (node_key(NODE_HASH), b"\1\x0f", None, "account trie, path 1f: trie node"),
        (node_key(NODE_HASH), b"\2", b"\xaa", f"{ACCOUNT}, path 2: trie node"),
        (code_key(NODE_HASH), b"\2", b"\xaa", f"{ACCOUNT}: code"),
    ],
)
def test_the_place_of_an_entry_is_said(
    key: bytes, path: bytes, account: bytes | None, place: str
) -> None:
    error = BadEntry(key, "is missing", path, account)
    assert str(error) == f"{place} 0x{'07' * 32} is missing"


@pytest.mark.parametrize("length", [63, 65])
def test_a_leaf_is_64_nibbles_deep(length: int) -> None:
    assert _key_of(b"\1\2" * 32, NODE_HASH) == b"\x12" * 32
    with pytest.raises(DatabaseDamaged) as caught:
        _key_of(bytes(length), NODE_HASH)
    assert caught.value.key == node_key(NODE_HASH)
    assert caught.value.reason == f"has a key of {length} nibbles"
