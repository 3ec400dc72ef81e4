"""The forms of values in debug information: their sizes and meanings."""

from typing import NamedTuple

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable

STRING, STRP, LINE_STRP = 0x08, 0x0E, 0x1F
INDIRECT, IMPLICIT_CONST, FLAG_PRESENT = 0x16, 0x21, 0x19
ADDR, REF_ADDR, SDATA = 0x01, 0x10, 0x0D
REF_ADDR_IS_OFFSET = 3  # the version since when it is

# DW_FORM_data1 to _data16, _flag, _ref*, _strx1 to _strx4, _addrx1 to _addrx4.
FORMS_BY_SIZE = {
    0: (FLAG_PRESENT,),
    1: (0x0B, 0x0C, 0x11, 0x25, 0x29),
    2: (0x05, 0x12, 0x26, 0x2A),
    3: (0x27, 0x2B),
    4: (0x06, 0x13, 0x1C, 0x28, 0x2C),
    8: (0x07, 0x14, 0x20, 0x24),
    16: (0x1E,),
}
FIXED_SIZES = {form: size for size, forms in FORMS_BY_SIZE.items() for form in forms}
# _strp, _sec_offset, _strp_sup, _line_strp, _GNU_ref_alt, _GNU_strp_alt.
OFFSETS = frozenset((STRP, 0x17, 0x1D, LINE_STRP, 0x1F20, 0x1F21))
# _udata, _ref_udata, _strx, _addrx, _loclistx, _rnglistx, _GNU_addr/str_index.
ULEBS = frozenset((0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23, 0x1F01, 0x1F02))
BLOCK_LENGTHS = {0x0A: 1, 0x03: 2, 0x04: 4}
LEB_BLOCKS = frozenset((0x09, 0x18))  # _block, _exprloc
# Texts by their number in .debug_str_offsets.
STRX = frozenset((0x1A, 0x25, 0x26, 0x27, 0x28, 0x1F02))


class Encoding(NamedTuple):
    """What sizes depend on, from the header of a unit or a table."""

    version: int
    address_size: int
    offset_size: int


class Value(NamedTuple):
    """A value's form, and its number: of a text in place or a block, where it is."""

    form: int
    number: int


def read_value(cursor: Cursor, form: int, encoding: Encoding) -> Value:
    """The next value; raises Unreadable, also for a form that is not known."""
    if form == INDIRECT:
        form = cursor.uleb()
    size = size_of(form, encoding)
    if size is not None:
        return Value(form, cursor.fixed(size))
    if form in ULEBS:
        return Value(form, cursor.uleb())
    if form == SDATA:
        return Value(form, cursor.sleb())
    if form == STRING:
        return Value(form, cursor.skip_text())
    if form in BLOCK_LENGTHS:
        return Value(form, cursor.skip(cursor.fixed(BLOCK_LENGTHS[form])))
    if form in LEB_BLOCKS:
        return Value(form, cursor.skip(cursor.uleb()))
    raise Unreadable(f"nothing is known of form {form:#x}")


def size_of(form: int, encoding: Encoding) -> int | None:
    """The fixed size of a form in bytes; None if it varies or the form is unknown."""
    if form in FIXED_SIZES:
        return FIXED_SIZES[form]
    if form in OFFSETS:
        return encoding.offset_size
    if form == ADDR:
        return encoding.address_size
    if form == REF_ADDR:
        is_offset = encoding.version >= REF_ADDR_IS_OFFSET
        return encoding.offset_size if is_offset else encoding.address_size
    return None
