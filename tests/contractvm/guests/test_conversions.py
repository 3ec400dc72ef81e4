"""Conversions between Python's values and Wasm's, one by one."""

import math
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from contractvm.errors import Trap
from contractvm.guests.conversions import (
    F32,
    I32,
    U32,
    U64,
    Content,
    conversion_of,
)


class Point(msgspec.Struct):
    x: int


@dataclass
class Pair:
    a: int


@pytest.mark.parametrize(
    ("annotation", "value", "raw"),
    [
        (int, 0, 0),
        (int, -1, 2**64 - 1),
        (int, 2**63 - 1, 2**63 - 1),
        (int, -(2**63), 2**63),
        (I32, -(2**31), 2**31),
        (I32, 2**31 - 1, 2**31 - 1),
        (U32, 2**32 - 1, 2**32 - 1),
        (U64, 2**64 - 1, 2**64 - 1),
        (bool, True, 1),
        (bool, False, 0),
        (float, 1.5, 0x3FF8_0000_0000_0000),
        (float, -0.0, 1 << 63),
        (float, math.inf, 0x7FF0_0000_0000_0000),
        (F32, 1.5, 0x3FC0_0000),
        (F32, -math.inf, 0xFF80_0000),
    ],
)
def test_a_number_goes_there_and_comes_back(
    annotation: Any, value: Any, raw: int
) -> None:
    conversion = conversion_of(annotation)
    assert conversion.encode(value) == raw
    found = conversion.decode(raw)
    assert (found, type(found)) == (value, type(value))
    if isinstance(value, float):
        assert math.copysign(1, found) == math.copysign(1, value)


@pytest.mark.parametrize(
    ("annotation", "value", "raw"),
    [
        (float, 2, 0x4000_0000_0000_0000),
        (float, math.nan, 0x7FF8_0000_0000_0000),
        (F32, -math.nan, 0x7FC0_0000),
        (F32, 1e300, 0x7F80_0000),
        (F32, -1e300, 0xFF80_0000),
        (F32, 0.1, 0x3DCC_CCCD),
    ],
)
def test_the_nearest_float_is_taken(annotation: Any, value: float, raw: int) -> None:
    assert conversion_of(annotation).encode(value) == raw


@pytest.mark.parametrize(
    ("annotation", "raw"),
    [(float, 0xFFF0_0000_0000_0001), (F32, 0xFF80_0001), (F32, 0x7FFF_FFFF)],
)
def test_every_nan_is_the_same(annotation: Any, raw: int) -> None:
    found = conversion_of(annotation).decode(raw)
    assert math.isnan(found)
    assert math.copysign(1, found) == 1


def test_anything_but_0_is_true() -> None:
    assert conversion_of(bool).decode(2) is True


@pytest.mark.parametrize(
    ("annotation", "value", "kind", "reason"),
    [
        (int, 2**63, ValueError, "9223372036854775808 does not fit in i64"),
        (int, -(2**63) - 1, ValueError, "-9223372036854775809 does not fit in i64"),
        (I32, 2**31, ValueError, "2147483648 does not fit in i32"),
        (I32, -(2**31) - 1, ValueError, "-2147483649 does not fit in i32"),
        (U32, 2**32, ValueError, "4294967296 does not fit in u32"),
        (U32, -1, ValueError, "-1 does not fit in u32"),
        (U64, 2**64, ValueError, "18446744073709551616 does not fit in u64"),
        (int, True, TypeError, "True is not an int"),
        (int, 1.0, TypeError, "1.0 is not an int"),
        (bool, 1, TypeError, "1 is not a bool"),
        (float, True, TypeError, "True is not a float"),
        (float, "1", TypeError, "'1' is not a float"),
        (bytes, "x", TypeError, "'x' is not bytes"),
        (str, b"x", TypeError, "b'x' is not text"),
    ],
)
def test_what_does_not_fit_says_so(
    annotation: Any, value: Any, kind: type[Exception], reason: str
) -> None:
    with pytest.raises(kind) as caught:
        conversion_of(annotation).encode(value)
    assert (type(caught.value), str(caught.value)) == (kind, reason)


@pytest.mark.parametrize(
    ("annotation", "name", "value", "data"),
    [
        (bytes, "bytes", b"x", b"x"),
        (str, "text", "é", "é".encode()),
        (dict, "JSON", {"a": [1, "é"]}, '{"a":[1,"é"]}'.encode()),
        (list[int], "JSON", [1, 2], b"[1,2]"),
        (Point, "JSON", Point(1), b'{"x":1}'),
        (Pair, "JSON", Pair(1), b'{"a":1}'),
    ],
)
def test_content_goes_there_and_comes_back(
    annotation: Any, name: str, value: Any, data: bytes
) -> None:
    conversion = conversion_of(annotation)
    assert isinstance(conversion, Content)
    assert conversion.name == name
    assert conversion.encode(value) == data
    assert conversion.decode(data) == value


def test_bytes_are_copied() -> None:
    conversion = conversion_of(bytes)
    for given in (bytearray(b"x"), memoryview(b"x")):
        found = conversion.encode(given)
        assert (found, type(found)) == (b"x", bytes)


@pytest.mark.parametrize(
    ("annotation", "data", "detail"),
    [
        (str, b"\xff", "text that is not UTF-8"),
        (list[int], b"[", "JSON: Input data was truncated"),
        (list[int], b'["a"]', "JSON: Expected `int`, got `str` - at `$[0]`"),
    ],
)
def test_content_of_another_kind_stops_the_guest(
    annotation: Any, data: bytes, detail: str
) -> None:
    conversion = conversion_of(annotation)
    with pytest.raises(Trap) as caught:
        conversion.decode(data)
    assert caught.value.detail == detail


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        conversion_of(list).encode([math.nan])


@pytest.mark.parametrize("annotation", [object, set, None, "int", tuple])
def test_other_annotations_have_no_conversion(annotation: Any) -> None:
    with pytest.raises(TypeError, match=r"^no conversion for "):
        conversion_of(annotation)
