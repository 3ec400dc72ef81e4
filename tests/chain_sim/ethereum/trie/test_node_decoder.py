"""Invalid nodes: refused by the decoder, and by the lookup when it reads them.

Whoever can write a database can write anything into it; none of it may be read beyond
its end, or be taken for a node.
"""

import pytest
import rlp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.text import Hash32, keccak256
from chain_sim.ethereum.trie.lookup import find_value
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_cache import NodeCache
from chain_sim.ethereum.trie.node_decoder import decode_node
from chain_sim.ethereum.trie.node_encoder import encode_tree
from chain_sim.ethereum.trie.node_record import children_of

HASH = Hash32(b"h" * 32)
EMPTY = [b""] * 15
LEAF = [b"\x20\x12", b"value"]
LONG_CHILD = [b"\x20", b"v" * 29]


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (b"", "is not a list"),
        (b"string", "is not a list"),
        ([], "has 0 items"),
        ([b"\x20"], "has 1 items"),
        ([b"\x20", b"v", b"v"], "has 3 items"),
        ([b"v"] * 16, "has 16 items"),
        ([b""] * 18, "has more than 17 items"),
        ([b"", b"v"], "has no path"),
        ([[b"\x20"], b"v"], "has no path"),
        ([b"\x40", b"v"], "has a path with wrong flags"),
        ([b"\x80", b"v"], "has a path with wrong flags"),
        ([b"\xf0", b"v"], "has a path with wrong flags"),
        ([b"\x21", b"v"], "has a path with wrong flags"),
        ([b"\x01\x11", HASH], "has a path with wrong flags"),
        ([b"\x20", b""], "is a leaf without a value"),
        ([b"\x20", []], "is a leaf without a value"),
        ([b"\x00", HASH], "is an extension without a path or a child"),
        ([b"\x11", b""], "is an extension without a path or a child"),
        ([b"\x11", HASH[1:]], "has a reference of a wrong length"),
        ([b"\x11", HASH + b"h"], "has a reference of a wrong length"),
        ([b"\x11", LONG_CHILD], "holds a child that is too long"),
        ([b"\x11", [b"\x20"]], "has 1 items"),
        ([HASH, *EMPTY, []], "is a branch with a list for its value"),
        ([HASH, *EMPTY, b""], "is a branch with less than two ways"),
        ([b"", *EMPTY, b"v"], "is a branch with less than two ways"),
        ([b"v", *EMPTY, b"v"], "has a reference of a wrong length"),
        ([LONG_CHILD, *EMPTY, b"v"], "holds a child that is too long"),
    ],
)
def test_what_is_not_a_node_is_damage(item: object, reason: str) -> None:
    with pytest.raises(DatabaseDamaged) as caught:
        decode_node(rlp.encode(item), HASH)
    assert caught.value.key == b"n" + HASH
    assert caught.value.reason == f"trie node {reason}"


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "is not RLP"),
        (b"\xc3\x20", "is not RLP"),
        (b"\xf8", "is not RLP"),
        (b"\xf8\x02\x20v", "is not RLP"),
        (b"\xf9\x00\x38" + b"v" * 56, "is not RLP"),
        (b"\xff" + b"\xff" * 8, "is not RLP"),
        (b"\xfb\xff\xff\xff\xff", "is not RLP"),
        (b"\xc2\x20v\x00", "has bytes after its end"),
        (b"\xc3\x20\x81v", "item 1 is not RLP"),
        (b"\xc2\x20\x82", "item 1 is not RLP"),
        (b"\xc3\x20\xb8\x00", "item 1 is not RLP"),
    ],
)
def test_what_is_not_the_shortest_rlp_is_damage(encoded: bytes, reason: str) -> None:
    with pytest.raises(DatabaseDamaged) as caught:
        decode_node(encoded, HASH)
    assert caught.value.reason == f"trie node {reason}"


def test_a_leaf_an_extension_and_a_branch_are_told_apart() -> None:
    leaf = decode_node(rlp.encode([b"\x31\x23", b"value"]), HASH)
    assert (leaf.is_leaf, leaf.is_branch) == (True, False)
    assert (leaf.path, leaf.value) == (b"\1\2\3", b"value")
    extension = decode_node(rlp.encode([b"\x00\x12", HASH]), HASH)
    assert (extension.is_leaf, extension.is_branch) == (False, False)
    assert (extension.path, extension.child) == (b"\1\2", HASH)
    branch = decode_node(rlp.encode([HASH, *EMPTY[1:], LEAF, b"own"]), HASH)
    assert (branch.is_leaf, branch.is_branch) == (False, True)
    assert branch.value == b"own"
    assert children_of(branch)[0] == HASH
    assert children_of(branch)[1:15] == [None] * 14
    inner = children_of(branch)[15]
    assert isinstance(inner, Node)
    assert (inner.path, inner.value) == (b"\1\2", b"value")


PATHS = st.binary(max_size=4)
REFERENCES = st.one_of(
    st.just(b""), st.just(bytes(HASH)), st.just(LEAF), st.binary(max_size=3)
)
ITEMS = st.one_of(
    st.lists(REFERENCES, min_size=17, max_size=17),
    st.tuples(PATHS, REFERENCES).map(list),
    st.recursive(
        st.binary(max_size=40),
        lambda inner: st.lists(inner, max_size=17),
        max_leaves=20,
    ),
)


@st.composite
def damaged_nodes(draw: st.DrawFn) -> bytes:
    """Encodings of things like nodes, most with a byte changed or cut off."""
    data = bytearray(rlp.encode(draw(ITEMS)))
    for _ in range(draw(st.integers(0, 2))):
        if data:
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(
        data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data
    )


# A path's first byte is 0x20 with an even number of nibbles, else 0x30 to 0x3f.
LEAF_NODES = st.builds(
    lambda first, path, value: bytes(rlp.encode([bytes([first]) + path, value])),
    st.sampled_from([0x20, *range(0x30, 0x40)]),
    st.binary(max_size=4),
    st.binary(min_size=1, max_size=40),
)


def test_any_bytes_are_refused_or_have_this_one_encoding() -> None:
    decoded = 0

    @settings(max_examples=400, deadline=None)
    @given(st.one_of(st.binary(max_size=80), damaged_nodes(), LEAF_NODES))
    @example(b"\xc2\x20v")
    def decode_any(encoded: bytes) -> None:
        nonlocal decoded
        try:
            node = decode_node(encoded, HASH)
        except DatabaseDamaged:
            return
        root, nodes = encode_tree(node, NodeCache(), keccak256)
        assert nodes[root] == encoded
        decoded += 1

    decode_any()
    assert decoded > 10


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.binary(max_size=80), damaged_nodes()), st.binary(max_size=4))
@example(b"\xc2\x20v", b"")
def test_a_lookup_in_any_bytes_ends_and_in_any_node_finds_no_damage(
    encoded: bytes, key: bytes
) -> None:
    # Every hash in it is that of a leaf without a path.
    answers = iter([encoded])
    try:
        value = find_value(
            lambda _: next(answers, b"\xc2\x20v"), NodeCache(), HASH, key
        )
    except DatabaseDamaged:
        with pytest.raises(DatabaseDamaged):
            decode_node(encoded, HASH)
    else:
        assert isinstance(value, bytes)
