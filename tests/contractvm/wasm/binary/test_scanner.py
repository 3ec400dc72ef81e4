import pytest

from contractvm.errors import MalformedModule
from contractvm.wasm.binary.decoder import decode_module
from tests.helpers.module_bytes import module_with_body

BODY_OFFSET = 23  # position of the first instruction in `module_with_body`


def fault(code: bytes) -> tuple[str, int] | None:
    """Reason and place, counted from the first instruction."""
    try:
        decode_module(module_with_body(code))
    except MalformedModule as error:
        return error.reason, error.offset - BODY_OFFSET
    return None


def test_offsets_in_these_tests_count_from_the_body() -> None:
    assert decode_module(module_with_body(b"\x0b")).funcs[0].offset == BODY_OFFSET


@pytest.mark.parametrize(
    "code",
    [
        "0b",
        "02400b0b",
        "03400b0b",
        "04400b0b",
        "0440050b0b",
        "04400440050b050b0b",
        "027f0b0b",
        "02000b0b",
        "0280000b0b",
    ],
)
def test_blocks_nest(code: str) -> None:
    assert fault(bytes.fromhex(code)) is None


@pytest.mark.parametrize(
    ("code", "position"),
    [
        ("050b", 0),  # else of the body
        ("0240050b0b", 2),  # else of a block
        ("0340050b0b", 2),  # else of a loop
        ("044005050b0b", 3),  # a second else
        ("04400240050b0b0b", 4),  # else of the block inside an if
    ],
)
def test_else_belongs_to_an_if_that_has_none(code: str, position: int) -> None:
    assert fault(bytes.fromhex(code)) == ("END opcode expected", position)


@pytest.mark.parametrize(
    ("code", "reason", "position"),
    [
        ("", "unexpected end", 0),
        ("02400b", "unexpected end", 3),
        ("060b", "illegal opcode 06", 0),
        ("ff0b", "illegal opcode ff", 0),
        ("fd0c0b", "illegal opcode fd", 0),
        ("01fc120b", "illegal opcode fc 12", 1),
        ("fc80020b", "illegal opcode fc 100", 0),
        ("0b0b", "section size mismatch", -1),
    ],
)
def test_bodies_that_do_not_end_where_they_should(
    code: str, reason: str, position: int
) -> None:
    assert fault(bytes.fromhex(code)) == (reason, position)


@pytest.mark.parametrize("block_type", ["c07f", "ff7f", "f07f"])
def test_block_type_that_is_no_index_is_one_byte(block_type: str) -> None:
    # Read as signed numbers these are -64 (empty), -1 (i32) and -16 (funcref); the
    # decoder once took them.
    code = bytes.fromhex("02" + block_type + "000b1a0b")
    assert fault(code) == ("malformed value type", 1)


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ("02ffffffff0f7f007f", None),
        ("02ffffffff0f7f017e", "too many locals"),
        ("0180808080107f", "integer too large"),
        ("017b", "malformed value type"),
        ("0101" + "40", "malformed value type"),
        ("ffffffff0f", "length out of bounds"),
    ],
)
def test_locals_are_fewer_than_two_to_the_32(groups: str, reason: str | None) -> None:
    data = module_with_body(b"\x0b", bytes.fromhex(groups))
    if reason is None:
        assert decode_module(data).funcs[0].local_count == 2**32 - 1
    else:
        with pytest.raises(MalformedModule, match=reason):
            decode_module(data)
