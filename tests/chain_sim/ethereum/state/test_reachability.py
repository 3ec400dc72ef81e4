import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.database_keys import CODE, NODE, node_key
from chain_sim.ethereum.primitives.text import (
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    keccak256,
)
from chain_sim.ethereum.state.reachability import code_hashes, reachable_nodes
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie import DatabaseNodes
from chain_sim.ethereum.trie.missing import MissingNode

Filled = tuple[MemoryDatabase, Hash32, dict[bytes, bytes]]


@pytest.fixture
def filled() -> Filled:
    """Forty accounts, each with code, and a storage of forty slots."""
    database = MemoryDatabase()
    state = WorldState(database)
    for index in range(40):
        address = Address(keccak256(bytes((index,)))[:20])
        state.set_code(address, b"code %d" % (index % 5))
        for slot in range(40):
            state.set_storage(address, keccak256(bytes((slot,))), keccak256(b"value"))
    root, puts = state.commit()
    database.write_batch(puts)
    return database, root, puts


def test_everything_that_was_committed_is_reachable(filled: Filled) -> None:
    database, root, puts = filled
    nodes = DatabaseNodes(database)
    found = {
        NODE + node_hash: encoded
        for node_hash, encoded in reachable_nodes(nodes, root, lambda _: True)
    }
    assert found == {key: puts[key] for key in puts if key.startswith(NODE)}
    found_code = {CODE + code_hash for code_hash in code_hashes(nodes, root)}
    assert found_code == {key for key in puts if key.startswith(CODE)}


def test_nothing_is_reachable_from_the_empty_root(filled: Filled) -> None:
    nodes = DatabaseNodes(filled[0])
    assert list(reachable_nodes(nodes, EMPTY_TRIE_ROOT, lambda _: True)) == []
    assert list(code_hashes(nodes, EMPTY_TRIE_ROOT)) == []


def test_shared_storage_is_seen_once_by_who_remembers(filled: Filled) -> None:
    database, root, puts = filled
    unseen = {key for key in puts if key.startswith(NODE)}

    def is_unseen(node_hash: Hash32) -> bool:
        is_first = node_key(node_hash) in unseen
        unseen.discard(node_key(node_hash))
        return is_first

    count = sum(1 for _ in reachable_nodes(DatabaseNodes(database), root, is_unseen))
    assert count == len([key for key in puts if key.startswith(NODE)])
    assert unseen == set()


def test_any_node_that_is_lost_is_found_out(filled: Filled) -> None:
    database, root, puts = filled
    for key in (key for key in puts if key.startswith(NODE)):
        database.write_batch({}, deletes=[key])
        with pytest.raises(MissingNode) as caught:
            for _ in reachable_nodes(DatabaseNodes(database), root, lambda _: True):
                pass
        assert node_key(caught.value.node_hash) == key
        database.write_batch({key: puts[key]})
