"""Reader of LevelDB's log format: the logs of batches, and the MANIFEST.

LevelDB itself takes a record whose length runs past the end of the file for one that
never finished, and drops it silently. Here the two are told apart: a record cut short
by a killed writer is the beginning of a record; a whole record with the right checksum
but another length before it has a flipped bit.
"""

from google_crc32c import extend as extend_crc32c
from google_crc32c import value as crc32c
from msgspec import Struct

BLOCK_BYTES = 32_768
HEADER_BYTES = 7
CHECKSUM_DELTA = 0xA282EAD8
FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


class LogContents(Struct, frozen=True):
    """The whole records of a file, and how it ends.

    `fault` says what is damaged at byte `end`, None if nothing is; then the bytes
    after `end` are an unfinished record, of a writer that was killed.
    """

    records: tuple[bytes, ...]
    end: int
    fault: str | None


class _Fragment(Struct, frozen=True):
    kind: int
    payload: bytes
    end: int


def unmasked(stored: int) -> int:
    """The checksum that LevelDB stored as `stored`."""
    rotated = (stored - CHECKSUM_DELTA) & 0xFFFFFFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFFFFFF


def read_log(data: bytes) -> LogContents:
    """All records up to the end of the file, or to the first damage."""
    records: list[bytes] = []
    parts: list[bytes] = []
    position = end = 0
    while True:
        fragment = _next_fragment(data, position)
        if not isinstance(fragment, _Fragment):
            return LogContents(tuple(records), end, fragment)
        if (fragment.kind in (FULL, FIRST)) is bool(parts):
            return LogContents(tuple(records), end, "record out of order")
        parts.append(fragment.payload)
        position = fragment.end
        if fragment.kind in (FULL, LAST):
            records.append(b"".join(parts))
            parts.clear()
            end = position


def _next_fragment(data: bytes, position: int) -> _Fragment | str | None:
    """The fragment there, the fault there, or None if the file ends early."""
    left_in_block = BLOCK_BYTES - position % BLOCK_BYTES
    if left_in_block < HEADER_BYTES:
        if any(data[position : position + left_in_block]):
            return "block does not end in zeros"
        position += left_in_block
        left_in_block = BLOCK_BYTES
    if position + HEADER_BYTES > len(data):
        return None
    return _read_fragment(data, position, left_in_block)


def _read_fragment(
    data: bytes, position: int, left_in_block: int
) -> _Fragment | str | None:
    start = position + HEADER_BYTES
    checksum = unmasked(int.from_bytes(data[position : position + 4], "little"))
    length = int.from_bytes(data[position + 4 : position + 6], "little")
    if HEADER_BYTES + length > left_in_block:
        return "record is longer than its block"
    if start + length > len(data):
        is_whole = _has_start_with(checksum, data[start - 1 :])
        return "length of a record is wrong" if is_whole else None
    kind = data[start - 1]
    if crc32c(data[start - 1 : start + length]) != checksum:
        return "checksum of a record is wrong"
    if not FULL <= kind <= LAST:
        return f"record has the unknown type {kind}"
    return _Fragment(kind, data[start : start + length], start + length)


def _has_start_with(checksum: int, data: bytes) -> bool:
    """Whether the checksum is that of the first byte, or of more from there on."""
    crc = 0
    for index in range(len(data)):
        crc = extend_crc32c(crc, data[index : index + 1])
        if crc == checksum:
            return True
    return False
