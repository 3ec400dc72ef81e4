"""Functions of storage; what is out of gas after its work is undone by the chain."""

from contractvm.hosts.cosmwasm.backend import Order
from contractvm.hosts.cosmwasm.errors import (
    CommunicationErr,
    GenericErr,
    RegionLengthTooBig,
    WriteAccessDenied,
)
from contractvm.hosts.cosmwasm.frame import Frame
from contractvm.hosts.cosmwasm.regions import encode_sections
from contractvm.wasm.engines.suspension import Suspension

KIB = 1024
MAX_KEY = 64 * KIB
MAX_VALUE = 128 * KIB
ORDERS = {order.value: order for order in Order}


def db_read(frame: Frame, key: int) -> int | Suspension:
    found_key = frame.read(key, MAX_KEY)
    value, cost = frame.storage.get(found_key)
    frame.pay(cost, found_key)
    return 0 if value is None else frame.give(value)


def db_write(frame: Frame, key: int, value: int) -> None:
    check_writable(frame)
    found_key = read_limited(frame, key, MAX_KEY)
    found_value = read_limited(frame, value, MAX_VALUE)
    frame.pay(frame.storage.set(found_key, found_value), found_key)


def db_remove(frame: Frame, key: int) -> None:
    check_writable(frame)
    found_key = frame.read(key, MAX_KEY)
    frame.pay(frame.storage.remove(found_key), found_key)


def db_scan(frame: Frame, start: int, end: int, order: int) -> int:
    first = frame.read_if_any(start, MAX_KEY)
    limit = frame.read_if_any(end, MAX_KEY)
    if order not in ORDERS:
        signed = order - 2**32 if order >= 2**31 else order
        raise CommunicationErr(f"Got an invalid value for iteration order: {signed}")
    iterator, cost = frame.storage.scan(first, limit, ORDERS[order])
    frame.pay(cost, first or b"")
    return iterator


def db_next(frame: Frame, iterator: int) -> Suspension:
    pair, cost = frame.storage.next(iterator)
    frame.pay(cost, b"" if pair is None else pair[0])
    return frame.give(encode_sections(*(pair or (b"", b""))))


def db_next_key(frame: Frame, iterator: int) -> int | Suspension:
    pair, cost = frame.storage.next(iterator)
    frame.pay(cost, b"" if pair is None else pair[0])
    return 0 if pair is None else frame.give(pair[0])


def db_next_value(frame: Frame, iterator: int) -> int | Suspension:
    pair, cost = frame.storage.next(iterator)
    frame.pay(cost, b"" if pair is None else pair[0])
    return 0 if pair is None else frame.give(pair[1])


def check_writable(frame: Frame) -> None:
    """Raise WriteAccessDenied during a query."""
    if frame.is_read_only:
        raise WriteAccessDenied


def read_limited(frame: Frame, pointer: int, limit: int) -> bytes:
    """A key or value to write; too long a one has an error that explains."""
    try:
        return frame.read(pointer, limit)
    except RegionLengthTooBig as error:
        raise GenericErr(
            f"Key/Value too big. Tried to write {error.length} bytes to storage, limit"
            f" is {error.limit}."
        ) from error
