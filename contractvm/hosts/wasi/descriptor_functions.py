"""Functions about descriptors: closing, flags, rights, sizes and times."""

from contractvm.hosts.wasi.descriptors import Stream
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.host_call import HostCall
from contractvm.hosts.wasi.layouts import FDSTAT, PRESTAT, pack_filestat
from contractvm.hosts.wasi.nodes import Directory, File, Node
from contractvm.hosts.wasi.rights import Right
from contractvm.hosts.wasi.stream_functions import GREATEST_OFFSET

# Flags of descriptors.
APPEND, DSYNC, NONBLOCK, RSYNC, SYNC = (1 << bit for bit in range(5))
ALL_FLAGS = APPEND | DSYNC | NONBLOCK | RSYNC | SYNC
CHANGEABLE_FLAGS = APPEND | NONBLOCK
# Which times are set, and how.
ACCESSED, ACCESSED_NOW, MODIFIED, MODIFIED_NOW = (1 << bit for bit in range(4))
ALL_TIMES = ACCESSED | ACCESSED_NOW | MODIFIED | MODIFIED_NOW
LAST_ADVICE = 5


def fd_close(call: HostCall, fd: int) -> None:
    call.wasi.descriptors.close(fd)


def fd_renumber(call: HostCall, fd: int, target: int) -> None:
    call.wasi.descriptors.renumber(fd, target)


def fd_fdstat_get(call: HostCall, fd: int, result: int) -> None:
    found = call.wasi.descriptors.find(fd)
    stat = FDSTAT.pack(found.node.file_type, found.flags, found.base, found.inheriting)
    call.memory.write(result, stat)


def fd_fdstat_set_flags(call: HostCall, fd: int, flags: int) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    descriptor.require(Right.FD_FDSTAT_SET_FLAGS)
    if flags & ~ALL_FLAGS:
        raise Refusal(Errno.INVAL)
    if flags & ~CHANGEABLE_FLAGS:
        raise Refusal(Errno.NOTSUP)
    descriptor.flags = flags


def fd_fdstat_set_rights(call: HostCall, fd: int, base: int, inheriting: int) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    if base & ~descriptor.base or inheriting & ~descriptor.inheriting:
        raise Refusal(Errno.NOTCAPABLE)
    descriptor.base = base
    descriptor.inheriting = inheriting


def fd_filestat_get(call: HostCall, fd: int, result: int) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    descriptor.require(Right.FD_FILESTAT_GET)
    call.memory.write(result, pack_filestat(call.layout, descriptor.node))


def fd_filestat_set_size(call: HostCall, fd: int, size: int) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    file = descriptor.node
    if isinstance(file, Directory):
        raise Refusal(Errno.ISDIR)
    descriptor.require(Right.FD_FILESTAT_SET_SIZE)
    if size > GREATEST_OFFSET or not isinstance(file, File):
        raise Refusal(Errno.INVAL)
    file.volume.require_writable()
    growth = max(0, size - file.size)
    file.volume.usage.add_bytes(growth)
    call.charge_growth(growth)
    file.volume.resize(file, size, call.now())


def fd_filestat_set_times(
    call: HostCall, fd: int, accessed: int, modified: int, flags: int
) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    descriptor.require(Right.FD_FILESTAT_SET_TIMES)
    set_times(call, descriptor.node, accessed, modified, flags)


def set_times(
    call: HostCall, node: Stream | Node, accessed: int, modified: int, flags: int
) -> None:
    """Set the times that `flags` names, to the given ones or to now."""
    both = ((ACCESSED, ACCESSED_NOW), (MODIFIED, MODIFIED_NOW))
    if flags & ~ALL_TIMES or any(flags & a and flags & b for a, b in both):
        raise Refusal(Errno.INVAL)
    if not isinstance(node, Node):
        raise Refusal(Errno.NOTCAPABLE)
    node.volume.require_writable()
    now = call.now()
    if flags & (ACCESSED | ACCESSED_NOW):
        node.accessed = now if flags & ACCESSED_NOW else accessed
    if flags & (MODIFIED | MODIFIED_NOW):
        node.modified = now if flags & MODIFIED_NOW else modified
    node.changed = now


def fd_sync(call: HostCall, fd: int) -> None:
    call.wasi.descriptors.find(fd).require(Right.FD_SYNC)


def fd_datasync(call: HostCall, fd: int) -> None:
    call.wasi.descriptors.find(fd).require(Right.FD_DATASYNC)


def fd_advise(call: HostCall, fd: int, offset: int, length: int, advice: int) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    if isinstance(descriptor.node, Directory):
        raise Refusal(Errno.BADF)
    descriptor.require(Right.FD_ADVISE)
    if advice > LAST_ADVICE:
        raise Refusal(Errno.INVAL)


def fd_allocate(call: HostCall, fd: int, offset: int, length: int) -> None:
    call.wasi.descriptors.find(fd).require(Right.FD_ALLOCATE)
    raise Refusal(Errno.NOTSUP)


def fd_prestat_get(call: HostCall, fd: int, result: int) -> None:
    call.memory.write(result, PRESTAT.pack(0, len(_mount(call, fd))))


def fd_prestat_dir_name(call: HostCall, fd: int, buffer: int, length: int) -> None:
    path = _mount(call, fd)
    if length < len(path):
        raise Refusal(Errno.NAMETOOLONG)
    call.memory.write(buffer, path)


def _mount(call: HostCall, fd: int) -> bytes:
    path = call.wasi.descriptors.find(fd).mount
    if path is None:
        raise Refusal(Errno.BADF)
    return path
