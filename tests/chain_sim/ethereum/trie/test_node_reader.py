import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.text import keccak256
from chain_sim.ethereum.trie import DatabaseNodes

NODES = [b"node %d" % index for index in range(4)]


def filled_database() -> MemoryDatabase:
    database = MemoryDatabase()
    database.write_batch({node_key(keccak256(node)): node for node in NODES})
    return database


def test_nodes_are_read_by_their_hashes() -> None:
    nodes = DatabaseNodes(filled_database())
    assert [nodes.get(keccak256(node)) for node in NODES] == NODES
    assert nodes.get(keccak256(b"other")) is None


def test_bytes_with_another_hash_are_damage_each_time() -> None:
    database = filled_database()
    key = node_key(keccak256(NODES[0]))
    database.write_batch({key: NODES[1]})
    nodes = DatabaseNodes(database)
    for _ in range(2):
        with pytest.raises(DatabaseDamaged) as caught:
            nodes.get(keccak256(NODES[0]))
        assert caught.value.key == key


def test_a_node_that_was_missing_can_come_later() -> None:
    database = filled_database()
    nodes = DatabaseNodes(database)
    assert nodes.get(keccak256(b"late")) is None
    database.write_batch({node_key(keccak256(b"late")): b"late"})
    assert nodes.get(keccak256(b"late")) == b"late"
