"""The trie compared with a dict and with the `trie` package's HexaryTrie."""

from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32, keccak256
from chain_sim.ethereum.trie import HELD_BYTES, NodeCache, Trie, trie_root
from chain_sim.ethereum.trie.iteration import iterate_nodes
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.node_record import own_encoding
from chain_sim.ethereum.trie.proofs import prove

Entries = dict[bytes, bytes]

# Few different bytes, so that keys share prefixes and differ in one nibble only, and
# are prefixes of each other; lengths from none to more than a hash.
SHORT_KEYS = st.lists(st.sampled_from((0x00, 0x01, 0x10, 0x11, 0xFF)), max_size=5).map(
    bytes
)
LONG_KEYS = st.tuples(
    st.sampled_from((b"", b"\x12" * 31, b"\x12" * 30 + b"\x13", b"\xab" * 40)),
    SHORT_KEYS,
).map(b"".join)
KEYS = st.one_of(SHORT_KEYS, LONG_KEYS)

# A leaf is inside its parent up to 31 bytes; values on both sides of that, and single
# bytes, which RLP writes in two ways.
VALUES = st.one_of(
    st.integers(1, 255).map(lambda byte: bytes((byte,))),
    st.tuples(
        st.sampled_from((2, *range(24, 36), 54, 55, 56, 57, 255, 256, 300)),
        st.integers(1, 255),
    ).map(lambda shape: bytes((shape[1],)) * shape[0]),
)
CHANGES = st.dictionaries(KEYS, st.one_of(st.just(b""), VALUES), max_size=12)
BATCHES = st.lists(CHANGES, max_size=8)
CONTENTS = st.dictionaries(KEYS, VALUES, max_size=40)


# Other work on the machine must not fail the test.
UNTIMED = settings(deadline=None)


class GrowingTrie:
    """A trie whose nodes are kept, and the dict that it should equal."""

    def __init__(self) -> None:
        self.nodes: dict[Hash32, bytes] = {}
        self.root = EMPTY_TRIE_ROOT
        self.model: Entries = {}

    def update(self, changes: Mapping[bytes, bytes]) -> dict[Hash32, bytes]:
        self.root, new_nodes = Trie(self.nodes, self.root).updated(changes)
        self.nodes.update(new_nodes)
        self.model.update(changes)
        self.model = {key: value for key, value in self.model.items() if value}
        return new_nodes


def root_by_the_trie_package(entries: Mapping[bytes, bytes]) -> bytes:
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[key] = value
    return trie.root_hash


@UNTIMED
@given(BATCHES)
def test_content_equals_a_dict_after_any_batches(batches: list[Entries]) -> None:
    growing = GrowingTrie()
    for changes in batches:
        growing.update(changes)
        trie = Trie(growing.nodes, growing.root)
        assert list(trie.items()) == sorted(growing.model.items())
        for key in changes:
            assert trie.get(key) == growing.model.get(key, b"")


@UNTIMED
@given(BATCHES)
@example([{b"": b"x"}, {b"": b""}])
@example([{b"\x10": b"a" * 40, b"\x11": b"b" * 40, b"\x12": b"c"}, {b"\x12": b""}])
def test_roots_equal_those_of_the_trie_package(batches: list[Entries]) -> None:
    growing = GrowingTrie()
    oracle = HexaryTrie({})
    for changes in batches:
        growing.update(changes)
        for key, value in changes.items():
            if value:
                oracle[key] = value
            else:
                del oracle[key]
        assert growing.root == oracle.root_hash
    assert growing.root == root_by_the_trie_package(growing.model)


@UNTIMED
@given(BATCHES, CHANGES)
def test_a_batch_equals_its_changes_one_by_one(
    batches: list[Entries], changes: Entries
) -> None:
    growing = GrowingTrie()
    for earlier in batches:
        growing.update(earlier)
    at_once, _ = Trie(growing.nodes, growing.root).updated(changes)
    for key, value in changes.items():
        growing.update({key: value})
    assert growing.root == at_once


@UNTIMED
@given(CONTENTS, st.randoms(use_true_random=False), st.integers(1, 10))
def test_the_root_does_not_depend_on_order_or_division(
    entries: Entries, random: object, size: int
) -> None:
    order = list(entries.items())
    random.shuffle(order)  # type: ignore[attr-defined]
    growing = GrowingTrie()
    for start in range(0, len(order), size):
        growing.update(dict(order[start : start + size]))
    assert growing.root == trie_root(entries)


@UNTIMED
@given(CONTENTS, CONTENTS)
def test_deleting_what_was_added_gives_the_old_root(
    entries: Entries, others: Entries
) -> None:
    growing = GrowingTrie()
    growing.update(entries)
    before = growing.root
    added = {key: value for key, value in others.items() if key not in entries}
    growing.update(added)
    growing.update(dict.fromkeys(added, b""))
    assert growing.root == before
    growing.update(dict.fromkeys(entries, b""))
    assert growing.root == EMPTY_TRIE_ROOT


@UNTIMED
@given(BATCHES)
def test_new_nodes_are_those_of_the_new_root_and_have_their_hashes(
    batches: list[Entries],
) -> None:
    growing = GrowingTrie()
    for changes in batches:
        new_nodes = growing.update(changes)
        assert all(keccak256(encoded) == key for key, encoded in new_nodes.items())
        reached = {
            node_hash
            for node_hash, _, _ in iterate_nodes(
                growing.nodes, growing.root, lambda _: True
            )
        }
        assert reached >= new_nodes.keys()


# How large a child's record its parent holds, in one batch and the next.
LIMITS = st.sampled_from((0, 40, 100, HELD_BYTES))


def read_all(nodes: Mapping[Hash32, bytes], root: Hash32) -> Entries:
    return dict(Trie(nodes, root).items())


@UNTIMED
@given(st.lists(st.tuples(LIMITS, CHANGES), max_size=8), st.booleans())
def test_every_root_stays_readable_whatever_records_hold(
    batches: list[tuple[int, Entries]], has_cache: bool
) -> None:
    """The same roots as with each node alone; written records never change."""
    cache = NodeCache() if has_cache else None
    plain, nodes = GrowingTrie(), {}
    root = EMPTY_TRIE_ROOT
    past: list[tuple[Hash32, Entries]] = []
    for limit, changes in batches:
        root, new = Trie(nodes, root, cache, limit).updated(changes)
        plain.update(changes)
        assert root == plain.root
        for node_hash, record in new.items():
            assert keccak256(own_encoding(record)) == node_hash
        nodes |= new
        past.append((root, dict(plain.model)))
    for old_root, model in past:
        assert read_all(nodes, old_root) == model
        trie = Trie(nodes, old_root, cache)
        for key in plain.model.keys() | model.keys():
            assert trie.get(key) == model.get(key, b"")
            proof = prove(nodes, old_root, key)
            assert proof == prove(plain.nodes, old_root, key)


@UNTIMED
@given(st.lists(st.tuples(LIMITS, CHANGES), max_size=6))
def test_a_root_needs_the_records_that_a_walk_over_it_meets_and_no_others(
    batches: list[tuple[int, Entries]],
) -> None:
    nodes: dict[Hash32, bytes] = {}
    root, model = EMPTY_TRIE_ROOT, dict[bytes, bytes]()
    for limit, changes in batches:
        root, new = Trie(nodes, root, None, limit).updated(changes)
        nodes |= new
        model |= changes
    walk = iterate_nodes(nodes, root, lambda _: True)
    needed = {node_hash: record for node_hash, record, _ in walk}
    assert read_all(needed, root) == {key: v for key, v in model.items() if v}
    for lost in needed:
        left = {key: record for key, record in needed.items() if key != lost}
        with pytest.raises(MissingNode):
            read_all(left, root)


@UNTIMED
@given(CONTENTS, CHANGES)
def test_changes_that_change_nothing_make_no_nodes(
    entries: Entries, others: Entries
) -> None:
    root, nodes = Trie({}).updated(entries)
    same = {key: entries.get(key, b"") for key in (*entries, *others)}
    assert Trie(nodes, root).updated(same) == (root, {})


@UNTIMED
@given(CONTENTS, KEYS)
def test_iteration_from_a_key_equals_a_sorted_dict(
    entries: Entries, key: bytes
) -> None:
    root, nodes = Trie({}).updated(entries)
    trie = Trie(nodes, root)
    above = [other for other in entries if other > key]
    below = [other for other in entries if other < key]
    assert list(trie.items(key)) == sorted(
        entry for entry in entries.items() if entry[0] >= key
    )
    assert trie.next_key(key) == min(above, default=None)
    assert trie.previous_key(key) == max(below, default=None)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 400))
def test_random_hashed_keys_have_the_trie_packages_root(seed: int, count: int) -> None:
    entries = {
        keccak256(b"%d %d" % (seed, index)): b"%d" % (index * seed + 1)
        for index in range(count)
    }
    assert trie_root(entries) == root_by_the_trie_package(entries)
