"""Regions: how a contract and its host pass bytes."""

from contractvm.errors import Trap
from contractvm.hosts.cosmwasm.errors import CommunicationErr, RegionLengthTooBig
from contractvm.hosts.guest_memory import GuestMemory

# A region is three numbers in the contract's memory: offset, capacity and length.
REGION_BYTES = 12
LENGTH_AT = 8
GREATEST_ADDRESS = 2**32 - 1
LENGTH_BYTES = 4


def load_region(memory: GuestMemory, pointer: int) -> tuple[int, int, int]:
    """The offset, capacity and length at `pointer`; raises CommunicationErr."""
    try:
        data = memory.read(pointer, REGION_BYTES)
    except Trap as trap:
        reason = (
            f"The Wasm memory address {pointer} provided by the contract could not be"
            " dereferenced"
        )
        raise CommunicationErr(reason) from trap
    offset = int.from_bytes(data[:4], "little")
    capacity = int.from_bytes(data[4:8], "little")
    length = int.from_bytes(data[8:], "little")
    if offset == 0:
        raise CommunicationErr("Got an invalid region: Zero offset")
    if length > capacity:
        raise CommunicationErr(
            f"Got an invalid region: Length {length} exceeds capacity {capacity}"
        )
    if capacity > GREATEST_ADDRESS - offset:
        raise CommunicationErr(
            f"Got an invalid region: Offset {offset} and capacity {capacity} exceed the"
            " address space"
        )
    return offset, capacity, length


def check_length(length: int, limit: int) -> None:
    """Raise RegionLengthTooBig for more bytes than a function takes."""
    if length > limit:
        raise RegionLengthTooBig(length, limit)


def copy_out(memory: GuestMemory, offset: int, length: int) -> bytes:
    """The bytes of a region; raises CommunicationErr."""
    try:
        return memory.read(offset, length)
    except Trap as trap:
        raise CommunicationErr(_no_access(offset, length)) from trap


def copy_in(memory: GuestMemory, pointer: int, offset: int, data: bytes) -> None:
    """Write `data` into a region and note its length; raises CommunicationErr."""
    try:
        memory.write(offset, data)
    except Trap as trap:
        raise CommunicationErr(_no_access(offset, len(data))) from trap
    memory.write(pointer + LENGTH_AT, len(data).to_bytes(LENGTH_BYTES, "little"))


def check_capacity(capacity: int, required: int) -> None:
    """Raise CommunicationErr for a region that is too small."""
    if capacity < required:
        raise CommunicationErr(f"Region too small. Got {capacity}, required {required}")


def _no_access(offset: int, length: int) -> str:
    return f"Could not access region of {length} bytes at {offset}"


def encode_sections(*sections: bytes) -> bytes:
    """Parts, each followed by its length as a big-endian number."""
    return b"".join(part + len(part).to_bytes(LENGTH_BYTES, "big") for part in sections)


def decode_sections(data: bytes) -> list[bytes]:
    """The parts, read from the end; raises CommunicationErr."""
    parts: list[bytes] = []
    end = len(data)
    while end:
        start = end - LENGTH_BYTES
        if start < 0:
            raise CommunicationErr("Cannot read the length of a section")
        begin = start - int.from_bytes(data[start:end], "big")
        if begin < 0:
            raise CommunicationErr("A section is longer than its data")
        parts.append(data[begin:start])
        end = begin
    return parts[::-1]
