"""Descriptors: the numbers of a program's open streams, files and directories."""

from typing import ClassVar

from contractvm.errors import LimitExceeded
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.nodes import Directory, FileType, Node


class StandardInput:
    """What a program reads from descriptor 0."""

    __slots__ = ("_data", "_position")
    file_type: ClassVar[FileType] = FileType.UNKNOWN
    inode: ClassVar[int] = 0

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def left(self) -> int:
        """The number of bytes that are left."""
        return len(self._data) - self._position

    def read(self, length: int) -> bytes:
        """Up to `length` bytes; none at the end."""
        data = self._data[self._position : self._position + length]
        self._position += len(data)
        return data


class StandardOutput:
    """What a program wrote to stdout or stderr, `name`.

    Where it `is_cut`, what is beyond the limit is dropped; else it ends the run.
    """

    __slots__ = ("_is_cut", "_limit", "_name", "data", "inode", "is_truncated")
    file_type: ClassVar[FileType] = FileType.UNKNOWN

    def __init__(self, name: str, inode: int, limit: int, *, is_cut: bool) -> None:
        self._name = name
        self.inode = inode
        self._limit = limit
        self._is_cut = is_cut
        self.data = bytearray()
        self.is_truncated = False

    def require_room(self, length: int) -> None:
        """Raise LimitExceeded where a write of that length would end the run."""
        if not self._is_cut and len(self.data) + length > self._limit:
            raise LimitExceeded(f"{self._name}_bytes", self._limit)

    def write(self, data: bytes) -> None:
        """Append; there must be room."""
        room = self._limit - len(self.data)
        self.data += data[:room]
        if len(data) > room:
            self.is_truncated = True


Stream = StandardInput | StandardOutput


class Descriptor:
    """An open stream, file or directory, its position, flags and rights.

    `listing` are the names that `fd_readdir` made a list of. `mount` is the path at
    which a program finds a directory that it was given. What it opened itself,
    `is_opened`.
    """

    __slots__ = (
        "base",
        "flags",
        "inheriting",
        "is_opened",
        "listing",
        "mount",
        "node",
        "offset",
    )

    def __init__(
        self,
        node: Stream | Node,
        base: int,
        inheriting: int = 0,
        *,
        flags: int = 0,
        mount: bytes | None = None,
        is_opened: bool = False,
    ) -> None:
        self.node = node
        self.base = base
        self.inheriting = inheriting
        self.flags = flags
        self.mount = mount
        self.is_opened = is_opened
        self.offset = 0
        self.listing: list[bytes] | None = None
        if isinstance(node, Node):
            node.opened += 1

    def require(self, rights: int) -> None:
        """Refuse what the descriptor may not be used for."""
        if rights & ~self.base:
            raise Refusal(Errno.NOTCAPABLE)


class DescriptorTable:
    """The descriptors of a run by number; a new one gets the lowest free number."""

    def __init__(self, given: list[Descriptor], most_opened: int) -> None:
        self._slots: list[Descriptor | None] = [*given]
        self._most_opened = most_opened
        self._opened = 0

    def find(self, number: int) -> Descriptor:
        """The open descriptor of that number; refuses any other with `badf`."""
        found = self._slots[number] if number < len(self._slots) else None
        if found is None:
            raise Refusal(Errno.BADF)
        return found

    def directory(self, number: int, rights: int) -> tuple[Descriptor, Directory]:
        """An open directory with these rights."""
        found = self.find(number)
        if not isinstance(found.node, Directory):
            raise Refusal(Errno.NOTDIR)
        found.require(rights)
        return found, found.node

    def require_room(self) -> None:
        """Raise LimitExceeded where the program has opened all that it may."""
        if self._opened == self._most_opened:
            raise LimitExceeded("open_files", self._most_opened)

    def add(self, descriptor: Descriptor) -> int:
        """Give what the program opened its number; there must be room."""
        self._opened += 1
        if None not in self._slots:
            self._slots.append(None)
        number = self._slots.index(None)
        self._slots[number] = descriptor
        return number

    def close(self, number: int) -> None:
        """Close a descriptor and free its number."""
        closed = self.find(number)
        self._slots[number] = None
        self._opened -= closed.is_opened
        node = closed.node
        if isinstance(node, Node):
            node.opened -= 1
            node.volume.release(node)

    def renumber(self, number: int, target: int) -> None:
        """Move a descriptor to the number of another, which is closed."""
        moved = self.find(number)
        self.find(target)
        if number != target:
            self.close(target)
            self._slots[target], self._slots[number] = moved, None
