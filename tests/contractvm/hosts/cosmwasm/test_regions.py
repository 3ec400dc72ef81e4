"""Regions that lie, and sections of bytes."""

import pytest

from contractvm.errors import Trap, TrapCode
from contractvm.hosts.cosmwasm.errors import CommunicationErr, RegionLengthTooBig
from contractvm.hosts.cosmwasm.regions import (
    check_capacity,
    check_length,
    copy_in,
    copy_out,
    decode_sections,
    encode_sections,
    load_region,
)
from contractvm.hosts.guest_memory import GuestMemory

SIZE = 64


class Bytes:
    """Memory of SIZE bytes."""

    def __init__(self) -> None:
        self.content = bytearray(SIZE)

    def read(self, address: int, length: int) -> bytes:
        if address + length > SIZE:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        return bytes(self.content[address : address + length])

    def write(self, address: int, data: bytes) -> None:
        if address + len(data) > SIZE:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        self.content[address : address + len(data)] = data


def memory_with(offset: int, capacity: int, length: int) -> GuestMemory:
    memory = Bytes()
    memory.content[0:12] = b"".join(
        number.to_bytes(4, "little") for number in (offset, capacity, length)
    )
    return GuestMemory(memory)


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        ((0, 8, 8), "Zero offset"),
        ((16, 7, 8), "Length 8 exceeds capacity 7"),
        ((16, 2**32 - 16, 0), "exceed the address space"),
    ],
)
def test_a_region_that_lies_is_refused(
    region: tuple[int, int, int], reason: str
) -> None:
    with pytest.raises(CommunicationErr, match=reason):
        load_region(memory_with(*region), 0)


@pytest.mark.parametrize("region", [(1, 8, 8), (16, 8, 8), (16, 2**32 - 17, 0)])
def test_a_region_at_the_edge_is_loaded(region: tuple[int, int, int]) -> None:
    assert load_region(memory_with(*region), 0) == region


@pytest.mark.parametrize("pointer", [SIZE - 11, SIZE, 2**32 - 1])
def test_a_region_outside_of_memory_is_an_error(pointer: int) -> None:
    with pytest.raises(CommunicationErr, match="could not be dereferenced"):
        load_region(memory_with(16, 8, 8), pointer)


def test_the_last_whole_region_of_memory_is_loaded() -> None:
    memory = Bytes()
    memory.content[SIZE - 12 :] = b"\1\0\0\0" * 3
    assert load_region(GuestMemory(memory), SIZE - 12) == (1, 1, 1)


def test_content_outside_of_memory_is_an_error() -> None:
    memory = memory_with(16, 49, 49)
    assert copy_out(memory, 16, 48) == bytes(48)
    for access in (
        lambda: copy_out(memory, 16, 49),
        lambda: copy_in(memory, 0, 16, bytes(49)),
    ):
        with pytest.raises(CommunicationErr, match="Could not access region"):
            access()


def test_writing_notes_the_length() -> None:
    memory = memory_with(16, 8, 0)
    copy_in(memory, 0, 16, b"abc")
    assert load_region(memory, 0) == (16, 8, 3)
    assert copy_out(memory, 16, 3) == b"abc"


def test_limits_hold_at_both_sides() -> None:
    check_length(64, 64)
    check_capacity(5, 5)
    with pytest.raises(RegionLengthTooBig) as caught:
        check_length(65, 64)
    assert (caught.value.length, caught.value.limit) == (65, 64)
    assert str(caught.value).endswith("Region length too big. Got 65, limit 64")
    with pytest.raises(CommunicationErr, match=r"too small. Got 4, required 5"):
        check_capacity(4, 5)


@pytest.mark.parametrize("parts", [[], [b""], [b"a", b"", b"ccc"]])
def test_sections_decode_to_what_was_encoded(parts: list[bytes]) -> None:
    assert decode_sections(encode_sections(*parts)) == parts


def test_sections_have_their_lengths_behind() -> None:
    assert encode_sections(b"ab", b"") == b"ab\0\0\0\2\0\0\0\0"


@pytest.mark.parametrize("data", [b"\1", b"\0\0\0", b"\0\0\0\1", b"a\0\0\0\2"])
def test_malformed_sections_are_refused(data: bytes) -> None:
    with pytest.raises(CommunicationErr):
        decode_sections(data)
