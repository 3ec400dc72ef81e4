"""The cache of decoded nodes: bounded, and never in the way of the trie's own nodes."""

import tracemalloc

import pytest

from chain_sim.primitives import Hash32, keccak256
from chain_sim.trie import NodeCache, Trie

ENTRIES = {keccak256(b"%d" % index): b"value %d" % index * 4 for index in range(5000)}
ROOT, NODES = Trie({}).updated(ENTRIES)


class CountingNodes:
    """A NodeReader that counts what it was asked for."""

    def __init__(self) -> None:
        self.reads = 0

    def get(self, node_hash: Hash32, /) -> bytes | None:
        self.reads += 1
        return NODES.get(node_hash)


def test_a_node_is_read_once_for_all_tries_with_the_cache() -> None:
    nodes, cache = CountingNodes(), NodeCache()
    for _ in range(3):
        assert all(Trie(nodes, ROOT, cache).get(key) for key in ENTRIES)
    assert nodes.reads == len(NODES) == len(cache)


def test_tries_without_a_common_cache_read_anew() -> None:
    nodes = CountingNodes()
    key = next(iter(ENTRIES))
    Trie(nodes, ROOT).get(key)
    once = nodes.reads
    Trie(nodes, ROOT).get(key)
    assert nodes.reads == 2 * once > 0


def test_what_an_update_made_is_not_read_again() -> None:
    nodes, cache = dict(NODES), NodeCache()
    root = ROOT
    for key in list(ENTRIES)[:50]:
        root, new = Trie(nodes, root, cache).updated({key: b"new" * 20})
        # Found without the reader: the new nodes are never put into it.
        assert Trie({}, root, cache).get(key) == b"new" * 20
        assert not new.keys() & nodes.keys()


def test_an_update_leaves_the_cached_nodes_of_the_old_root_as_they_were() -> None:
    cache = NodeCache()
    keys = list(ENTRIES)
    Trie(NODES, ROOT, cache).updated(
        {key: b"" if index % 2 else b"x" * 33 for index, key in enumerate(keys[:2000])}
    )
    assert dict(Trie(NODES, ROOT, cache).items()) == ENTRIES
    assert all(Trie({}, ROOT, cache).get(key) == ENTRIES[key] for key in keys[:2000])


def test_short_nodes_inside_cached_ones_are_not_written_to() -> None:
    entries = {bytes((first, second)): b"v" for first in (1, 2, 3) for second in (1, 2)}
    cache = NodeCache()
    root, nodes = Trie({}, cache=cache).updated(entries)
    for key in entries:
        changed, new = Trie(nodes, root, cache).updated({key: b"long" * 10})
        assert changed == Trie({}).updated({**entries, key: b"long" * 10})[0]
        assert Trie(new, changed, cache).get(key) == b"long" * 10
        assert all(Trie({}, root, cache).get(other) == b"v" for other in entries)


@pytest.mark.parametrize("limit_bytes", [0, 1000, 200_000])
def test_the_bound_holds_and_the_trie_works_below_it(limit_bytes: int) -> None:
    cache = NodeCache(limit_bytes)
    for key, value in ENTRIES.items():
        assert Trie(NODES, ROOT, cache).get(key) == value
        # The halves are changed behind a node, so one may stand over.
        assert cache.size_bytes <= limit_bytes + 2000
    root, _ = Trie(NODES, ROOT, cache).updated(dict.fromkeys(ENTRIES, b"new"))
    assert root == Trie({}).updated(dict.fromkeys(ENTRIES, b"new"))[0]


def test_what_is_used_stays_and_what_is_not_goes() -> None:
    nodes, cache = CountingNodes(), NodeCache(100_000)
    keys = list(ENTRIES)
    Trie(nodes, ROOT, cache).get(keys[0])
    for key in keys[1:]:
        Trie(nodes, ROOT, cache).get(keys[0])
        Trie(nodes, ROOT, cache).get(key)
    before = nodes.reads
    Trie(nodes, ROOT, cache).get(keys[0])
    assert nodes.reads == before
    Trie(nodes, ROOT, cache).get(keys[1])
    assert nodes.reads > before


def test_the_estimate_is_not_below_the_memory_that_is_taken() -> None:
    # Copies, or the nodes' encodings would be shared with those of the module.
    nodes = {bytes(bytearray(key)): node for key, node in NODES.items()}
    cache = NodeCache()
    trie = Trie(nodes, ROOT, cache)
    tracemalloc.start()
    for key in ENTRIES:
        trie.get(key)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Encodings of branches are the reader's here.
    shared = sum(len(node) + 33 for node in NODES.values() if len(node) > 120)
    assert taken + shared <= cache.size_bytes <= 2 * (taken + shared)
