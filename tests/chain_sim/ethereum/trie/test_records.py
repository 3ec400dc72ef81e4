"""Records: a node with the small children that it holds, byte by byte, and damaged."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.text import Hash32, keccak256
from chain_sim.ethereum.trie import HELD_BYTES, DatabaseNodes, NodeCache, Trie
from chain_sim.ethereum.trie.iteration import encodings_in
from chain_sim.ethereum.trie.lookup import find_value
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_decoder import decode_node
from chain_sim.ethereum.trie.node_encoder import encode_tree
from chain_sim.ethereum.trie.node_record import (
    child_of,
    children_of,
    decode_record,
    own_encoding,
)
from chain_sim.ethereum.trie.proofs import prove, verify

Nodes = dict[Hash32, bytes]


def leaf(path: bytes, value: bytes) -> bytes:
    """A leaf of 55 bytes at most, its value of at least two."""
    item = bytes((0x80 + len(value),)) + value
    head = path if len(path) == 1 else bytes((0x80 + len(path),)) + path
    return bytes((0xC0 + len(head + item),)) + head + item


def branch(children: dict[int, bytes]) -> bytes:
    """A branch without a value, of 56 to 255 bytes."""
    items = b"".join(
        b"\xa0" + children[index] if index in children else b"\x80"
        for index in range(16)
    )
    return bytes((0xF8, len(items) + 1)) + items + b"\x80"


ONE, TWO = leaf(b"\x31", b"v" * 40), leaf(b"\x32", b"w" * 30)
PARENT = branch({1: keccak256(ONE), 9: keccak256(TWO)})
ROOT = keccak256(PARENT)
# Bits 9 and 1; sizes minus one.
RECORD = PARENT + b"\x02\x02" + bytes((len(ONE) - 1, len(TWO) - 1)) + ONE + TWO
ENTRIES = {b"\x11": b"v" * 40, b"\x92": b"w" * 30}


def test_a_record_is_a_node_a_mask_sizes_and_what_it_holds() -> None:
    assert Trie({}, held_bytes=HELD_BYTES).updated(ENTRIES) == (ROOT, {ROOT: RECORD})


def test_nothing_is_held_unless_it_is_asked_for() -> None:
    root, nodes = Trie({}).updated(ENTRIES)
    assert (root, nodes[ROOT]) == (ROOT, PARENT)
    assert nodes == {keccak256(node): node for node in (PARENT, ONE, TWO)}


def test_a_held_child_is_a_node_with_its_encoding() -> None:
    node = decode_record(RECORD, ROOT)
    children = children_of(node)
    assert [index for index, child in enumerate(children) if child is not None] == [
        1,
        9,
    ]
    first, second = children[1], children[9]
    assert isinstance(first, Node)
    assert isinstance(second, Node)
    assert (first.path, first.value) == (b"\1", b"v" * 40)
    assert (first.held_encoding, second.held_encoding) == (ONE, TWO)
    assert node.held_encoding is None
    assert child_of(node, 2) is None
    for outside in (-1, 16):
        with pytest.raises(IndexError):
            child_of(node, outside)


def test_the_own_encoding_is_what_the_hash_is_of() -> None:
    assert own_encoding(RECORD) == PARENT
    assert own_encoding(PARENT) == PARENT
    for other in (b"", b"\x20", b"string", b"\xf8"):
        assert own_encoding(other) == other


@pytest.mark.parametrize(("limit", "is_held"), [(42, False), (43, True), (256, True)])
def test_the_limit_is_of_the_child_s_record(limit: int, is_held: bool) -> None:
    assert len(ONE) == 43 > len(TWO) == 33
    _, nodes = Trie({}, held_bytes=limit).updated(ENTRIES)
    assert (keccak256(ONE) not in nodes) is is_held
    assert keccak256(TWO) not in nodes


@pytest.mark.parametrize(("value_bytes", "is_held"), [(251, True), (252, False)])
@pytest.mark.parametrize("limit", [HELD_BYTES, 10_000])
def test_no_more_than_a_byte_can_say_is_held(
    value_bytes: int, is_held: bool, limit: int
) -> None:
    # Three bytes of the list's header at most, one of path, two of the value's header.
    entries = {b"\x11": b"v" * value_bytes, b"\x92": b"w" * 30}
    root, nodes = Trie({}, held_bytes=limit).updated(entries)
    assert (len(nodes) == 1) is is_held
    assert dict(Trie(nodes, root).items()) == entries


def test_what_is_held_holds_what_is_below_it() -> None:
    entries = {b"\x11": b"v" * 40, b"\x12": b"x" * 40, b"\x92": b"w" * 30}
    root, nodes = Trie({}, held_bytes=HELD_BYTES).updated(entries)
    assert list(nodes) == [root]
    assert dict(Trie(nodes, root).items()) == entries
    inner = child_of(decode_record(nodes[root], root), 1)
    assert isinstance(inner, Node)
    assert inner.is_branch
    lowest = child_of(inner, 1)
    assert isinstance(lowest, Node)
    assert lowest.value == b"v" * 40


def test_an_extension_holds_its_child() -> None:
    entries = {b"\x11": b"v" * 40, b"\x12": b"x" * 40}
    root, nodes = Trie({}, held_bytes=HELD_BYTES).updated(entries)
    assert list(nodes) == [root]
    node = decode_record(nodes[root], root)
    assert node.path == b"\1"
    assert isinstance(node.child, Node)
    assert node.child.held_encoding == own_encoding(node.child.held_encoding or b"")
    assert Trie(nodes, root).get(b"\x12") == b"x" * 40
    assert len(prove(nodes, root, b"\x12")) == 3
    # As the lower bit says; an extension has no other child.
    place = len(own_encoding(nodes[root]))
    assert nodes[root][place : place + 2] == b"\x00\x01"


def test_a_branch_with_short_children_holds_the_others() -> None:
    entries = {b"\x11": b"v" * 40, b"\x22": b"short", b"\x33": b"short"}
    root, nodes = Trie({}, held_bytes=HELD_BYTES).updated(entries)
    assert list(nodes) == [root]
    assert dict(Trie(nodes, root).items()) == entries
    changed, new = Trie(nodes, root).updated({b"\x22": b"SHORT"})
    assert list(new) == [changed]
    assert dict(Trie(new, changed).items()) == {**entries, b"\x22": b"SHORT"}


def test_what_was_held_stays_held_whatever_the_limit() -> None:
    changed, new = Trie({ROOT: RECORD}, ROOT).updated({b"\x92": b"x" * 30})
    assert len(new) == 2
    assert dict(Trie(new, changed).items()) == {**ENTRIES, b"\x92": b"x" * 30}


def test_a_held_branch_that_moves_up_is_held_again() -> None:
    entries = {b"\x11": b"v" * 40, b"\x12": b"x" * 40, b"\x92": b"w" * 30}
    root, nodes = Trie({}, held_bytes=HELD_BYTES).updated(entries)
    for limit in (0, HELD_BYTES):
        left, new = Trie(nodes, root, held_bytes=limit).updated({b"\x92": b""})
        assert list(new) == [left]
        del entries[b"\x92"]
        assert dict(Trie(new, left).items()) == entries
        entries[b"\x92"] = b"w" * 30


def test_proofs_have_the_held_nodes_one_by_one() -> None:
    proof = prove({ROOT: RECORD}, ROOT, b"\x11")
    assert proof == (PARENT, ONE)
    assert verify(ROOT, b"\x11", proof) == b"v" * 40
    absent = prove({ROOT: RECORD}, ROOT, b"\x13")
    assert absent == (PARENT, ONE)
    assert verify(ROOT, b"\x13", absent) == b""


def test_a_record_gives_its_encodings_one_by_one() -> None:
    assert sorted(encodings_in(RECORD, ROOT)) == sorted([PARENT, ONE, TWO])
    assert list(encodings_in(PARENT, ROOT)) == [PARENT]
    entries = {keccak256(b"%d" % index): b"v" * 30 for index in range(50)}
    root, nodes = Trie({}, held_bytes=HELD_BYTES).updated(entries)
    alone = {
        keccak256(encoding): encoding
        for node_hash, record in nodes.items()
        for encoding in encodings_in(record, node_hash)
    }
    assert (root, alone) == Trie({}).updated(entries)


# Damage


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (PARENT + b"\x02", "has bytes after its end"),
        (PARENT + b"\x02\x02", "has bytes after its end"),
        (PARENT + b"\x02\x02\x00", "has bytes after its end"),
        (PARENT + b"\x00\x00", "has bytes after its end"),
        (RECORD[:-1], "holds children that it does not have"),
        (RECORD + b"\x00", "holds children that it does not have"),
        (PARENT + b"\x04\x02" + RECORD[len(PARENT) + 2 :], "holds children that it"),
        (ONE + b"\x00\x01\x00v", "holds children that it does not have"),
    ],
)
def test_a_record_that_does_not_add_up_is_damage(record: bytes, reason: str) -> None:
    with pytest.raises(DatabaseDamaged) as caught:
        decode_record(record, ROOT)
    assert caught.value.key == node_key(ROOT)
    assert caught.value.reason.startswith(f"trie node {reason}")


def test_a_node_of_a_proof_holds_nothing() -> None:
    with pytest.raises(DatabaseDamaged) as caught:
        decode_node(RECORD, ROOT)
    assert caught.value.reason == "trie node has bytes after its end"


def test_a_held_child_that_is_not_its_hash_s_is_damage_where_it_is_looked_at() -> None:
    record = RECORD.replace(b"v" * 40, b"V" + b"v" * 39)
    trie = Trie({ROOT: record}, ROOT)
    assert trie.get(b"\x92") == b"w" * 30
    uses = (
        lambda: trie.get(b"\x11"),
        lambda: trie.updated({b"\x11": b"new"}),
        lambda: trie.updated({b"\x92": b""}),
        lambda: list(trie.items()),
        lambda: prove({ROOT: record}, ROOT, b"\x11"),
    )
    for use in uses:
        for _ in range(2):
            with pytest.raises(DatabaseDamaged) as caught:
                use()
            assert caught.value.key == node_key(keccak256(ONE))
            reason = "trie node does not have the hash that names it"
            assert caught.value.reason == reason


# Three leaves, the first of them damaged where it is held.
THREE_ENTRIES = {**ENTRIES, b"\xd3": b"z" * 30}


def damaged_trie() -> tuple[Hash32, Nodes]:
    root, nodes = Trie({}, held_bytes=HELD_BYTES).updated(THREE_ENTRIES)
    (record,) = nodes.values()
    return root, {root: record.replace(b"v" * 40, b"V" + b"v" * 39)}


@pytest.mark.parametrize(
    "change",
    [
        {b"\x92": b"new" * 10},
        {b"\x92": b""},
        {b"\x92": b"", b"\xd3": b"new" * 10},
        {b"\x52": b"more" * 10},
    ],
    ids=["written", "deleted", "both", "added"],
)
@pytest.mark.parametrize("is_cached", [False, True])
@pytest.mark.parametrize("is_read_first", [False, True])
def test_a_damaged_held_child_stays_unchecked_when_a_neighbour_changes(
    change: dict[bytes, bytes], is_cached: bool, is_read_first: bool
) -> None:
    """The branch is copied with what it knows to be checked, and no more."""
    root, nodes = damaged_trie()
    cache = NodeCache()
    trie = Trie(nodes, root, cache, held_bytes=HELD_BYTES)
    if is_read_first:
        assert trie.get(b"\xd3") == b"z" * 30
    changed, new = trie.updated(change)
    after = Trie(new, changed, cache if is_cached else NodeCache())
    kept = {**THREE_ENTRIES, **change}
    for _ in range(2):
        for key in (b"\x92", b"\xd3", b"\x52"):
            assert after.get(key) == kept.get(key, b"")
        with pytest.raises(DatabaseDamaged) as caught:
            after.get(b"\x11")
        assert caught.value.key == node_key(keccak256(ONE))
    with pytest.raises(DatabaseDamaged):
        list(after.items())
    with pytest.raises(DatabaseDamaged):
        prove(new, changed, b"\x11")
    with pytest.raises(DatabaseDamaged):
        trie.get(b"\x11")


def test_damage_below_a_held_child_is_found_with_it() -> None:
    entries = {b"\x11": b"v" * 40, b"\x12": b"x" * 40, b"\x92": b"w" * 30}
    root, nodes = Trie({}, held_bytes=HELD_BYTES).updated(entries)
    nodes[root] = nodes[root].replace(b"x" * 40, b"X" + b"x" * 39)
    trie = Trie(nodes, root)
    for _ in range(2):
        with pytest.raises(DatabaseDamaged):
            trie.get(b"\x11")


def test_the_database_s_reader_checks_the_own_encoding() -> None:
    database = MemoryDatabase()
    nodes = DatabaseNodes(database)
    database.write_batch({node_key(ROOT): RECORD})
    assert nodes.get(ROOT) == RECORD
    database.write_batch({node_key(ROOT): RECORD.replace(b"\xa0", b"\x80")})
    with pytest.raises(DatabaseDamaged):
        nodes.get(ROOT)


def test_any_bytes_behind_a_node_are_refused_or_are_its_record() -> None:
    decoded = 0

    @settings(max_examples=400, deadline=None)
    @given(st.data())
    def decode_any(data: st.DataObject) -> None:
        nonlocal decoded
        decoded += is_its_record(damaged_record(data))

    decode_any()
    assert decoded > 10


def damaged_record(data: st.DataObject) -> bytes:
    record = bytearray(data.draw(st.sampled_from([RECORD, PARENT, ONE])))
    for _ in range(data.draw(st.integers(0, 3))):
        record[data.draw(st.integers(0, len(record) - 1))] = data.draw(
            st.integers(0, 255)
        )
    match data.draw(st.integers(0, 3)):
        case 0:
            record += data.draw(st.binary(max_size=4))
        case 1:
            del record[data.draw(st.integers(0, len(record))) :]
    return bytes(record)


def is_its_record(damaged: bytes) -> bool:
    """Whether the bytes are read as a node, whose record they then are."""
    try:
        node = decode_record(damaged, ROOT)
        list(children_of(node) if node.is_branch else ())
    except DatabaseDamaged:
        return False
    root, nodes = encode_tree(node, NodeCache(), keccak256)
    assert nodes[root] == damaged
    return True


def test_one_wrong_byte_never_gives_a_wrong_value() -> None:
    found = 0

    @settings(deadline=None)
    @given(
        st.integers(0, len(RECORD) - 1),
        st.integers(1, 255),
        st.sampled_from([17, 146]),
    )
    @example(len(PARENT), 0x02, 146)
    def change_a_byte(place: int, change: int, key_byte: int) -> None:
        nonlocal found
        found += has_right_value(place, change, key_byte)

    change_a_byte()
    assert found > 3


def has_right_value(place: int, change: int, key_byte: int) -> bool:
    """Whether there is a value in spite of the change, which is then right."""
    damaged = bytearray(RECORD)
    damaged[place] ^= change
    database = MemoryDatabase()
    database.write_batch({node_key(ROOT): bytes(damaged)})
    key = bytes((key_byte,))
    try:
        value = find_value(DatabaseNodes(database).get, NodeCache(), ROOT, key)
    except DatabaseDamaged:
        return False
    assert value == ENTRIES[key]
    return True
