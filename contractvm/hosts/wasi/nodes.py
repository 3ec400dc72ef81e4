"""Files, directories, links and devices of a run, and the volumes that hold them."""

from enum import IntEnum
from typing import ClassVar
from weakref import ref

from contractvm.errors import LimitExceeded
from contractvm.hosts.wasi.contents import Contents
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.file_tree import (
    ROOT_INODE,
    Draft,
    FileTree,
    SymbolicLink,
    TreeDirectory,
    TreeFile,
    TreeNode,
)
from contractvm.hosts.wasi.limits import WasiLimits


class FileType(IntEnum):
    """The types of what a descriptor or a name can stand for."""

    UNKNOWN = 0
    CHARACTER_DEVICE = 2
    DIRECTORY = 3
    REGULAR_FILE = 4
    SYMBOLIC_LINK = 7


class Usage:
    """Bytes of files and names of nodes that exist in the writable volumes of a run."""

    def __init__(self, limits: WasiLimits) -> None:
        self._limits = limits
        self.file_bytes = 0
        self.nodes = 0

    def add_bytes(self, count: int) -> None:
        """Count bytes before they come to be; raises LimitExceeded."""
        if self.file_bytes + count > self._limits.file_bytes:
            raise LimitExceeded("file_bytes", self._limits.file_bytes)
        self.file_bytes += count

    def add_name(self) -> None:
        """Count a name before it comes to be; raises LimitExceeded."""
        if self.nodes == self._limits.file_nodes:
            raise LimitExceeded("file_nodes", self._limits.file_nodes)
        self.nodes += 1


class Node:
    """Something with an inode number; times are nanoseconds since 1970.

    It ends when no name (`links`) and no descriptor (`opened`) has it any more.
    """

    __slots__ = (
        "accessed",
        "changed",
        "inode",
        "links",
        "modified",
        "opened",
        "volume",
    )
    file_type: ClassVar[FileType]

    def __init__(self, volume: "Volume", inode: int, now: int) -> None:
        self.volume = volume
        self.inode = inode
        self.links = 1
        self.opened = 0
        self.accessed = self.modified = self.changed = now

    @property
    def size(self) -> int:
        """The size in bytes that programs see."""
        return 0

    def touch(self, now: int) -> None:
        """Note that the content is another since now."""
        self.modified = self.changed = now


class File(Node):
    """A regular file."""

    __slots__ = ("contents",)
    file_type = FileType.REGULAR_FILE

    def __init__(
        self, volume: "Volume", inode: int, now: int, original: bytes = b""
    ) -> None:
        super().__init__(volume, inode, now)
        self.contents = Contents(original)

    @property
    def size(self) -> int:
        """The size of the content."""
        return self.contents.size


class Link(Node):
    """A symbolic link."""

    __slots__ = ("target",)
    file_type = FileType.SYMBOLIC_LINK

    def __init__(self, volume: "Volume", inode: int, now: int, target: bytes) -> None:
        super().__init__(volume, inode, now)
        self.target = target

    @property
    def size(self) -> int:
        """The length of the target."""
        return len(self.target)


class Device(Node):
    """One of the devices in /dev, by its name there."""

    __slots__ = ("name",)
    file_type = FileType.CHARACTER_DEVICE

    def __init__(self, volume: "Volume", inode: int, now: int, name: bytes) -> None:
        super().__init__(volume, inode, now)
        self.name = name


class Directory(Node):
    """A directory: the tree's entries, and what the run changed of them.

    Nodes of the tree are made when they are first found. `hidden` are entries that can
    be found where there is no other, but are not listed.
    """

    __slots__ = (
        "__weakref__",
        "_base",
        "_entries",
        "_parent",
        "_removed",
        "count",
        "hidden",
    )
    file_type = FileType.DIRECTORY

    def __init__(
        self,
        volume: "Volume",
        inode: int,
        now: int,
        parent: "Directory | None",
        base: dict[bytes, TreeNode] | None = None,
    ) -> None:
        super().__init__(volume, inode, now)
        self._base = {} if base is None else base
        # What was found or made; None for what the tree has and the run removed.
        self._entries: dict[bytes, Node | None] = {}
        self._removed = 0
        self._parent = None if parent is None else ref(parent)
        self.count = len(self._base)
        self.hidden: dict[bytes, Node] = {}

    @property
    def parent(self) -> "Directory":
        """The directory that this one is in; the root of a volume is its own."""
        parent = None if self._parent is None else self._parent()
        return self if parent is None else parent

    @parent.setter
    def parent(self, parent: "Directory") -> None:
        self._parent = ref(parent)

    def find(self, name: bytes) -> Node | None:
        """The entry of that name, or None."""
        if name in self._entries:
            node = self._entries[name]
        elif name in self._base:
            node = self.volume.wrap(self._base[name], self)
            self._entries[name] = node
        else:
            node = None
        return self.hidden.get(name) if node is None else node

    def put(self, name: bytes, node: Node, now: int) -> None:
        """Add an entry; there must be none of that name. Raises LimitExceeded."""
        self.volume.usage.add_name()
        if name in self._entries:
            self._removed -= 1
        self._entries[name] = node
        self._note_change(1, now)

    def require_listed(self, name: bytes) -> Node:
        """An entry that was found; refuses what is hidden, which cannot be removed."""
        node = self._entries.get(name)
        if node is None:
            raise Refusal(Errno.PERM)
        return node

    def take(self, name: bytes, now: int) -> Node:
        """Remove an entry that was found and return it."""
        node = self.require_listed(name)
        del self._entries[name]
        if name in self._base:
            self._entries[name] = None
            self._removed += 1
            self._forget_removed()
        self.volume.usage.nodes -= 1
        self._note_change(-1, now)
        return node

    def _forget_removed(self) -> None:
        """Forget what was removed when it is half of the tree's entries.

        So the work of a list is bounded by what it lists.
        """
        if 2 * self._removed <= len(self._base):
            return
        gone = [name for name, node in self._entries.items() if node is None]
        self._base = dict(self._base)
        for name in gone:
            del self._base[name], self._entries[name]
        self._removed = 0

    def names(self) -> list[bytes]:
        """The names of all entries, in the order of their bytes."""
        removed = self._entries
        kept = [name for name in self._base if name not in removed]
        kept += [name for name, node in self._entries.items() if node is not None]
        return sorted(kept)

    def _note_change(self, difference: int, now: int) -> None:
        self.count += difference
        self.touch(now)
        self.volume.is_changed = True


class Volume:
    """A tree of a run: the file tree that was given, and its changes.

    `number` is the device number that programs see, `start` the time of its nodes.
    """

    def __init__(self, tree: FileTree, number: int, start: int, usage: Usage) -> None:
        self.tree = tree
        self.number = number
        self.usage = usage
        self.is_changed = False
        self._start = start
        self._last_inode = ROOT_INODE + tree.node_count
        if tree.writable:
            usage.file_bytes += tree.size_bytes
            usage.nodes += tree.node_count

    def make_root(self) -> Directory:
        """The root; nodes refer to their volume, which refers to none of them."""
        children = self.tree.root.children
        return Directory(self, ROOT_INODE, self._start, None, children)

    def wrap(self, node: TreeNode, parent: Directory) -> Node:
        """The node of a run that begins as this one of the tree."""
        if isinstance(node, TreeFile):
            return File(self, node.inode, self._start, node.content)
        if isinstance(node, TreeDirectory):
            return Directory(self, node.inode, self._start, parent, node.children)
        return Link(self, node.inode, self._start, node.target)

    def require_writable(self) -> None:
        """Refuse a change of a read-only tree."""
        if not self.tree.writable:
            raise Refusal(Errno.ROFS)

    def new_inode(self) -> int:
        """The number of a node that comes to be."""
        self._last_inode += 1
        return self._last_inode

    def write(self, file: File, offset: int, data: bytes, now: int) -> None:
        """Write to a file whose growth, if any, was counted."""
        file.contents.write(offset, data)
        self._note_write(file, now)

    def resize(self, file: File, size: int, now: int) -> None:
        """Set the size of a file; growth must have been counted."""
        self.usage.file_bytes -= max(0, file.size - size)
        file.contents.resize(size)
        self._note_write(file, now)

    def _note_write(self, file: File, now: int) -> None:
        file.touch(now)
        self.is_changed = True

    def release(self, node: Node) -> None:
        """Give the bytes of a file back if neither a name nor a descriptor has it."""
        if isinstance(node, File) and not node.links and not node.opened:
            self.usage.file_bytes -= node.size

    def snapshot(self, root: Directory) -> FileTree:
        """The tree as it is now; a file with several names is one for each."""
        if not self.is_changed:
            return self.tree
        draft: dict[bytes, Draft] = {}
        contents: dict[File, bytes] = {}
        opened = [(draft, root)]
        while opened:
            entries, directory = opened.pop()
            for name in directory.names():
                node = directory.find(name)
                if isinstance(node, Directory):
                    below: dict[bytes, Draft] = {}
                    entries[name] = below
                    opened.append((below, node))
                elif isinstance(node, Link):
                    entries[name] = SymbolicLink(node.target.decode())
                elif isinstance(node, File):
                    if node not in contents:
                        contents[node] = node.contents.read(0, node.size)
                    entries[name] = contents[node]
        return FileTree.from_draft(draft, self.tree.writable)
