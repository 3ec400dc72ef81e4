"""Functions that read, write and seek in streams, files and devices."""

from contractvm.hosts.wasi.descriptors import (
    Descriptor,
    StandardInput,
    StandardOutput,
    Stream,
)
from contractvm.hosts.wasi.devices import NULL, ZERO
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.host_call import WORD_BYTES, Buffers, HostCall
from contractvm.hosts.wasi.nodes import Device, Directory, File, Node
from contractvm.hosts.wasi.rights import Right

APPEND = 1
GREATEST_OFFSET = 2**63 - 1
FROM_START, FROM_POSITION, FROM_END = range(3)


def fd_read(call: HostCall, fd: int, iovs: int, count: int, result: int) -> None:
    descriptor = _readable(call, fd)
    descriptor.require(Right.FD_READ)
    buffers, most = call.read_buffers(iovs, count)
    data = _read(call, descriptor.node, descriptor.offset, most)
    descriptor.offset += len(data)
    call.scatter(buffers, data)
    call.write_u32(result, len(data))


def fd_pread(
    call: HostCall, fd: int, iovs: int, count: int, offset: int, result: int
) -> None:
    descriptor = _readable(call, fd)
    file = _seekable(descriptor)
    descriptor.require(Right.FD_READ | Right.FD_SEEK)
    buffers, most = call.read_buffers(iovs, count)
    data = _read(call, file, offset, most)
    call.scatter(buffers, data)
    call.write_u32(result, len(data))


def _readable(call: HostCall, fd: int) -> Descriptor:
    descriptor = call.wasi.descriptors.find(fd)
    if isinstance(descriptor.node, Directory):
        raise Refusal(Errno.ISDIR)
    return descriptor


def _seekable(descriptor: Descriptor) -> File:
    if isinstance(descriptor.node, File):
        return descriptor.node
    raise Refusal(Errno.SPIPE)


def _read(call: HostCall, node: Stream | Node, offset: int, most: int) -> bytes:
    """Charge and return what there is, up to `most` bytes."""
    if isinstance(node, File):
        most = min(most, max(0, node.size - offset))
        call.charge_bytes(most)
        return node.contents.read(offset, most)
    if isinstance(node, StandardInput):
        most = min(most, node.left)
        call.charge_bytes(most)
        return node.read(most)
    if not isinstance(node, Device) or node.name == NULL:
        return b""
    call.charge_bytes(most)
    if node.name == ZERO:
        return bytes(most)
    call.charge_amount("per_random_word", -(-most // WORD_BYTES))
    return call.wasi.random.read(most)


def fd_write(call: HostCall, fd: int, iovs: int, count: int, result: int) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    descriptor.require(Right.FD_WRITE)
    buffers, length = call.read_buffers(iovs, count)
    node = descriptor.node
    if isinstance(node, File):
        if descriptor.flags & APPEND and length:
            descriptor.offset = node.size
        _write_file(call, node, descriptor.offset, buffers, length)
        descriptor.offset += length
    elif isinstance(node, StandardOutput):
        node.require_room(length)
        call.charge_bytes(length)
        node.write(call.gather(buffers, length))
    else:
        # A device: all of them take what is written and forget it.
        call.charge_bytes(length)
    call.write_u32(result, length)


def fd_pwrite(
    call: HostCall, fd: int, iovs: int, count: int, offset: int, result: int
) -> None:
    descriptor = call.wasi.descriptors.find(fd)
    if not isinstance(descriptor.node, Directory):
        _seekable(descriptor)
    descriptor.require(Right.FD_WRITE | Right.FD_SEEK)
    file = _seekable(descriptor)
    buffers, length = call.read_buffers(iovs, count)
    if descriptor.flags & APPEND:
        offset = file.size
    _write_file(call, file, offset, buffers, length)
    call.write_u32(result, length)


def _write_file(
    call: HostCall, file: File, offset: int, buffers: Buffers, length: int
) -> None:
    if offset + length > GREATEST_OFFSET:
        raise Refusal(Errno.INVAL)
    growth = max(0, offset + length - file.size) if length else 0
    file.volume.usage.add_bytes(growth)
    call.charge_bytes(length)
    call.charge_growth(growth)
    if length:
        data = call.gather(buffers, length)
        file.volume.write(file, offset, data, call.now())


def fd_seek(call: HostCall, fd: int, delta: int, whence: int, result: int) -> None:
    descriptor, file = _positioned(call, fd)
    if whence >= len(call.layout.whence):
        raise Refusal(Errno.INVAL)
    origin = call.layout.whence[whence]
    if origin == FROM_POSITION and delta == 0:
        _require_tell(descriptor)
    else:
        descriptor.require(Right.FD_SEEK)
    start = {FROM_START: 0, FROM_POSITION: descriptor.offset, FROM_END: file.size}
    offset = start[origin] + _signed(delta)
    if not 0 <= offset <= GREATEST_OFFSET:
        raise Refusal(Errno.INVAL)
    descriptor.offset = offset
    call.write_u64(result, offset)


def fd_tell(call: HostCall, fd: int, result: int) -> None:
    descriptor, _ = _positioned(call, fd)
    _require_tell(descriptor)
    call.write_u64(result, descriptor.offset)


def _positioned(call: HostCall, fd: int) -> tuple[Descriptor, File]:
    """A file with a position; directories have none, though Linux has them seek."""
    descriptor = call.wasi.descriptors.find(fd)
    if isinstance(descriptor.node, Directory):
        raise Refusal(Errno.BADF)
    return descriptor, _seekable(descriptor)


def _require_tell(descriptor: Descriptor) -> None:
    """The right to seek implies the one to tell."""
    if not descriptor.base & Right.FD_SEEK:
        descriptor.require(Right.FD_TELL)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
