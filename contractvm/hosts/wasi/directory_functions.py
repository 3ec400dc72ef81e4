"""Lists of directories."""

from contractvm.hosts.wasi.host_call import HostCall
from contractvm.hosts.wasi.layouts import DIRENT
from contractvm.hosts.wasi.nodes import Directory, Node
from contractvm.hosts.wasi.rights import Right

DOTS = [b".", b".."]


def fd_readdir(
    call: HostCall, fd: int, buffer: int, length: int, cookie: int, result: int
) -> None:
    """Fill the buffer with entries from `cookie` on; the last one may be cut."""
    descriptor, directory = call.wasi.descriptors.directory(fd, Right.FD_READDIR)
    call.require_size(length)
    call.require_range(buffer + length)
    if cookie == 0 or descriptor.listing is None:
        call.charge_amount("per_listed", directory.count + len(DOTS))
        descriptor.listing = DOTS + directory.names()
    found = bytearray()
    for place in range(cookie, len(descriptor.listing)):
        if len(found) >= length:
            break
        call.charge_amount("per_entry")
        name = descriptor.listing[place]
        node = _entry(directory, name)
        if node is not None:
            found += DIRENT.pack(place + 1, node.inode, len(name), node.file_type)
            found += name
    data = bytes(found[:length])
    call.charge_bytes(len(data))
    call.memory.write(buffer, data)
    call.write_u32(result, len(data))


def _entry(directory: Directory, name: bytes) -> Node | None:
    """The entry as it is now; None where it is gone."""
    if name == b".":
        return directory
    return directory.parent if name == b".." else directory.find(name)
