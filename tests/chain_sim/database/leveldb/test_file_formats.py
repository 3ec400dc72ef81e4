"""Readers of LevelDB's files: known checksums, records, and every kind of damage."""

import plyvel
import pytest

from chain_sim.database.leveldb.commit_mark import encode_mark, read_mark
from chain_sim.database.leveldb.log_format import BLOCK_BYTES, LogContents, read_log
from chain_sim.database.leveldb.manifest import Manifest
from chain_sim.database.leveldb.table_format import table_faults, uncompress
from chain_sim.database.leveldb.varints import UnreadableNumber, VarintReader
from tests.helpers.damage import log_fragment as fragment

FULL, FIRST, MIDDLE, LAST = 1, 2, 3, 4


# Logs


def test_whole_records_are_read() -> None:
    data = fragment(FULL, b"one") + fragment(FIRST, b"t") + fragment(MIDDLE, b"w")
    data += fragment(LAST, b"o") + fragment(FULL, b"")
    assert read_log(data) == LogContents((b"one", b"two", b""), len(data), None)


def test_an_empty_log_has_no_records() -> None:
    assert read_log(b"") == LogContents((), 0, None)


@pytest.mark.parametrize("left", range(7))
def test_less_than_a_header_at_the_end_of_a_block_is_filled_with_zeros(
    left: int,
) -> None:
    first = fragment(FULL, b"x" * (BLOCK_BYTES - 7 - left))
    data = first + bytes(left) + fragment(FULL, b"next")
    assert read_log(data).records == (b"x" * (BLOCK_BYTES - 7 - left), b"next")
    if left:
        spoilt = first + bytes(left - 1) + b"\1" + fragment(FULL, b"next")
        contents = read_log(spoilt)
        assert (contents.end, contents.fault) == (
            len(first),
            "block does not end in zeros",
        )


def test_a_beginning_of_a_record_at_the_end_is_no_fault() -> None:
    whole, next_one = fragment(FULL, b"one"), fragment(FULL, b"second")
    for length in range(len(next_one)):
        contents = read_log(whole + next_one[:length])
        assert contents == LogContents((b"one",), len(whole), None)
    assert read_log(whole + next_one).records == (b"one", b"second")
    unfinished = whole + fragment(FIRST, b"sec")
    assert read_log(unfinished) == LogContents((b"one",), len(whole), None)


def with_byte(data: bytes, offset: int, value: int) -> bytes:
    return data[:offset] + bytes((value,)) + data[offset + 1 :]


@pytest.mark.parametrize(
    ("damaged", "fault"),
    [
        (with_byte(fragment(FULL, b"abc"), 0, 0), "checksum of a record is wrong"),
        (with_byte(fragment(FULL, b"abc"), 8, 0), "checksum of a record is wrong"),
        (with_byte(fragment(FULL, b"abc"), 4, 2), "checksum of a record is wrong"),
        (with_byte(fragment(FULL, b"abc"), 4, 4), "length of a record is wrong"),
        (with_byte(fragment(FULL, b"abc"), 5, 0x7F), "length of a record is wrong"),
        (with_byte(fragment(FULL, b"abc"), 5, 0x80), "record is longer than its block"),
        (fragment(5, b"abc"), "record has the unknown type 5"),
        (fragment(0, b""), "record has the unknown type 0"),
        (fragment(LAST, b"abc"), "record out of order"),
        (fragment(MIDDLE, b"abc"), "record out of order"),
    ],
)
def test_a_damaged_record_is_a_fault_where_it_begins(
    damaged: bytes, fault: str
) -> None:
    whole = fragment(FULL, b"one")
    assert read_log(whole + damaged) == LogContents((b"one",), len(whole), fault)


def test_a_new_record_within_another_is_out_of_order() -> None:
    data = fragment(FIRST, b"one") + fragment(FULL, b"two")
    assert read_log(data) == LogContents((), 0, "record out of order")


# Numbers, edits, marks


def test_varints_of_known_bytes() -> None:
    reader = VarintReader(b"\x00\x7f\xac\x02\x03abc")
    assert [reader.number() for _ in range(3)] == [0, 127, 300]
    assert not reader.is_at_end
    assert reader.string() == b"abc"
    assert reader.is_at_end


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff" * 11])
def test_what_is_no_varint_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableNumber):
        VarintReader(data).number()


def test_a_string_that_ends_too_early_is_refused() -> None:
    with pytest.raises(UnreadableNumber):
        VarintReader(b"\x03ab").string()


def test_edits_add_and_delete_tables() -> None:
    manifest = Manifest()
    manifest.apply(
        b"\x01\x03cmp\x02\x05\x07\x00\x09\x64\x01a\x01b\x07\x01\x0a\x65\x00\x00"
    )
    assert (manifest.log_number, manifest.table_sizes) == (5, {9: 100, 10: 101})
    manifest.apply(b"\x02\x0b\x09\x00\x03\x0c\x04\x63\x05\x01\x01k\x06\x00\x09")
    assert (manifest.log_number, manifest.table_sizes) == (11, {10: 101})


@pytest.mark.parametrize("edit", [b"\x08", b"\x0a\x01", b"\x02", b"\x07\x00\x01"])
def test_what_is_no_edit_is_refused(edit: bytes) -> None:
    with pytest.raises(UnreadableNumber):
        Manifest().apply(edit)


@pytest.mark.parametrize("count", [0, 1, 10**19])
def test_a_mark_is_read_back(count: int) -> None:
    data = encode_mark(count)
    assert len(data) == 30
    assert read_mark(data) == count


def test_a_mark_with_any_bit_turned_is_none() -> None:
    data = encode_mark(1234)
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        assert read_mark(bytes(changed)) is None
    assert read_mark(data[:-1]) is None
    assert read_mark(data + b"\n") is None


# Tables


@pytest.mark.parametrize(
    ("block", "content"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        (b"\x46\xf0\x45" + b"q" * 70, b"q" * 70),
        (b"\x08\x04ab\x09\x02", b"abababab"[:2] + b"ababab"),
        (b"\x05\x00a\x0e\x01\x00", b"aaaaa"),
        (b"\x05\x00a\x0f\x01\x00\x00\x00", b"aaaaa"),
    ],
)
def test_snappy_by_hand(block: bytes, content: bytes) -> None:
    assert uncompress(block) == content


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\xff" * 9,
        b"\xff\xff\xff\xff\x0f\x00a",
        b"\x04\x08abc",
        b"\x03\x08ab",
        b"\x05\x00a\x0e\x02\x00",
        b"\x05\x00a\x0e",
    ],
)
def test_what_snappy_did_not_compress_is_refused(block: bytes) -> None:
    with pytest.raises(UnreadableNumber):
        uncompress(block)


@pytest.mark.parametrize("compression", ["snappy", None])
def test_tables_that_leveldb_wrote_have_no_faults(
    tmp_path_factory: pytest.TempPathFactory, compression: str | None
) -> None:
    """Also if the index is compressed, as it is with similar keys."""
    path = tmp_path_factory.mktemp("db")
    with plyvel.DB(str(path), create_if_missing=True, compression=compression) as db:
        for number in range(20_000):
            db.put(b"a long key that all have in common %09d" % number, b"value" * 9)
        db.compact_range()
    tables = list(path.glob("*.ldb"))
    assert tables
    for table in tables:
        assert list(table_faults(table.read_bytes())) == []


@pytest.mark.parametrize("data", [b"", b"short", bytes(100)])
def test_what_is_no_table_has_a_fault(data: bytes) -> None:
    (fault,) = table_faults(data)
    assert fault.reason == "footer is not that of a table"
    assert fault.offset == max(len(data) - 48, 0)
