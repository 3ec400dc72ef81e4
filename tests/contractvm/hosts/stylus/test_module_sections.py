"""Sizes of segments in each of their forms."""

import pytest

from contractvm.hosts.stylus.module_sections import SegmentBytes, measure_segments

HEADER = b"\0asm\1\0\0\0"
# A func index in LEB128, and as an expression.
ITEM, EXPRESSION = b"\x81\0", b"\xd2\1\x0b"
OFFSET = b"\x41\x80\1\x0b"


def section(kind: int, *segments: bytes) -> bytes:
    content = bytes([len(segments)]) + b"".join(segments)
    return bytes([kind, len(content)]) + content


@pytest.mark.parametrize(
    "segment",
    [
        b"\0" + OFFSET + b"\2" + ITEM * 2,
        b"\1\0\1" + ITEM,
        b"\2\x0b" + OFFSET + b"\0\1" + ITEM,
        b"\3\0\2" + ITEM * 2,
        b"\4" + OFFSET + b"\1" + EXPRESSION,
        b"\5\x70\2" + EXPRESSION * 2,
        b"\6\x0b" + OFFSET + b"\x70\1" + EXPRESSION,
        b"\7\x70\0",
    ],
)
def test_element_segments_are_measured(segment: bytes) -> None:
    wasm = HEADER + section(9, segment, b"\1\0\0")
    assert measure_segments(wasm) == SegmentBytes((len(segment), 3), ())


@pytest.mark.parametrize(
    "segment",
    [
        b"\0" + OFFSET + b"\3abc",
        b"\1\3abc",
        b"\2\x0b" + OFFSET + b"\0",
    ],
)
def test_data_segments_are_measured(segment: bytes) -> None:
    wasm = HEADER + section(0, b"\1") + section(11, segment, b"\1\1a")
    assert measure_segments(wasm) == SegmentBytes((), (len(segment), 3))
