"""`path_open`: descriptors of what exists, and of new files."""

from contractvm.hosts.wasi.descriptor_functions import (
    ALL_FLAGS,
    DSYNC,
    RSYNC,
    SYNC,
)
from contractvm.hosts.wasi.descriptors import Descriptor
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.host_call import HostCall
from contractvm.hosts.wasi.nodes import Directory, File, Link, Node
from contractvm.hosts.wasi.path_functions import follows_links
from contractvm.hosts.wasi.paths import Place, find_entry, find_place
from contractvm.hosts.wasi.rights import (
    DIRECTORY_RIGHTS,
    FILE_RIGHTS,
    Right,
)

CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE = (1 << bit for bit in range(4))
ALL_WAYS = CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE


def path_open(
    call: HostCall,
    fd: int,
    lookup: int,
    path: int,
    length: int,
    ways: int,
    base: int,
    inheriting: int,
    flags: int,
    result: int,
) -> None:
    descriptor, start = call.wasi.descriptors.directory(fd, _needed(ways))
    if (base | inheriting | _implied(flags)) & ~descriptor.inheriting:
        raise Refusal(Errno.NOTCAPABLE)
    follows = follows_links(lookup)
    if ways & ~ALL_WAYS or flags & ~ALL_FLAGS or _makes_directory(ways):
        raise Refusal(Errno.INVAL)
    text = call.read_path(path, length)
    if ways & CREATE:
        place = _new_place(call, start, text, follows and not ways & EXCLUSIVE)
    else:
        place = find_place(call, start, text, follows)
    node = _existing(place, ways, base)
    call.wasi.descriptors.require_room()
    if node is None:
        node = _create(call, place)
    if isinstance(node, Directory):
        opened = Descriptor(
            node, base & DIRECTORY_RIGHTS, inheriting, flags=flags, is_opened=True
        )
    else:
        opened = Descriptor(node, base & FILE_RIGHTS, flags=flags, is_opened=True)
    if ways & TRUNCATE and isinstance(node, File):
        node.volume.resize(node, 0, call.now())
    call.write_u32(result, call.wasi.descriptors.add(opened))


def _needed(ways: int) -> int:
    """The rights that a directory must have for this way to open."""
    needed = Right.PATH_OPEN
    if ways & CREATE:
        needed |= Right.PATH_CREATE_FILE
    if ways & TRUNCATE:
        needed |= Right.PATH_FILESTAT_SET_SIZE
    return needed


def _implied(flags: int) -> int:
    """The rights that a directory must let a descriptor with these flags inherit."""
    implied = 0
    if flags & DSYNC:
        implied |= Right.FD_DATASYNC
    if flags & (RSYNC | SYNC):
        implied |= Right.FD_SYNC
    return implied


def _makes_directory(ways: int) -> bool:
    return bool(ways & CREATE and ways & DIRECTORY)


def _new_place(call: HostCall, start: Directory, path: bytes, follows: bool) -> Place:
    """Where a file is, or is created; refuses a slash at the end, a link's too."""
    if path.endswith(b"/"):
        place = find_entry(call, start, path)
    else:
        place = find_place(call, start, path, follows)
    if place.has_slash:
        raise Refusal(Errno.ISDIR)
    return place


def _existing(place: Place, ways: int, base: int) -> Node | None:
    """What is opened, None for what is created; refuses what cannot be."""
    if ways & CREATE:
        if place.node is None:
            return None
        if ways & EXCLUSIVE:
            raise Refusal(Errno.EXIST)
    node = place.existing()
    if isinstance(node, Link):
        raise Refusal(Errno.LOOP)
    writes = base & Right.FD_WRITE or ways & TRUNCATE
    if isinstance(node, Directory):
        if writes or ways & CREATE:
            raise Refusal(Errno.ISDIR)
    elif ways & DIRECTORY:
        raise Refusal(Errno.NOTDIR)
    elif writes and isinstance(node, File):
        node.volume.require_writable()
    return node


def _create(call: HostCall, place: Place) -> File:
    parent, name = place.new_entry()
    now = call.now()
    file = File(parent.volume, parent.volume.new_inode(), now)
    parent.put(name, file, now)
    return file
