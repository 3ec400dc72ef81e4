"""Differences of two tries equal those of their contents, and need few reads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32, keccak256
from chain_sim.ethereum.trie import HELD_BYTES, Trie
from chain_sim.ethereum.trie.difference import TrieDifference, differences
from chain_sim.ethereum.trie.missing import MissingNode

Entries = dict[bytes, bytes]

# Few different bytes: keys share prefixes, and are prefixes of each other. Short values
# make nodes that are inside their parents.
KEYS = st.lists(st.sampled_from((0x00, 0x01, 0x10, 0x11, 0xFF)), max_size=5).map(bytes)
VALUES = st.one_of(
    st.binary(min_size=1, max_size=3), st.binary(min_size=28, max_size=40)
)
CONTENTS = st.dictionaries(KEYS, VALUES, max_size=30)
HASHED = st.integers(0, 300).map(lambda number: keccak256(number.to_bytes(2)))


class CountingNodes:
    """Nodes in a dict; counts how often one is read."""

    def __init__(self, nodes: dict[Hash32, bytes]) -> None:
        self.nodes = nodes
        self.reads = 0

    def get(self, node_hash: Hash32, /) -> bytes | None:
        self.reads += 1
        return self.nodes.get(node_hash)


def expected(before: Entries, after: Entries) -> list[TrieDifference]:
    return [
        TrieDifference(key, before.get(key, b""), after.get(key, b""))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def found(before: Entries, after: Entries) -> list[TrieDifference]:
    """The same between tries whose records hold children and those that hold none."""
    olds, news = [
        [Trie({}, held_bytes=held).updated(entries) for held in (0, HELD_BYTES)]
        for entries in (before, after)
    ]
    several = [
        list(differences(old_nodes, old_root, new_nodes, new_root))
        for old_root, old_nodes in olds
        for new_root, new_nodes in news
    ]
    assert all(one == several[0] for one in several)
    return several[0]


@settings(deadline=None)
@given(CONTENTS, CONTENTS)
def test_differences_are_those_of_the_contents(before: Entries, after: Entries) -> None:
    assert found(before, after) == expected(before, after)


@settings(deadline=None)
@given(CONTENTS, st.dictionaries(KEYS, st.one_of(VALUES, st.just(b"")), max_size=4))
def test_a_few_changes_are_found_among_many_keys(
    before: Entries, changes: Entries
) -> None:
    after = {key: value for key, value in (before | changes).items() if value}
    assert found(before, after) == expected(before, after)


@settings(deadline=None)
@given(
    st.dictionaries(HASHED, VALUES, max_size=60),
    st.dictionaries(HASHED, st.one_of(VALUES, st.just(b"")), max_size=4),
)
def test_keys_of_one_length_are_found_too(before: Entries, changes: Entries) -> None:
    after = {key: value for key, value in (before | changes).items() if value}
    assert found(before, after) == expected(before, after)


def test_equal_tries_are_not_read_at_all() -> None:
    root, nodes = Trie({}).updated({bytes((n,)): b"value" * 9 for n in range(50)})
    reader = CountingNodes(nodes)
    assert list(differences(reader, root, reader, root)) == []
    assert reader.reads == 0


@pytest.mark.parametrize("held_bytes", [0, HELD_BYTES])
def test_three_differences_among_a_hundred_thousand_keys_read_few_nodes(
    held_bytes: int,
) -> None:
    entries = {keccak256(n.to_bytes(4)): b"x" * 40 for n in range(100_000)}
    root, nodes = Trie({}, held_bytes=held_bytes).updated(entries)
    keys = [keccak256(n.to_bytes(4)) for n in (5, 50_000, 100_001)]
    changes = {keys[0]: b"y" * 40, keys[1]: b"", keys[2]: b"z" * 40}
    trie = Trie(nodes, root, held_bytes=held_bytes)
    new_root, new_nodes = trie.updated(changes)
    before, after = CountingNodes(nodes), CountingNodes(nodes | new_nodes)
    got = list(differences(before, root, after, new_root))
    wanted = [
        TrieDifference(keys[0], b"x" * 40, b"y" * 40),
        TrieDifference(keys[1], b"x" * 40, b""),
        TrieDifference(keys[2], b"", b"z" * 40),
    ]
    assert got == sorted(wanted, key=lambda one: one.key)
    # Sixteen ways at each node: five or six levels, for each of three keys.
    assert after.reads <= len(new_nodes)
    assert before.reads <= 3 * 7
    assert after.reads <= 3 * 7


@pytest.mark.parametrize("is_before", [False, True])
def test_a_whole_trie_against_none(is_before: bool) -> None:
    entries = {keccak256(bytes((n,))): b"value" * 9 for n in range(40)}
    root, nodes = Trie({}).updated(entries)
    if is_before:
        got = list(differences(nodes, root, {}, EMPTY_TRIE_ROOT))
        assert got == expected(entries, {})
    else:
        got = list(differences({}, EMPTY_TRIE_ROOT, nodes, root))
        assert got == expected({}, entries)


def test_a_missing_node_is_named_with_its_path() -> None:
    entries = {bytes((n, n)): b"value" * 9 for n in range(0, 256, 16)}
    root, nodes = Trie({}).updated(entries)
    new_root, new_nodes = Trie(nodes, root).updated({b"\x30\x30": b"other" * 9})
    lost = next(key for key in new_nodes if key != new_root)
    del new_nodes[lost]
    with pytest.raises(MissingNode) as caught:
        list(differences(nodes, root, nodes | new_nodes, new_root))
    assert (caught.value.node_hash, caught.value.path) == (lost, b"\x03")
