import pytest

from contractvm.wasm.structure.instruction_reader import instructions

UINT64 = 2**64


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("01", (0x01, 0, 0, 0, 1)),
        ("0240", (0x02, UINT64 - 64, 0, 0, 2)),
        ("027f", (0x02, UINT64 - 1, 0, 0, 2)),
        ("026f", (0x02, UINT64 - 17, 0, 0, 2)),
        ("02ffffffff0f", (0x02, 2**32 - 1, 0, 0, 6)),
        ("0cffffffff0f", (0x0C, 2**32 - 1, 0, 0, 6)),
        ("0e0200010205", (0x0E, 2, 2, 0, 5)),
        ("110300", (0x11, 3, 0, 0, 3)),
        ("1c017e", (0x1C, 1, 2, 0, 3)),
        ("28ffffff", None),
        ("2802ffffffff0f", (0x28, 2, 2**32 - 1, 0, 7)),
        ("417f", (0x41, UINT64 - 1, 0, 0, 2)),
        ("4180808080" + "78", (0x41, UINT64 - 2**31, 0, 0, 6)),
        ("41ffffffff07", (0x41, 2**31 - 1, 0, 0, 6)),
        ("42" + "80" * 9 + "7f", (0x42, 2**63, 0, 0, 11)),
        ("42" + "ff" * 9 + "00", (0x42, 2**63 - 1, 0, 0, 11)),
        ("430000803f", (0x43, 0x3F800000, 0, 0, 5)),
        ("44000000000000f03f", (0x44, 0x3FF0000000000000, 0, 0, 9)),
        ("d06f", (0xD0, 0x6F, 0, 0, 2)),
        ("fc080503", (0xFC08, 5, 3, 0, 4)),
        ("fc880000" + "00", (0xFC08, 0, 0, 0, 5)),
    ],
)
def test_first_instruction_is_read(
    code: str, expected: tuple[int, int, int, int, int] | None
) -> None:
    reader = instructions(bytes.fromhex(code))
    if expected is None:
        with pytest.raises(ValueError, match="unexpected end"):
            next(reader)
    else:
        assert next(reader) == expected


@pytest.mark.parametrize(
    ("code", "reason", "position"),
    [
        ("06", "illegal opcode", 0),
        ("fc12", "illegal opcode", 0),
        ("fc", "unexpected end", 1),
        ("4180808080" + "08", "integer too large", 6),
        ("418080808080" + "00", "integer representation too long", 6),
        ("20ffffffff1f", "integer too large", 6),
        ("02ffffffff1f", "integer too large", 6),
        ("0241", "malformed value type", 1),
        ("02bf7f", "malformed value type", 1),
        ("1c0141", "malformed value type", 2),
        ("1c027f41", "malformed value type", 3),
        ("d07f", "malformed reference type", 1),
        ("284000", "malformed memop flags", 1),
        ("0effffffff0f00", "unexpected end", 6),
        ("0e0100", "unexpected end", 2),
        ("1cffffffff0f7f", "unexpected end", 6),
        ("43000000", "unexpected end", 1),
    ],
)
def test_bytes_that_are_no_instruction_say_why_and_where(
    code: str, reason: str, position: int
) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        list(instructions(bytes.fromhex(code)))
    assert caught.value.args == (reason, position)


def test_instructions_follow_one_another() -> None:
    found = [
        (opcode, start) for opcode, *_, start, _ in instructions(b"\x41\x05\x1a\x0b")
    ]
    assert found == [(0x41, 0), (0x1A, 2), (0x0B, 3)]
