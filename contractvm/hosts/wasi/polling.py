"""`poll_oneoff`: what is ready, or what will be first when virtual time moves on."""

from struct import Struct
from typing import NamedTuple

from contractvm.hosts.wasi.descriptors import StandardInput
from contractvm.hosts.wasi.errno import Errno, Refusal
from contractvm.hosts.wasi.host_call import HostCall
from contractvm.hosts.wasi.layouts import EVENT
from contractvm.hosts.wasi.nodes import File
from contractvm.hosts.wasi.process_functions import LAST_CLOCK, read_clock
from contractvm.hosts.wasi.rights import Right

MAX_SUBSCRIPTIONS = 1_024
CLOCK, FD_READ, FD_WRITE = range(3)
ABSOLUTE = 1
HEAD = Struct("<QBxxxxxxx")  # userdata, type
FD = Struct("<I")


class Timer(NamedTuple):
    """A subscription of a clock: nanoseconds until it is due, and its event."""

    left: int
    event: bytes


def poll_oneoff(
    call: HostCall, subscriptions: int, events: int, count: int, result: int
) -> None:
    if not 1 <= count <= MAX_SUBSCRIPTIONS:
        raise Refusal(Errno.INVAL)
    call.charge_amount("per_subscription", count)
    size = call.layout.subscription_bytes
    data = call.memory.read(subscriptions, size * count)
    ready: list[Timer] = [
        _subscription(call, data[start : start + size])
        for start in range(0, len(data), size)
    ]
    least = min(timer.left for timer in ready)
    call.wasi.clock.sleep(least)
    due = [timer.event for timer in ready if timer.left == least]
    call.memory.write(events, b"".join(due))
    call.write_u32(result, len(due))


def _subscription(call: HostCall, data: bytes) -> Timer:
    userdata, kind = HEAD.unpack_from(data)
    if kind == CLOCK:
        return _clock(call, userdata, data)
    if kind in (FD_READ, FD_WRITE):
        return Timer(0, _descriptor(call, userdata, kind, data))
    raise Refusal(Errno.INVAL)


def _clock(call: HostCall, userdata: int, data: bytes) -> Timer:
    clock, timeout, flags = call.layout.clock.unpack_from(data, HEAD.size)
    if flags & ~ABSOLUTE:
        raise Refusal(Errno.INVAL)
    if clock > LAST_CLOCK:
        return Timer(0, EVENT.pack(userdata, Errno.INVAL, CLOCK, 0, 0))
    if flags & ABSOLUTE:
        timeout = max(0, timeout - read_clock(call, clock))
    return Timer(timeout, EVENT.pack(userdata, Errno.SUCCESS, CLOCK, 0, 0))


def _descriptor(call: HostCall, userdata: int, kind: int, data: bytes) -> bytes:
    (fd,) = FD.unpack_from(data, HEAD.size)
    available = 0
    try:
        descriptor = call.wasi.descriptors.find(fd)
        right = Right.FD_READ if kind == FD_READ else Right.FD_WRITE
        descriptor.require(right | Right.POLL_FD_READWRITE)
    except Refusal as refusal:
        return EVENT.pack(userdata, refusal.errno, kind, 0, 0)
    node = descriptor.node
    if kind == FD_WRITE:
        available = call.wasi.limits.call_bytes
    elif isinstance(node, StandardInput):
        available = node.left
    elif isinstance(node, File):
        available = max(0, node.size - descriptor.offset)
    return EVENT.pack(userdata, Errno.SUCCESS, kind, available, 0)
