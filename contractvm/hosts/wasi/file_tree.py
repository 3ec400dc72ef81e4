"""File trees: immutable contents of the directories that a program can be given."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

from contractvm.errors import ContractVmError
from gas_schedule.bounded_files import open_regular

MAX_NAME_BYTES = 255
MAX_PATH_BYTES = 4_096
MAX_READ_BYTES = 64 * 1024 * 1024
ROOT_INODE = 1


class FileTreeError(ContractVmError):
    """An entry that a file tree cannot have."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path!r}: {reason}")
        self.path = path
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SymbolicLink:
    """A symbolic link: the path in `target`, seen from the link's directory."""

    target: str


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file in a tree."""

    content: bytes
    inode: int


@dataclass(frozen=True, slots=True)
class TreeLink:
    """A symbolic link in a tree."""

    target: bytes
    inode: int


@dataclass(frozen=True, slots=True)
class TreeDirectory:
    """A directory in a tree; `children` are in the order of their names' bytes."""

    children: dict[bytes, "TreeNode"]
    inode: int


TreeNode = TreeFile | TreeLink | TreeDirectory
Entry = bytes | SymbolicLink | None
# What a tree is made from: a file, a link, or a directory's entries by name.
Draft = bytes | SymbolicLink | dict[bytes, "Draft"]
NO_ENTRIES: Mapping[str, Entry] = MappingProxyType({})


class FileTree(Mapping[str, Entry]):
    """Files, links and directories by path: what a program finds where it is mounted.

    A value of `entries` is a file's content, a `SymbolicLink`, or None for a directory;
    directories on the way to an entry need not be named. As a mapping, a tree has all
    of its entries, in the order of a walk by sorted names. It never changes, and any
    number of runs may share it; a run writes to a copy where the tree is `writable`.
    Raises FileTreeError for a path or an entry that cannot be.
    """

    __slots__ = ("node_count", "root", "size_bytes", "writable")

    def __init__(
        self, entries: Mapping[str, Entry] = NO_ENTRIES, *, writable: bool = False
    ) -> None:
        self._fill(_draft(entries), writable)

    @classmethod
    def read(
        cls,
        directory: str | Path,
        *,
        writable: bool = False,
        max_bytes: int = MAX_READ_BYTES,
    ) -> "FileTree":
        """A copy of a directory of this machine; its links stay links.

        Raises FileTreeError for what is neither file, directory nor link, for names
        that are not UTF-8, and for more than `max_bytes` of files; OSError where it
        cannot be read.
        """
        return cls.from_draft(_read_directory(Path(directory), max_bytes), writable)

    @classmethod
    def from_draft(cls, draft: dict[bytes, Draft], writable: bool) -> "FileTree":
        """A tree of entries by name; for those who checked the names."""
        tree = cls.__new__(cls)
        tree._fill(draft, writable)
        return tree

    def _fill(self, draft: dict[bytes, Draft], writable: bool) -> None:
        self.writable = writable
        self.size_bytes = 0
        self.node_count = 0
        self.root = TreeDirectory({}, ROOT_INODE)
        opened = [(self.root, iter(sorted(draft.items())))]
        while opened:
            directory, entries = opened[-1]
            name, entry = next(entries, (b"", None))
            if entry is None:
                opened.pop()
                continue
            self.node_count += 1
            inode = ROOT_INODE + self.node_count
            node: TreeNode
            if isinstance(entry, dict):
                node = TreeDirectory({}, inode)
                opened.append((node, iter(sorted(entry.items()))))
            elif isinstance(entry, SymbolicLink):
                node = TreeLink(entry.target.encode(), inode)
            else:
                node = TreeFile(entry, inode)
                self.size_bytes += len(entry)
            directory.children[name] = node

    def __getitem__(self, path: str) -> Entry:
        node: TreeNode | None = self.root
        for name in path.encode().split(b"/"):
            node = node.children.get(name) if isinstance(node, TreeDirectory) else None
        if isinstance(node, TreeFile):
            return node.content
        if isinstance(node, TreeLink):
            return SymbolicLink(node.target.decode())
        if node is None:
            raise KeyError(path)
        return None

    def __iter__(self) -> Iterator[str]:
        names: list[str] = []
        for depth, name, _ in self.walk():
            del names[depth:]
            names.append(name.decode())
            yield "/".join(names)

    def __len__(self) -> int:
        return self.node_count

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileTree):
            return NotImplemented
        return self.writable == other.writable and self.digest() == other.digest()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        kind = "writable" if self.writable else "read-only"
        return f"<FileTree {kind} {self.node_count} nodes {self.size_bytes} bytes>"

    def walk(self) -> Iterator[tuple[int, bytes, TreeNode]]:
        """Depth, name and node of each entry; the entries of a directory follow it."""
        opened = [iter(self.root.children.items())]
        while opened:
            name, node = next(opened[-1], (b"", None))
            if node is None:
                opened.pop()
                continue
            yield len(opened) - 1, name, node
            if isinstance(node, TreeDirectory):
                opened.append(iter(node.children.items()))

    def digest(self) -> bytes:
        """The SHA-256 of all names, links and contents; times are no part of them."""
        found = sha256()
        # A program can give one large file very many names.
        digests: dict[bytes, bytes] = {}
        for depth, name, node in self.walk():
            if isinstance(node, TreeFile):
                kind, content = b"f", node.content
            elif isinstance(node, TreeLink):
                kind, content = b"l", node.target
            else:
                kind, content = b"d", b""
            if content not in digests:
                digests[content] = sha256(content).digest()
            found.update(b"%s %d %d " % (kind, depth, len(name)))
            found.update(name)
            found.update(digests[content])
        return found.digest()


def _draft(entries: Mapping[str, Entry]) -> dict[bytes, Draft]:
    root: dict[bytes, Draft] = {}
    for path, entry in entries.items():
        *parents, last = _names(path)
        directory: Any = root
        for name in parents:
            directory = directory.setdefault(name, {})
            if not isinstance(directory, dict):
                raise FileTreeError(path, "a parent is no directory")
        directory.setdefault(last, _checked(path, entry))
        if isinstance(directory[last], dict) is not (entry is None):
            raise FileTreeError(path, "two entries have this path")
    return root


def _names(path: str) -> list[bytes]:
    try:
        names = path.encode().split(b"/")
    except UnicodeEncodeError as error:
        raise FileTreeError(path, "not Unicode text") from error
    for name in names:
        if name in (b"", b".", b"..") or b"\0" in name:
            raise FileTreeError(path, "not a relative path of plain names")
        if len(name) > MAX_NAME_BYTES:
            raise FileTreeError(path, f"a name of more than {MAX_NAME_BYTES} bytes")
    return names


def _checked(path: str, entry: object) -> Draft:
    """One value of the user's mapping; an own copy of what could change."""
    if entry is None:
        return {}
    if isinstance(entry, SymbolicLink):
        return _checked_link(path, entry)
    if isinstance(entry, bytes | bytearray | memoryview):
        return bytes(entry)
    raise FileTreeError(path, "neither bytes, SymbolicLink nor None")


def _checked_link(path: str, link: SymbolicLink) -> SymbolicLink:
    try:
        target = link.target.encode()
    except UnicodeEncodeError as error:
        raise FileTreeError(path, "the link's target is not Unicode text") from error
    if not 1 <= len(target) <= MAX_PATH_BYTES or b"\0" in target:
        raise FileTreeError(path, "the link's target is not a path")
    return link


def _read_directory(top: Path, max_bytes: int) -> dict[bytes, Draft]:
    root: dict[bytes, Draft] = {}
    opened = [(top, root)]
    left = max_bytes
    while opened:
        folder, entries = opened.pop()
        for found in sorted(os.scandir(folder), key=lambda entry: entry.name):
            (name,) = _names(found.name)
            path = folder.joinpath(found.name)
            if found.is_symlink():
                link = SymbolicLink(os.readlink(path))
                entries[name] = _checked_link(str(path), link)
            elif found.is_dir():
                below: dict[bytes, Draft] = {}
                entries[name] = below
                opened.append((path, below))
            elif found.is_file():
                with open_regular(path) as file:
                    content = file.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise FileTreeError(str(path), f"more than {max_bytes} bytes")
                entries[name] = content
            else:
                raise FileTreeError(str(path), "not a file, directory or link")
    return root
