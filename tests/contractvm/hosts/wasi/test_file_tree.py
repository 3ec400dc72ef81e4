"""File trees as values."""

import os
from pathlib import Path

import pytest

from contractvm.hosts.wasi.file_tree import FileTree, FileTreeError, SymbolicLink

ENTRIES = {
    "b/c": b"1",
    "b/a": SymbolicLink("c"),
    "a": None,
    "a.b": b"",
    "\u00e9": b"2",
}


def test_a_tree_has_its_entries_in_the_order_of_a_walk() -> None:
    tree = FileTree(ENTRIES)
    expected = {
        "a": None,
        "a.b": b"",
        "b": None,
        "b/a": SymbolicLink("c"),
        "b/c": b"1",
        "\u00e9": b"2",
    }
    assert list(tree.items()) == list(expected.items())
    assert (len(tree), tree.node_count, tree.size_bytes) == (6, 6, 2)
    assert tree["b/c"] == b"1"
    for missing in ("", "c", "b/c/d", "/a", "a/"):
        assert missing not in tree


def test_equal_trees_have_equal_entries() -> None:
    tree = FileTree(ENTRIES)
    assert tree == FileTree(dict(tree))
    assert tree != FileTree(ENTRIES, writable=True)
    assert tree != dict(tree)
    for path, entry in (("b/c", b"2"), ("b/a", SymbolicLink("d")), ("x", None)):
        assert tree != FileTree({**ENTRIES, path: entry})
    assert FileTree({"a/b": None}) != FileTree({"a": None, "b": None})
    assert FileTree({"a": b"b"}).digest() != FileTree({"ab": b""}).digest()


def test_a_tree_does_not_change_with_what_it_was_made_from() -> None:
    content = bytearray(b"1")
    entries: dict[str, bytes] = {"a": content}  # type: ignore[dict-item]
    tree = FileTree(entries)
    content[0] = 50
    entries["b"] = b""
    assert dict(tree) == {"a": b"1"}
    with pytest.raises(TypeError):
        tree["a"] = b""  # type: ignore[index]


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"": b""}, "'': not a relative path of plain names"),
        ({"/a": b""}, "not a relative path"),
        ({"a//b": b""}, "not a relative path"),
        ({"a/": None}, "not a relative path"),
        ({"./a": b""}, "not a relative path"),
        ({"a/../b": b""}, "not a relative path"),
        ({"a\0": b""}, "not a relative path"),
        ({"\ud800": b""}, "not Unicode text"),
        ({"a" * 256: b""}, "a name of more than 255 bytes"),
        ({"a": "text"}, "neither bytes, SymbolicLink nor None"),
        ({"a": SymbolicLink("")}, "the link's target is not a path"),
        ({"a": SymbolicLink("b" * 4_097)}, "the link's target is not a path"),
        ({"a": SymbolicLink("b\0")}, "the link's target is not a path"),
        ({"a": SymbolicLink("\ud800")}, "the link's target is not Unicode text"),
        ({"a": b"", "a/b": b""}, "'a/b': a parent is no directory"),
        ({"a/b": b"", "a": b""}, "'a': two entries have this path"),
    ],
)
def test_entries_that_cannot_be_are_refused(
    entries: dict[str, bytes], reason: str
) -> None:
    with pytest.raises(FileTreeError, match=reason):
        FileTree(entries)


def test_a_directory_may_be_named_with_what_is_in_it() -> None:
    assert FileTree({"a/b": b"", "a": None}) == FileTree({"a": None, "a/b": b""})
    assert FileTree({"a" * 255: SymbolicLink("b" * 4_096)}).node_count == 1


def test_a_directory_of_this_machine_is_copied(tmp_path: Path) -> None:
    tmp_path.joinpath("d/empty").mkdir(parents=True)
    tmp_path.joinpath("d/file").write_bytes(b"123")
    tmp_path.joinpath("link").symlink_to("d/file")
    tmp_path.joinpath("out").symlink_to("/etc")
    tree = FileTree.read(tmp_path, writable=True)
    assert tree == FileTree(
        {
            "d/empty": None,
            "d/file": b"123",
            "link": SymbolicLink("d/file"),
            "out": SymbolicLink("/etc"),
        },
        writable=True,
    )
    tmp_path.joinpath("d/file").write_bytes(b"")
    assert tree["d/file"] == b"123"


def test_what_no_tree_can_have_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("a").write_bytes(b"123")
    tmp_path.joinpath("b").write_bytes(b"456")
    assert FileTree.read(tmp_path, max_bytes=6).size_bytes == 6
    with pytest.raises(FileTreeError, match="b': more than 5 bytes"):
        FileTree.read(tmp_path, max_bytes=5)
    with pytest.raises(NotADirectoryError):
        FileTree.read(tmp_path / "a")
    with pytest.raises(FileNotFoundError):
        FileTree.read(tmp_path / "c")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileTreeError, match="pipe': not a file, directory or link"):
        FileTree.read(tmp_path)
    tmp_path.joinpath("pipe").unlink()
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    with pytest.raises(FileTreeError, match="not Unicode text"):
        FileTree.read(tmp_path)


def test_a_deep_tree_needs_no_recursion() -> None:
    depth = 20_000
    draft: dict[bytes, object] = {}
    for _ in range(depth):
        draft = {b"a": draft}
    tree = FileTree.from_draft(draft, writable=True)  # type: ignore[arg-type]
    assert (tree.node_count, len(tree.digest())) == (depth, 32)
    assert sum(1 for _ in tree.walk()) == depth


def test_a_tree_tells_its_kind_and_size_but_no_contents() -> None:
    assert repr(FileTree(ENTRIES)) == "<FileTree read-only 6 nodes 2 bytes>"
    writable = FileTree({"a": b"123"}, writable=True)
    assert repr(writable) == "<FileTree writable 1 nodes 3 bytes>"
