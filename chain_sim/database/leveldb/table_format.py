"""Block-by-block check of LevelDB's tables, the `.ldb` files.

A table ends in a footer, which names the index block, which names the blocks with the
entries, and the metaindex block, which names the filters. Each block is followed by a
checksum of its bytes on disk.
"""

from collections.abc import Iterator

from cramjam import DecompressionError, snappy
from google_crc32c import value as crc32c
from msgspec import Struct

from chain_sim.database.leveldb.log_format import unmasked
from chain_sim.database.leveldb.varints import UnreadableNumber, VarintReader

FOOTER_BYTES = 48
MAGIC = bytes.fromhex("57fb808b247547db")
TRAILER_BYTES = 5
PLAIN, SNAPPY = 0, 1
INTERNAL_SUFFIX_BYTES = 8
# Snappy writes two bytes at least for 64.
MOST_COMPRESSED = 32


class TableFault(Struct, frozen=True):
    """Something wrong at byte `offset`; the entries there lie between the two keys.

    `first` is None where the block is the table's first, `last` where nothing can be
    said: then any entry of the table may be lost.
    """

    offset: int
    reason: str
    first: bytes | None = None
    last: bytes | None = None


class _Unreadable(Exception):
    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.fault = TableFault(offset, reason)


def table_faults(data: bytes) -> Iterator[TableFault]:
    """Every damaged block of a table; one fault without keys if the index is lost."""
    footer = len(data) - FOOTER_BYTES
    if footer < 0 or data[-len(MAGIC) :] != MAGIC:
        yield TableFault(max(footer, 0), "footer is not that of a table")
        return
    try:
        metaindex, index = _read_footer(data, footer)
        filters = _read_handles(data, "metaindex", metaindex)
        handles = _read_handles(data, "index", index)
    except _Unreadable as error:
        yield error.fault
        return
    for _, offset, size in filters:
        reason = _block_fault(data, offset, size)
        if reason is not None:
            yield TableFault(offset, f"filter: {reason}")
    first: bytes | None = None
    for last, offset, size in handles:
        reason = _block_fault(data, offset, size)
        if reason is not None:
            yield TableFault(offset, reason, first, last)
        first = last


def _read_footer(data: bytes, footer: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Offset and size of the block that names the filters, and of the index."""
    reader = VarintReader(data, footer)
    try:
        numbers = [reader.number() for _ in range(4)]
    except UnreadableNumber as error:
        raise _Unreadable(footer, "footer is not that of a table") from error
    return (numbers[0], numbers[1]), (numbers[2], numbers[3])


def _read_handles(
    data: bytes, name: str, place: tuple[int, int]
) -> list[tuple[bytes, int, int]]:
    """For each block that is named: its key (not below its last), offset and size."""
    offset, size = place
    reason = _block_fault(data, offset, size)
    if reason is not None:
        raise _Unreadable(offset, f"{name}: {reason}")
    block = data[offset : offset + size]
    try:
        content = uncompress(block) if data[offset + size] == SNAPPY else block
        return [(key, *_handle(value)) for key, value in _block_entries(content)]
    except (UnreadableNumber, IndexError) as error:
        raise _Unreadable(offset, f"{name} cannot be read") from error


def _block_fault(data: bytes, offset: int, size: int) -> str | None:
    end = offset + size
    if end + TRAILER_BYTES > len(data) - FOOTER_BYTES:
        return "block runs past the end of the file"
    stored = int.from_bytes(data[end + 1 : end + TRAILER_BYTES], "little")
    if crc32c(data[offset : end + 1]) != unmasked(stored):
        return "checksum of a block is wrong"
    if data[end] not in (PLAIN, SNAPPY):
        return f"block has the unknown compression {data[end]}"
    return None


def _block_entries(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys, without what LevelDB adds to them, and values of an uncompressed block."""
    restart_count = int.from_bytes(content[-4:], "little")
    end = len(content) - 4 - 4 * restart_count
    reader = VarintReader(content[: max(end, 0)])
    key = b""
    while not reader.is_at_end:
        shared, unshared, length = (reader.number() for _ in range(3))
        key = key[:shared] + reader.take(unshared)
        yield key[:-INTERNAL_SUFFIX_BYTES], reader.take(length)


def _handle(value: bytes) -> tuple[int, int]:
    reader = VarintReader(value)
    return reader.number(), reader.number()


def uncompress(block: bytes) -> bytes:
    """What Snappy compressed to `block`; UnreadableNumber if it isn't Snappy's."""
    try:
        # The length is at its start: no memory is taken for one that cannot be.
        if snappy.decompress_raw_len(block) > MOST_COMPRESSED * len(block):
            raise UnreadableNumber
        return bytes(snappy.decompress_raw(block))
    except DecompressionError as error:
        raise UnreadableNumber from error
