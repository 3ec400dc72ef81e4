"""The sections of a module's debug information, and the texts in them."""

from typing import NamedTuple

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable, Work
from contractvm.ledger.dwarf.forms import (
    LINE_STRP,
    STRING,
    STRP,
    STRX,
    Encoding,
    Value,
)

INFO, ABBREV, LINE = ".debug_info", ".debug_abbrev", ".debug_line"
STR, LINE_STR, STR_OFFSETS = ".debug_str", ".debug_line_str", ".debug_str_offsets"
NAMES = (INFO, ABBREV, LINE, STR, LINE_STR, STR_OFFSETS)
RANGES, RANGE_LISTS, ADDRESSES = ".debug_ranges", ".debug_rnglists", ".debug_addr"
# What inlined calls are read from.
INLINING_NAMES = (*NAMES, RANGES, RANGE_LISTS, ADDRESSES)

# No operating system takes a longer path.
MAX_TEXT_BYTES = 4096
FIRST_RESERVED, WIDE = 0xFFFFFFF0, 0xFFFFFFFF


class TextPlace(NamedTuple):
    """The section and position of a text."""

    section: str
    offset: int


class Sections:
    """The contents by name, and the limit on the work on all of them together."""

    def __init__(self, contents: dict[str, bytes], work: Work) -> None:
        self.work = work
        self._contents = contents
        self._texts: dict[TextPlace, str] = {}
        # Paths of files by name, folder, and the folder that is left out.
        self.paths: dict[tuple[str, str, str], str] = {}

    def content(self, name: str) -> bytes:
        """A section's bytes; raises Unreadable if the module does not have it."""
        content = self._contents.get(name)
        if content is None:
            raise Unreadable(f"the module has no {name}")
        return content

    def cursor(self, name: str, position: int = 0, end: int | None = None) -> Cursor:
        """A cursor on a section; raises Unreadable for a place outside it."""
        content = self.content(name)
        if position > len(content):
            raise Unreadable(f"byte {position} is past the end of {name}")
        return Cursor(
            content, position, len(content) if end is None else end, self.work
        )

    def text(self, place: TextPlace) -> str:
        """The text at a place, whatever its bytes are; an overlong one is cut."""
        found = self._texts.get(place)
        if found is None:
            found = self._texts[place] = self._read_text(place)
        return found

    def text_place(
        self, value: Value, section: str, base: int, encoding: Encoding
    ) -> TextPlace:
        """Where the text is that a value in `section` names.

        `base` is where the unit's texts by number begin in .debug_str_offsets. Raises
        Unreadable for the value of another form.
        """
        form, number = value
        if form == STRING:
            return TextPlace(section, number)
        if form == STRP:
            return TextPlace(STR, number)
        if form == LINE_STRP:
            return TextPlace(LINE_STR, number)
        if form in STRX:
            size = encoding.offset_size
            offset = self.cursor(STR_OFFSETS, base + number * size).fixed(size)
            return TextPlace(STR, offset)
        raise Unreadable(f"form {form:#x} is no text")

    def _read_text(self, place: TextPlace) -> str:
        content = self.content(place.section)
        start = place.offset
        if start >= len(content):
            raise Unreadable(f"byte {start} is past the end of {place.section}")
        last = min(start + MAX_TEXT_BYTES, len(content))
        stop = content.find(0, start, last)
        if stop < 0:
            stop = last
        self.work.spend(stop - start + 1)
        return content[start:stop].decode("utf-8", "backslashreplace")


def read_unit_length(cursor: Cursor) -> tuple[int, int]:
    """How many bytes follow, and the size of offsets: the 32- or 64-bit format."""
    length = cursor.fixed(4)
    if length == WIDE:
        return cursor.fixed(8), 8
    if length >= FIRST_RESERVED:
        raise Unreadable("its length is a reserved number")
    return length, 4
