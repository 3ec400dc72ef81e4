"""Layouts of what WASI's functions read and write, in the two versions."""

from dataclasses import dataclass
from struct import Struct

from contractvm.hosts.wasi.descriptors import Stream
from contractvm.hosts.wasi.nodes import Node

PREVIEW1 = "wasi_snapshot_preview1"
UNSTABLE = "wasi_unstable"

FDSTAT = Struct("<BxHxxxxQQ")  # type, flags, base and inheriting rights
PRESTAT = Struct("<BxxxI")  # tag 0 (a directory), length of the name
DIRENT = Struct("<QQIBxxx")  # next cookie, inode, length of the name, type
EVENT = Struct("<QHBxxxxxQHxxxxxx")  # userdata, errno, type, bytes, flags


@dataclass(frozen=True, slots=True)
class Layout:
    """What differs between the versions.

    `whence` gives the published meaning of a number: 0 is from the start, 1 from the
    position, 2 from the end. A `subscription` is 16 bytes and a union: the `clock` in
    it is id, timeout and flags.
    """

    filestat: Struct
    whence: tuple[int, int, int]
    clock: Struct
    subscription_bytes: int


# device, inode, type, links, size, times of access, writing and change
LAYOUTS = {
    PREVIEW1: Layout(Struct("<QQBxxxxxxxQQQQQ"), (0, 1, 2), Struct("<IxxxxQ8xH"), 48),
    UNSTABLE: Layout(Struct("<QQBxxxIQQQQ"), (1, 2, 0), Struct("<8xIxxxxQ8xH"), 56),
}


def pack_filestat(layout: Layout, node: Stream | Node) -> bytes:
    """What `fd_filestat_get` and `path_filestat_get` answer."""
    if isinstance(node, Node):
        return layout.filestat.pack(
            node.volume.number,
            node.inode,
            node.file_type,
            node.links,
            node.size,
            node.accessed,
            node.modified,
            node.changed,
        )
    return layout.filestat.pack(0, node.inode, node.file_type, 1, 0, 0, 0, 0)
