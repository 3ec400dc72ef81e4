"""The cache of decoded nodes: bounded, and never wrong."""

import tracemalloc
from collections.abc import Mapping

import pytest

from chain_sim.ethereum.primitives.text import Hash32, keccak256
from chain_sim.ethereum.trie import NodeCache, Trie

ENTRIES = {keccak256(b"%d" % index): b"value %d" % index * 4 for index in range(5000)}
ROOT, NODES = Trie({}).updated(ENTRIES)


class CountingNodes:
    """A NodeReader that counts its reads."""

    def __init__(self, nodes: Mapping[Hash32, bytes] = NODES) -> None:
        self.reads = 0
        self._nodes = nodes

    def get(self, node_hash: Hash32, /) -> bytes | None:
        self.reads += 1
        return self._nodes.get(node_hash)


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
        assert cache.size_bytes <= limit_bytes
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


def test_a_branch_high_up_outlasts_what_is_below_it() -> None:
    nodes, cache = CountingNodes(), NodeCache(400_000)
    used = list(ENTRIES)[:400]
    for key in used:
        Trie(nodes, ROOT, cache).get(key)
    # 5,000 other keys at the bottom, with those of the upper levels between.
    for key in list(ENTRIES)[400:]:
        Trie(nodes, ROOT, cache).get(key)
    assert len(cache) < len(NODES) // 2
    nodes.reads = 0
    for key in used:
        Trie(nodes, ROOT, cache).get(key)
    # The root and two levels stayed; a branch of few children and a leaf are read.
    assert 400 <= nodes.reads <= 900


def test_a_node_is_in_the_cache_once_however_often_it_is_made() -> None:
    nodes, cache = dict(NODES), NodeCache()
    key = next(iter(ENTRIES))
    sizes = set()
    for _ in range(3):
        there, new = Trie(nodes, ROOT, cache).updated({key: b"other"})
        nodes |= new
        back, _ = Trie(nodes, there, cache).updated({key: ENTRIES[key]})
        assert back == ROOT
        sizes.add((cache.size_bytes, len(cache)))
    assert len(sizes) == 1


def test_a_replaced_node_leaves_first() -> None:
    whole = NodeCache()
    for key in ENTRIES:
        Trie(NODES, ROOT, whole).get(key)
    # Just full: as many leave as arrive.
    nodes, cache = CountingNodes(), NodeCache(whole.size_bytes)
    for key in ENTRIES:
        Trie(nodes, ROOT, cache).get(key)
    changed = next(iter(ENTRIES))
    root, new = Trie(nodes, ROOT, cache).updated({changed: ENTRIES[changed][::-1]})
    nodes.reads = 0
    for key in ENTRIES:
        assert Trie(nodes, root, cache).get(key)
    assert nodes.reads == 0
    Trie(nodes, ROOT, cache).get(changed)
    assert nodes.reads == len(new)


def test_a_cleared_cache_reads_everything_again() -> None:
    nodes, cache = CountingNodes(), NodeCache()
    for _ in range(2):
        for key in ENTRIES:
            Trie(nodes, ROOT, cache).get(key)
        cache.clear()
        assert (len(cache), cache.size_bytes) == (0, 0)
    assert nodes.reads == 2 * len(NODES)


KEY = bytes(32)
NODE, PART = 320, 48


def leaf(nibbles: int, value_bytes: int) -> int:
    return NODE + PART + nibbles + PART + value_bytes


@pytest.mark.parametrize(
    ("entries", "size_bytes"),
    [
        ({KEY: b"v"}, leaf(64, 1)),
        ({KEY: b"v" * 40}, leaf(64, 40)),
        # The branch's encoding has two hashes, and then three.
        (
            {KEY: b"v" * 40, b"\x10" + KEY[1:]: b"v" * 41},
            NODE + PART + 83 + leaf(63, 40) + leaf(63, 41),
        ),
        (
            {KEY: b"v" * 40, KEY[:-1] + b"\x10": b"v" * 41},
            # Above it is an extension of 62 nibbles with the hash of the branch.
            (NODE + PART + 62 + PART + 32)
            + (NODE + PART + 83)
            + (leaf(1, 40) + leaf(1, 41)),
        ),
        # Children that the branch holds itself; fourteen others are none.
        (
            {b"\x00": b"v" * 4, b"\x10": b"v" * 4},
            NODE + 192 + 2 * leaf(1, 4),
        ),
        (
            {b"\x00": b"vvvv", b"\x00\x10": b"v"},
            NODE + PART + 2 + NODE + 192 + PART + 4 + leaf(1, 1),
        ),
    ],
)
def test_the_estimate_is_of_each_nodes_parts(
    entries: dict[bytes, bytes], size_bytes: int
) -> None:
    root, nodes = Trie({}).updated(entries)
    cache = NodeCache()
    for key in entries:
        Trie(nodes, root, cache).get(key)
    assert cache.size_bytes == size_bytes


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
