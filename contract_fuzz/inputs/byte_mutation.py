"""Mutations of bytes: each changes a `bytearray` in one small way, in place."""

from collections.abc import Callable, Sequence
from typing import Literal

from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.inputs.dictionary import Dictionary

MAX_DATA_BYTES = 4_096
MAX_STACK_BITS = 4  # up to 2^3 mutations on top of each other
ARITHMETIC = 35
WORD_BYTES = 32
SELECTOR_BYTES = 4
# The least of 1, 2, 4, 8 and 32 bytes that holds a number of this many bytes.
LENGTHS = (1, 1, 2, 4, 4, 8, 8, 8, 8, *[32] * 24)
ByteMutator = Callable[[bytearray, CaseRandom, Dictionary], None]
Operands = tuple[int, int]
ByteOrder = Literal["big", "little"]


def flip_bit(data: bytearray, random: CaseRandom, _: Dictionary) -> None:
    """Flip one bit."""
    if data:
        data[random.below(len(data))] ^= 1 << random.below(8)


def set_byte(data: bytearray, random: CaseRandom, _: Dictionary) -> None:
    """Replace one byte."""
    if data:
        data[random.below(len(data))] ^= 1 + random.below(255)


def add_number(data: bytearray, random: CaseRandom, _: Dictionary) -> None:
    """Increase or decrease a number of 1 to 32 bytes a little, in either byte order."""
    length = min(1 << random.below(6), len(data))
    if length:
        start = random.below(len(data) - length + 1)
        order = _order(random)
        number = int.from_bytes(data[start : start + length], order)
        number += random.below(2 * ARITHMETIC + 1) - ARITHMETIC
        data[start : start + length] = _bytes_of(number, length, order)


def set_number(data: bytearray, random: CaseRandom, words: Dictionary) -> None:
    """Replace a number of 1 to 32 bytes by one from the dictionary."""
    length = min(1 << random.below(6), len(data))
    if length:
        start = random.below(len(data) - length + 1)
        number = random.pick(words.words)
        data[start : start + length] = _bytes_of(number, length, _order(random))


def set_argument(data: bytearray, random: CaseRandom, words: Dictionary) -> None:
    """Replace one 32-byte word after the selector: by a number or an address."""
    count = (len(data) - SELECTOR_BYTES) // WORD_BYTES
    if count > 0:
        start = SELECTOR_BYTES + WORD_BYTES * random.below(count)
        data[start : start + WORD_BYTES] = any_argument(random, words)


def append_argument(data: bytearray, random: CaseRandom, words: Dictionary) -> None:
    """Append one 32-byte word."""
    data += any_argument(random, words)


def put_blob(data: bytearray, random: CaseRandom, words: Dictionary) -> None:
    """Overwrite with a piece from the dictionary, often at the beginning."""
    if words.blobs:
        blob = random.pick(words.blobs)
        start = 0 if random.one_in(2) else random.below(len(data) + 1)
        data[start : start + len(blob)] = blob


def insert_blob(data: bytearray, random: CaseRandom, words: Dictionary) -> None:
    """Insert a piece from the dictionary."""
    if words.blobs:
        start = random.below(len(data) + 1)
        data[start:start] = random.pick(words.blobs)


def insert_bytes(data: bytearray, random: CaseRandom, _: Dictionary) -> None:
    """Insert arbitrary bytes."""
    start = random.below(len(data) + 1)
    data[start:start] = random.data(1 + random.below(1 << random.below(7)))


def delete_bytes(data: bytearray, random: CaseRandom, _: Dictionary) -> None:
    """Remove some bytes."""
    if data:
        start = random.below(len(data))
        del data[start : start + 1 + random.below(len(data) - start)]


def copy_bytes(data: bytearray, random: CaseRandom, _: Dictionary) -> None:
    """Copy some bytes over others."""
    if data:
        length = 1 + random.below(len(data))
        start = random.below(len(data) - length + 1)
        target = random.below(len(data) - length + 1)
        data[target : target + length] = data[start : start + length]


MUTATORS: tuple[ByteMutator, ...] = (
    flip_bit,
    set_byte,
    add_number,
    set_number,
    set_argument,
    set_argument,
    append_argument,
    put_blob,
    put_blob,
    insert_blob,
    insert_bytes,
    delete_bytes,
    copy_bytes,
)


def mutate_bytes(
    data: bytes,
    random: CaseRandom,
    words: Dictionary,
    operands: Sequence[Operands] = (),
) -> bytes:
    """Some mutations on top of each other; the contract compared `operands`."""
    changed = bytearray(data)
    for _ in range(1 << random.below(MAX_STACK_BITS)):
        if operands and random.one_in(3):
            replace_operand(changed, random, operands)
        else:
            random.pick(MUTATORS)(changed, random, words)
    return bytes(changed[:MAX_DATA_BYTES])


def replace_operand(
    data: bytearray, random: CaseRandom, operands: Sequence[Operands]
) -> bool:
    """Replace one side of a comparison in the data by the other side, or near it.

    False if it is not in the data: in 1, 2, 4 or 8 bytes, in either order.
    """
    found, wanted = random.pick(operands)
    if random.one_in(2):
        found, wanted = wanted, found
    length = _length_of(max(found, wanted)) << random.below(2)
    order = _order(random)
    place = data.find(
        _bytes_of(found, length, order), random.below(max(len(data) - length, 0) + 1)
    )
    if place < 0:
        place = data.find(_bytes_of(found, length, order))
    if place < 0:
        return False
    if random.one_in(3):
        wanted += 1 if random.one_in(2) else -1
    data[place : place + length] = _bytes_of(wanted, length, order)
    return True


def any_argument(random: CaseRandom, words: Dictionary) -> bytes:
    """A word of 32 bytes: a number, an address or anything."""
    choice = random.below(8)
    if choice < 3:
        return random.pick(words.words).to_bytes(WORD_BYTES, "big")
    if choice < 6:
        return random.pick(words.addresses).rjust(WORD_BYTES, b"\0")
    return random.bits(random.below(257)).to_bytes(WORD_BYTES, "big")


def _order(random: CaseRandom) -> ByteOrder:
    return "big" if random.one_in(2) else "little"


def _length_of(number: int) -> int:
    return LENGTHS[(number.bit_length() + 7) // 8]


def _bytes_of(number: int, length: int, order: ByteOrder) -> bytes:
    return (number & ((1 << 8 * length) - 1)).to_bytes(length, order)
