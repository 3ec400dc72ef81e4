"""Keys in order: those from a key on, and the next to one that need not be there."""

import pytest

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT
from chain_sim.ethereum.trie import Trie
from chain_sim.ethereum.trie.iteration import iterate_backward

KEYS = [b"\x00", b"\x01", b"\x01\x00", b"\x1f", b"\x20\x05", b"\x20\x06", b"\xff"]
ENTRIES = {key: b"value of " + key for key in KEYS}
ROOT, NODES = Trie({}).updated(ENTRIES)
STARTS = [*KEYS, b"", b"\x01\x01", b"\x1e", b"\x20", b"\x20\x07", b"\xff\xff"]


@pytest.mark.parametrize("start", STARTS, ids=bytes.hex)
def test_items_begin_at_the_first_key_that_is_not_below(start: bytes) -> None:
    wanted = [(key, ENTRIES[key]) for key in KEYS if key >= start]
    assert [*Trie(NODES, ROOT).items(start)] == wanted


@pytest.mark.parametrize("start", STARTS, ids=bytes.hex)
def test_backward_the_first_is_the_last_that_is_not_above(start: bytes) -> None:
    wanted = [(key, ENTRIES[key]) for key in reversed(KEYS) if key <= start]
    assert [*iterate_backward(NODES, ROOT, start)] == wanted


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        (b"", None, b"\x00"),
        (b"\x00", None, b"\x01"),
        (b"\x01", b"\x00", b"\x01\x00"),
        (b"\x1e", b"\x01\x00", b"\x1f"),
        (b"\x20\x05", b"\x1f", b"\x20\x06"),
        (b"\xff", b"\x20\x06", None),
        (b"\xff\x00", b"\xff", None),
    ],
    ids=lambda one: "none" if one is None else one.hex(),
)
def test_the_neighbours_of_a_key(
    key: bytes, before: bytes | None, after: bytes | None
) -> None:
    trie = Trie(NODES, ROOT)
    assert (trie.previous_key(key), trie.next_key(key)) == (before, after)


def test_nothing_is_next_to_a_key_of_the_empty_trie() -> None:
    trie = Trie({}, EMPTY_TRIE_ROOT)
    assert (trie.previous_key(b"a"), trie.next_key(b"a")) == (None, None)
