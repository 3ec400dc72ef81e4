import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32, keccak256
from chain_sim.ethereum.trie import HELD_BYTES, SecureTrie, Trie, trie_root
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.proofs import prove, verify
from contractvm.errors import InternalError

LONG = b"v" * 40
LONGEST = 1_024  # bytes of a key


def encoded_leaf(path: bytes, value: bytes) -> bytes:
    """RLP by hand, of a leaf shorter than 56 bytes, from its hex-prefix path."""
    items = b"".join(
        item if len(item) == 1 and item[0] < 0x80 else bytes((0x80 + len(item),)) + item
        for item in (path, value)
    )
    return bytes((0xC0 + len(items),)) + items


def test_the_empty_trie_has_its_root_and_no_nodes() -> None:
    trie = Trie({})
    assert trie.root == EMPTY_TRIE_ROOT
    assert trie.get(b"key") == b""
    assert list(trie.items()) == []
    assert trie.updated({}) == (EMPTY_TRIE_ROOT, {})
    assert trie.updated({b"key": b""}) == (EMPTY_TRIE_ROOT, {})


@pytest.mark.parametrize(
    ("key", "path"),
    [(b"", b"\x20"), (b"\x12", b"\x20\x12"), (b"\xff" * 3, b"\x20\xff\xff\xff")],
)
def test_one_entry_is_one_leaf_with_a_hash_however_short(
    key: bytes, path: bytes
) -> None:
    leaf = encoded_leaf(path, b"\1")
    root, nodes = Trie({}).updated({key: b"\1"})
    assert root == keccak256(leaf)
    assert nodes == {root: leaf}


def test_short_leaves_stand_in_their_branch() -> None:
    # Odd rest of the path: flag 3, then the nibble.
    root, nodes = Trie({}).updated({b"\x1a": b"x", b"\x2b": b"y"})
    branch = b"\x80" + b"\xc2\x3ax" + b"\xc2\x3by" + b"\x80" * 14
    assert nodes == {root: bytes((0xC0 + len(branch),)) + branch}


@pytest.mark.parametrize(("value_bytes", "node_count"), [(28, 1), (29, 3)])
def test_a_child_of_32_bytes_is_kept_by_its_hash(
    value_bytes: int, node_count: int
) -> None:
    # A leaf with one nibble: header, path, header of the value, the value.
    entries = {b"\x1a": b"v" * value_bytes, b"\x2b": b"w" * value_bytes}
    _, nodes = Trie({}).updated(entries)
    assert len(nodes) == node_count


def test_values_may_stand_at_prefixes_of_other_keys() -> None:
    entries = {b"": b"0", b"\x10": b"1", b"\x10\x00": b"2", b"\x10\x00\x00": LONG}
    root, nodes = Trie({}).updated(entries)
    trie = Trie(nodes, root)
    for key, value in entries.items():
        assert trie.get(key) == value
    assert trie.get(b"\x10\x01") == b""
    assert trie.get(b"\x10\x00\x00\x00") == b""


# Deletes that leave a branch with one way, which merges with the rest.

MERGES = {
    "leaf below": ([b"\x11", b"\x12"], [b"\x12"]),
    "branch below": ([b"\x11\x11", b"\x11\x12", b"\x21"], [b"\x21"]),
    "extension below": ([b"\x11\x12\x11", b"\x11\x12\x21", b"\x21"], [b"\x21"]),
    "own value left": ([b"\x11", b"\x11\x12"], [b"\x11\x12"]),
    "own value gone": ([b"\x11", b"\x11\x12"], [b"\x11"]),
    "below an extension": ([b"\x11\x11", b"\x11\x12"], [b"\x11\x12"]),
    "two levels at once": (
        [b"\x11\x11", b"\x11\x12", b"\x11\x21", b"\x11\x22"],
        [b"\x11\x12", b"\x11\x21", b"\x11\x22"],
    ),
    "all": ([b"\x11", b"\x12", b"\x21"], [b"\x11", b"\x12", b"\x21"]),
}


@pytest.mark.parametrize("value", [b"v", LONG], ids=["inline", "by hash"])
@pytest.mark.parametrize("name", MERGES)
def test_deleting_leaves_the_root_of_a_trie_never_filled(
    name: str, value: bytes
) -> None:
    keys, deleted = MERGES[name]
    root, nodes = Trie({}).updated(dict.fromkeys(keys, value))
    at_once, _ = Trie(nodes, root).updated(dict.fromkeys(deleted, b""))
    expected = trie_root({key: value for key in keys if key not in deleted})
    assert at_once == expected
    for key in deleted:
        root, new_nodes = Trie(nodes, root).updated({key: b""})
        nodes.update(new_nodes)
    assert root == expected


def test_a_delete_and_an_insert_in_one_batch_do_not_collapse_the_branch() -> None:
    root, nodes = Trie({}).updated({b"\x11": LONG, b"\x12": LONG})
    after, new_nodes = Trie(nodes, root).updated({b"\x12": b"", b"\x13": LONG})
    assert after == trie_root({b"\x11": LONG, b"\x13": LONG})
    # A leaf, the branch and the extension above it; the other leaf is an old one.
    assert len(new_nodes) == 3


def test_a_stored_branch_that_moves_up_is_not_encoded_again() -> None:
    root, nodes = Trie({}).updated(
        {b"\x11\x11": LONG, b"\x11\x12": LONG, b"\x21": LONG}
    )
    _, new_nodes = Trie(nodes, root).updated({b"\x21": b""})
    # The extension that leads to it.
    assert len(new_nodes) == 1
    assert not new_nodes.keys() & nodes.keys()


@pytest.mark.parametrize(
    "changes",
    [
        {b"\x11": LONG},
        {b"\x99": b""},
        {b"\x11\x11": b""},
        {b"\x11": LONG, b"\x15": b"", b"\x21\x34": b""},
    ],
)
def test_changes_that_change_nothing_make_no_node(changes: dict[bytes, bytes]) -> None:
    root, nodes = Trie({}).updated({b"\x11": LONG, b"\x12": LONG, b"\x21\x33": LONG})
    assert Trie(nodes, root).updated(changes) == (root, {})


def test_a_batch_has_no_node_that_its_root_does_not_need() -> None:
    entries = {keccak256(b"%d" % index): LONG for index in range(1000)}
    root, nodes = Trie({}).updated(entries)
    _, one_leaf = Trie(nodes, root).updated({keccak256(b"7"): b"new" * 20})
    # As many as there are levels.
    assert 3 <= len(one_leaf) <= 5
    assert not one_leaf.keys() & nodes.keys()


def test_the_old_root_stays_readable() -> None:
    old_root, nodes = Trie({}).updated({b"key": b"old", b"kex": LONG})
    new_root, new_nodes = Trie(nodes, old_root).updated({b"key": b"new", b"kex": b""})
    nodes.update(new_nodes)
    assert Trie(nodes, old_root).get(b"key") == b"old"
    assert Trie(nodes, new_root).get(b"key") == b"new"
    assert Trie(nodes, old_root).get(b"kex") == LONG


def test_a_secure_trie_keeps_keys_by_their_hashes() -> None:
    root, nodes = SecureTrie({}).updated({b"key": b"value"})
    assert root == trie_root({keccak256(b"key"): b"value"})
    secure = SecureTrie(nodes, root)
    assert secure.root == root
    assert (secure.get(b"key"), secure.get(b"other")) == (b"value", b"")
    assert list(secure.hashed.items()) == [(keccak256(b"key"), b"value")]


# Depth


def test_keys_that_are_prefixes_of_each_other_may_be_as_long_as_allowed() -> None:
    entries = {b"\x11" * length: b"v" for length in range(LONGEST + 1)}
    root, nodes = Trie({}).updated(entries)
    trie = Trie(nodes, root)
    assert trie.get(b"\x11" * LONGEST) == b"v"
    assert len(list(trie.items())) == LONGEST + 1
    left = {b"\x11" * LONGEST: b"v"}
    deletes = {key: b"" for key in entries if key not in left}
    assert trie.updated(deletes)[0] == trie_root(left)


def test_a_longer_key_is_refused() -> None:
    with pytest.raises(InternalError):
        Trie({}).updated({b"\x11" * (LONGEST + 1): b"v"})


@pytest.mark.parametrize("changes", [{"key": b"v"}, {b"key": "v"}, {b"key": None}])
def test_what_is_not_bytes_is_refused(changes: dict[bytes, bytes]) -> None:
    with pytest.raises((TypeError, InternalError)):
        Trie({}).updated(changes)


# Nodes that are missing, or not what they should be


@pytest.fixture
def broken() -> tuple[Hash32, dict[Hash32, bytes], Hash32]:
    """A trie without the leaf of 0x12: its root, its nodes, and the leaf's hash."""
    root, nodes = Trie({}).updated({b"\x11": LONG, b"\x12": LONG, b"\x21": LONG})
    lost = keccak256(encoded_leaf(b"\x20", LONG))
    # Both leaves below 0x1 are the same node.
    del nodes[lost]
    return root, nodes, lost


def test_a_missing_node_is_named_with_the_path_to_it(
    broken: tuple[Hash32, dict[Hash32, bytes], Hash32],
) -> None:
    root, nodes, lost = broken
    trie = Trie(nodes, root)
    uses = (
        lambda: trie.get(b"\x12"),
        lambda: trie.updated({b"\x12": b"new"}),
        lambda: list(trie.items(b"\x12")),
    )
    for use in uses:
        with pytest.raises(MissingNode) as caught:
            use()
        assert (caught.value.node_hash, caught.value.path) == (lost, b"\1\2")


def test_a_missing_neighbour_is_named_when_a_branch_merges_with_it() -> None:
    root, nodes = Trie({}).updated({b"\x11": LONG, b"\x12": b"other" * 10})
    del nodes[keccak256(encoded_leaf(b"\x20", LONG))]
    with pytest.raises(MissingNode) as caught:
        Trie(nodes, root).updated({b"\x12": b""})
    assert caught.value.path == b"\1\1"


def test_what_is_beside_a_missing_node_can_be_read(
    broken: tuple[Hash32, dict[Hash32, bytes], Hash32],
) -> None:
    root, nodes, _ = broken
    assert Trie(nodes, root).get(b"\x21") == LONG
    assert Trie(nodes, root).get(b"\x31") == b""


def test_a_missing_root_is_missing_at_no_path() -> None:
    root = keccak256(b"nowhere")
    with pytest.raises(MissingNode) as caught:
        Trie({}, root).get(b"key")
    assert (caught.value.node_hash, caught.value.path) == (root, b"")


def test_a_key_of_half_a_byte_is_damage() -> None:
    leaf = encoded_leaf(b"\x31", b"v")
    with pytest.raises(DatabaseDamaged) as caught:
        list(Trie({keccak256(leaf): leaf}, keccak256(leaf)).items())
    assert caught.value.reason == "trie has a key of 1 nibbles"


@pytest.mark.parametrize("held_bytes", [0, HELD_BYTES])
@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        # A path that goes on with zeros, as a key's memory does after its end.
        ({b"\x11\x00": LONG, b"\x11\x00\x22": LONG}, b"\x11"),
        ({b"\x11\x00\x11": LONG, b"\x11\x00\x22": LONG}, b"\x11"),
        ({b"\x11\x00\x11": LONG, b"\x11\x00\x22": LONG}, b""),
        ({b"\x11\x00": LONG}, b"\x11"),
        ({b"\x00" * 40: LONG, b"\x00" * 40 + b"\x11": LONG}, b""),
        ({b"\x00" * 40: LONG, b"\x00" * 40 + b"\x11": LONG}, b"\x00" * 8),
        # A branch where the key ends.
        ({b"\x11\x10": LONG, b"\x11\x20": LONG}, b"\x11"),
        ({b"\x01": LONG, b"\x11": LONG}, b""),
    ],
)
def test_a_lookup_does_not_read_on_where_its_key_ends(
    stored: dict[bytes, bytes], asked: bytes, held_bytes: int
) -> None:
    """The build with sanitizers sees each byte; the plain one, what it leads to."""
    root, nodes = Trie({}, held_bytes=held_bytes).updated(stored)
    trie = Trie(nodes, root)
    # A key of its own, whose last byte is the last of its memory.
    assert trie.get(bytes(bytearray(asked))) == b""
    assert verify(root, asked, prove(nodes, root, asked)) == b""
    changed, new = trie.updated({asked: b"here"})
    assert Trie({**nodes, **new}, changed).get(asked) == b"here"
    assert trie.updated({asked: b""}) == (root, {})


@pytest.mark.parametrize("asked", [b"", b"\x11", b"\x11\x11"])
def test_a_key_that_ends_inside_a_path_needs_no_node_below_it(asked: bytes) -> None:
    """Python has a zero after the bytes of a key: the paths here go on with zeros."""
    stored = {asked + b"\x00": LONG, asked + b"\x05": LONG + b"x"}
    root, nodes = Trie({}).updated(stored)
    assert len(nodes) == 4
    trie = Trie({root: nodes[root]}, root)
    assert trie.get(asked) == b""
    with pytest.raises(MissingNode):
        trie.get(asked + b"\x00")
