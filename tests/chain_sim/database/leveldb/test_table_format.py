"""Tables built by hand: what a check says of each part that cannot be read."""

import pytest
from google_crc32c import value as crc32c

from chain_sim.database.leveldb.table_format import MAGIC, TableFault, table_faults

EMPTY_BLOCK = bytes(4) + (1).to_bytes(4, "little")


def stored(block: bytes, compression: int = 0) -> bytes:
    """A block with its trailer; its checksum is right."""
    content = block + bytes((compression,))
    crc = crc32c(content)
    masked: int = ((crc >> 15 | crc << 17) + 0xA282EAD8) % 2**32
    return content + masked.to_bytes(4, "little")


def table(metaindex: bytes, index: bytes, *blocks: bytes) -> bytes:
    """A table of stored blocks; those of entries come last."""
    numbers = (
        bytes((0, len(metaindex) - 5)),
        bytes((len(metaindex), len(index) - 5)),
    )
    footer = b"".join(numbers).ljust(40, b"\0") + MAGIC
    return metaindex + index + b"".join(blocks) + footer


def test_a_table_without_blocks_has_no_faults() -> None:
    assert list(table_faults(table(stored(EMPTY_BLOCK), stored(EMPTY_BLOCK)))) == []


def test_a_footer_whose_numbers_do_not_end_is_a_fault() -> None:
    data = b"block" + b"\xff" * 40 + MAGIC
    assert list(table_faults(data)) == [TableFault(5, "footer is not that of a table")]


def test_a_block_of_an_unknown_compression_is_a_fault() -> None:
    data = table(stored(EMPTY_BLOCK), stored(EMPTY_BLOCK, 2))
    reason = "index: block has the unknown compression 2"
    assert list(table_faults(data)) == [TableFault(13, reason)]


@pytest.mark.parametrize(
    "content",
    [
        b"\xff" * 8 + bytes(4) + (1).to_bytes(4, "little"),
        b"\0\x09\x01" + b"k" + bytes(8) + b"\0" + EMPTY_BLOCK,
        b"\0\x20\x02" + b"k" + EMPTY_BLOCK,
    ],
)
def test_an_index_whose_entries_cannot_be_read_is_a_fault(content: bytes) -> None:
    data = table(stored(EMPTY_BLOCK), stored(content))
    assert list(table_faults(data)) == [TableFault(13, "index cannot be read")]


def test_a_metaindex_that_is_not_snappys_is_a_fault() -> None:
    data = table(stored(b"\xff" * 9, 1), stored(EMPTY_BLOCK))
    assert list(table_faults(data)) == [TableFault(0, "metaindex cannot be read")]


def test_a_damaged_filter_and_a_damaged_block_are_told_apart() -> None:
    first = stored(b"filter")[:-1] + b"\0"
    one = bytes((0, 9, 2)) + b"k" + bytes(8)
    metaindex = stored(one + bytes((58, 6)) + EMPTY_BLOCK)
    index = stored(one + bytes((58, 6)) + EMPTY_BLOCK)
    assert len(metaindex) == 27
    assert list(table_faults(table(metaindex, index, bytes(4), first))) == [
        TableFault(58, "filter: checksum of a block is wrong"),
        TableFault(58, "checksum of a block is wrong", None, b"k"),
    ]
