"""Ethereum's published trie tests: roots, in any order, plain and with hashed keys."""

import json
from collections.abc import Iterator, Mapping
from itertools import islice, permutations
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT
from chain_sim.ethereum.trie import SecureTrie, Trie
from tests.helpers.vectors import vectors_folder

FILES = {
    "trieanyorder.json",
    "trieanyorder_secureTrie.json",
    "trietest.json",
    "trietest_secureTrie.json",
    "trietestnextprev.json",
}
ROOT_FILES = sorted(FILES - {"trietestnextprev.json"})
MOST_ORDERS = 720


def load(name: str) -> dict[str, Any]:
    return json.loads(trie_tests().joinpath(name).read_text())


def trie_tests() -> Path:
    return vectors_folder("ethereum") / "TrieTests"


def to_bytes(text: str | None) -> bytes:
    if text is None:
        return b""
    if text.startswith("0x"):
        return bytes.fromhex(text[2:])
    return text.encode()


def changes_of(test: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    entries = test["in"]
    pairs = entries.items() if isinstance(entries, dict) else entries
    return [(to_bytes(key), to_bytes(value)) for key, value in pairs]


def orders(
    name: str, changes: list[tuple[bytes, bytes]]
) -> Iterator[tuple[tuple[bytes, bytes], ...]]:
    if "anyorder" not in name:
        yield tuple(changes)
        return
    yield from islice(permutations(changes), MOST_ORDERS)


def kind_of(name: str) -> type[Trie] | type[SecureTrie]:
    return SecureTrie if "secure" in name else Trie


def root_of(test: Mapping[str, Any]) -> str:
    root: str = test["root"]
    return root.removeprefix("0x")


def test_the_folder_holds_the_files_that_these_tests_know() -> None:
    assert {path.name for path in trie_tests().glob("*.json")} == FILES


@pytest.mark.parametrize("name", ROOT_FILES)
def test_changes_made_one_by_one_give_the_published_root(name: str) -> None:
    tests = load(name)
    assert tests
    for title, test in tests.items():
        for order in orders(name, changes_of(test)):
            nodes: dict[bytes, bytes] = {}
            root = EMPTY_TRIE_ROOT
            for key, value in order:
                root, new_nodes = kind_of(name)(nodes, root).updated({key: value})
                nodes.update(new_nodes)
            assert root.hex() == root_of(test), title


@pytest.mark.parametrize("name", ROOT_FILES)
def test_changes_made_in_one_batch_give_the_published_root(name: str) -> None:
    for title, test in load(name).items():
        root, _ = kind_of(name)({}).updated(dict(changes_of(test)))
        assert root.hex() == root_of(test), title


@pytest.mark.parametrize("name", ROOT_FILES)
def test_every_published_entry_can_be_read_back(name: str) -> None:
    for title, test in load(name).items():
        entries = dict(changes_of(test))
        root, nodes = kind_of(name)({}).updated(entries)
        trie = kind_of(name)(nodes, root)
        for key, value in entries.items():
            assert trie.get(key) == value, title


def test_neighbours_of_a_key_are_the_published_ones() -> None:
    for title, test in load("trietestnextprev.json").items():
        root, nodes = Trie({}).updated({to_bytes(key): b"value" for key in test["in"]})
        trie = Trie(nodes, root)
        for key, previous_key, next_key in test["tests"]:
            found = trie.previous_key(to_bytes(key)), trie.next_key(to_bytes(key))
            expected = to_bytes(previous_key) or None, to_bytes(next_key) or None
            assert found == expected, f"{title}: {key}"
