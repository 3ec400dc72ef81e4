"""Functions that look at what a path names, or change its times."""

from contractvm.hosts.wasi.descriptor_functions import set_times
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.host_call import HostCall
from contractvm.hosts.wasi.layouts import pack_filestat
from contractvm.hosts.wasi.nodes import Link, Node
from contractvm.hosts.wasi.paths import find_place
from contractvm.hosts.wasi.rights import Right

FOLLOW = 1  # the one flag of a lookup


def path_filestat_get(
    call: HostCall, fd: int, flags: int, path: int, length: int, result: int
) -> None:
    node = _look_up(call, fd, flags, (path, length), Right.PATH_FILESTAT_GET)
    call.memory.write(result, pack_filestat(call.layout, node))


def path_filestat_set_times(
    call: HostCall,
    fd: int,
    flags: int,
    path: int,
    length: int,
    accessed: int,
    modified: int,
    times: int,
) -> None:
    node = _look_up(call, fd, flags, (path, length), Right.PATH_FILESTAT_SET_TIMES)
    set_times(call, node, accessed, modified, times)


def path_readlink(
    call: HostCall, fd: int, path: int, length: int, buffer: int, size: int, result: int
) -> None:
    """Write as much of the link's target as there is room for."""
    node = _look_up(call, fd, 0, (path, length), Right.PATH_READLINK)
    if not isinstance(node, Link):
        raise Refusal(Errno.INVAL)
    target = node.target[:size]
    call.charge_bytes(len(target))
    call.memory.write(buffer, target)
    call.write_u32(result, len(target))


def _look_up(
    call: HostCall, fd: int, flags: int, path: tuple[int, int], right: int
) -> Node:
    _, start = call.wasi.descriptors.directory(fd, right)
    follows = follows_links(flags)
    return find_place(call, start, call.read_path(*path), follows).existing()


def follows_links(flags: int) -> bool:
    """Whether a lookup follows a link at the end of the path."""
    if flags & ~FOLLOW:
        raise Refusal(Errno.INVAL)
    return flags == FOLLOW
