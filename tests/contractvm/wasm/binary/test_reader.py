"""Values and types in a module's bytes: both sides of every bound."""

import pytest

from contractvm.errors import MalformedModule
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)

TOO_LONG = "integer representation too long"


@pytest.mark.parametrize(
    ("data", "number"),
    [
        (b"\x00", 0),
        (b"\x7f", 0x7F),
        (b"\x80\x01", 0x80),
        (b"\xff\x7f", 0x3FFF),
        (b"\x80\x80\x01", 1 << 14),
        (b"\x80\x80\x80\x01", 1 << 21),
        (b"\x80\x80\x80\x80\x01", 1 << 28),
        (b"\x80\x80\x80\x80\x00", 0),
        (b"\xff\xff\xff\xff\x0f", 2**32 - 1),
    ],
)
def test_numbers_of_32_bits(data: bytes, number: int) -> None:
    reader = ByteReader(data + b"\x80")
    assert reader.read_u32() == number
    assert reader.position == len(data)


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        (b"", "unexpected end", 0),
        (b"\x80", "unexpected end", 1),
        (b"\xff\xff\xff\xff", "unexpected end", 4),
        (b"\xff\xff\xff\xff\x10", "integer too large", 5),
        (b"\x80\x80\x80\x80\x80", TOO_LONG, 5),
        (b"\x80\x80\x80\x80\x80\x00", TOO_LONG, 5),
    ],
)
def test_numbers_that_are_none(data: bytes, reason: str, offset: int) -> None:
    with pytest.raises(MalformedModule) as refused:
        ByteReader(data).read_u32()
    assert (refused.value.reason, refused.value.offset) == (reason, offset)


def test_a_length_counts_at_most_the_bytes_from_its_own_first() -> None:
    reader = ByteReader(b"\x03ab")
    assert (reader.read_length(), reader.position) == (3, 1)
    reader = ByteReader(b"a\x03b")
    reader.read_byte()
    with pytest.raises(MalformedModule) as refused:
        reader.read_length()
    assert (refused.value.reason, refused.value.offset) == ("length out of bounds", 1)


def test_bytes_and_names_end_with_the_module() -> None:
    reader = ByteReader(b"abc")
    assert (reader.read_bytes(2), reader.read_bytes(1), reader.position) == (
        b"ab",
        b"c",
        3,
    )
    assert reader.read_bytes(0) == b""
    with pytest.raises(MalformedModule) as refused:
        reader.read_bytes(1)
    assert (refused.value.reason, refused.value.offset) == ("unexpected end", 3)
    assert (
        ByteReader(b"\x02\xc3\xa9").read_name() == "\N{LATIN SMALL LETTER E WITH ACUTE}"
    )
    with pytest.raises(MalformedModule) as refused:
        ByteReader(b"\x03ab\xff").read_name()
    reason = "malformed UTF-8 encoding"
    assert (refused.value.reason, refused.value.offset) == (reason, 3)


def test_a_vector_has_as_many_elements_as_it_says() -> None:
    reader = ByteReader(b"\x02\x05\x06\x07")
    assert (reader.read_vector(reader.read_byte), reader.position) == ((5, 6), 3)
    reader = ByteReader(b"\x00\x05")
    assert (reader.read_vector(reader.read_byte), reader.position) == ((), 1)


@pytest.mark.parametrize(
    ("method", "data", "value"),
    [
        ("read_val_type", b"\x7f", ValType.I32),
        ("read_val_type", b"\x6f", ValType.EXTERNREF),
        ("read_reference_type", b"\x70", ValType.FUNCREF),
        ("read_reference_type", b"\x6f", ValType.EXTERNREF),
        ("read_limits", b"\x00\x05", Limits(5, None)),
        ("read_limits", b"\x01\x05\x06", Limits(5, 6)),
        ("read_limits", b"\x01\x05\x00", Limits(5, 0)),
        ("read_memory_type", b"\x00\x05", MemoryType(Limits(5, None))),
        ("read_table_type", b"\x70\x00\x05",
         TableType(ValType.FUNCREF, Limits(5, None))),
        ("read_global_type", b"\x7e\x00", GlobalType(ValType.I64, False)),
        ("read_global_type", b"\x7e\x01", GlobalType(ValType.I64, True)),
        (
            "read_func_type",
            b"\x60\x02\x7f\x7e\x01\x7d",
            FuncType((ValType.I32, ValType.I64), (ValType.F32,)),
        ),
    ],
)  # fmt: skip
def test_types(method: str, data: bytes, value: object) -> None:
    reader = ByteReader(data)
    assert getattr(reader, method)() == value
    assert reader.position == len(data)


@pytest.mark.parametrize(
    ("method", "data", "reason", "offset"),
    [
        ("read_val_type", b"\x6e", "malformed value type", 0),
        ("read_reference_type", b"\x7f", "malformed reference type", 0),
        ("read_reference_type", b"\x6e", "malformed reference type", 0),
        ("read_limits", b"\x02\x05", "malformed limits flags", 0),
        ("read_limits", b"\x01\x05", "unexpected end", 2),
        ("read_table_type", b"\x70\x02", "malformed limits flags", 1),
        ("read_global_type", b"\x7f\x02", "malformed mutability", 1),
        ("read_func_type", b"\x5f\x00\x00", "malformed definition type", 0),
        ("read_func_type", b"\x7f\x00\x00", "malformed definition type", 0),
        ("read_func_type", b"\x80\x00\x00", TOO_LONG, 0),
        ("read_func_type", b"\xe0\x00\x00", TOO_LONG, 0),
    ],
)
def test_types_that_are_none(
    method: str, data: bytes, reason: str, offset: int
) -> None:
    with pytest.raises(MalformedModule) as refused:
        getattr(ByteReader(data), method)()
    assert (refused.value.reason, refused.value.offset) == (reason, offset)


def test_a_constant_expression_ends_after_its_end() -> None:
    reader = ByteReader(b"\x00\x41\x05\x0b\x0b")
    reader.read_byte()
    found = reader.read_const_expr()
    assert (found.code, found.offset, reader.position) == (b"\x41\x05\x0b", 1, 4)
