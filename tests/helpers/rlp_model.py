"""Strict RLP in plain Python: what the compiled reader and writer must agree with."""

from collections.abc import Iterator
from itertools import islice

from chain_sim.ethereum.primitives.errors import MalformedRlp

MAX_COUNTED = 100
MAX_SHORT = 55


def encode_item(item: object) -> bytes:
    """RLP of bytes, numbers, and lists and tuples of them."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(0x80, len(item)) + item
    if not isinstance(item, list | tuple):
        raise TypeError
    payload = b"".join(encode_item(part) for part in item)
    return _prefix(0xC0, len(payload)) + payload


def read_list(data: bytes, what: str, limit: int | None = None) -> list[bytes]:
    """The items of the list in `data`, each still encoded, with its prefix.

    Nothing is read after the first `limit` items.
    """
    return list(islice(_items(data, what), limit))


def _items(data: bytes, what: str) -> Iterator[bytes]:
    kind, start, end = _read_prefix(data, 0, len(data), what)
    if kind is not list:
        raise MalformedRlp(f"{what} is not a list")
    if end != len(data):
        raise MalformedRlp(f"{what} has {len(data) - end} superfluous bytes")
    while start < end:
        _, _, item_end = _read_prefix(data, start, end, what)
        yield data[start:item_end]
        start = item_end


def read_fields(data: bytes, what: str, *counts: int) -> list[bytes]:
    """Like `read_list`, for a list whose number of items must be one of these."""
    most = max(*counts, MAX_COUNTED)
    items = read_list(data, what, most + 1)
    if len(items) > most:
        raise MalformedRlp(f"{what} has more than {most} fields")
    if len(items) not in counts:
        wanted = " or ".join(map(str, counts))
        raise MalformedRlp(f"{what} has {len(items)} fields, not {wanted}")
    return items


def read_bytes(item: bytes, field: str, length: int | None = None) -> bytes:
    """The byte string that `item` encodes, of exactly `length` bytes if given."""
    kind, start, end = _read_prefix(item, 0, len(item), field)
    if kind is not bytes:
        raise MalformedRlp(f"{field} is a list")
    if end != len(item):
        raise MalformedRlp(f"{field} has {len(item) - end} superfluous bytes")
    if length is not None and end - start != length:
        raise MalformedRlp(f"{field} has {end - start} bytes, not {length}")
    return item[start:end]


def read_uint(item: bytes, field: str, max_bytes: int = 32) -> int:
    """The number that `item` encodes: no leading zeros, at most `max_bytes` long."""
    digits = read_bytes(item, field)
    if digits[:1] == b"\x00":
        raise MalformedRlp(f"{field} has leading zeros")
    if len(digits) > max_bytes:
        raise MalformedRlp(f"{field} has {len(digits)} bytes, more than {max_bytes}")
    return int.from_bytes(digits, "big")


def _prefix(offset: int, length: int) -> bytes:
    if length <= MAX_SHORT:
        return bytes((offset + length,))
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((offset + MAX_SHORT + len(digits),)) + digits


def _read_prefix(
    data: bytes, start: int, limit: int, what: str
) -> tuple[type, int, int]:
    """Kind and payload bounds of the item at `start`, which must end by `limit`."""
    if start >= limit:
        raise MalformedRlp(f"{what} ends too early")
    first = data[start]
    if first < 0x80:
        return bytes, start, start + 1
    kind, offset = (bytes, 0x80) if first < 0xC0 else (list, 0xC0)
    payload, length = start + 1, first - offset
    if length > MAX_SHORT:
        payload += length - MAX_SHORT
        digits = data[start + 1 : min(payload, limit)]
        if digits[:1] == b"\x00":
            raise MalformedRlp(f"{what}: length starts with zero bytes")
        length = int.from_bytes(digits, "big")
        if payload <= limit and length <= MAX_SHORT:
            name = "string" if kind is bytes else "list"
            raise MalformedRlp(f"{what}: long {name} prefix used for short {name}")
    if payload + length > limit:
        raise MalformedRlp(f"{what} ends too early")
    if kind is bytes and length == 1 and data[payload] < 0x80:
        raise MalformedRlp(
            f"{what}: encoded as short string although single byte was possible"
        )
    return kind, payload, payload + length
