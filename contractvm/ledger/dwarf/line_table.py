"""The header of a line table: how to read its program, and the files it names."""

from array import array
from dataclasses import dataclass
from typing import NamedTuple

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable
from contractvm.ledger.dwarf.forms import STRING, Encoding, Value, read_value
from contractvm.ledger.dwarf.sections import LINE, Sections
from contractvm.ledger.dwarf.units import Unit

VERSIONS = range(2, 6)
PATH, FOLDER = 1, 2  # DW_LNCT_path, DW_LNCT_directory_index
UNSIGNED = 0x0F  # DW_FORM_udata
# How many characters are kept of a path, the last: reports may name it many times.
MAX_PATH = 1024

Format = tuple[tuple[int, int], ...]  # content type, form

# What entries are before version 5: a path; a path, a folder, a time, a size.
OLD_FOLDERS: Format = ((PATH, STRING),)
OLD_FILES: Format = ((PATH, STRING), (FOLDER, UNSIGNED), (0, UNSIGNED), (0, UNSIGNED))


class Entries(NamedTuple):
    """Folders or files: how each is written, and where. They are read when needed."""

    entry_format: Format
    places: "array[int]"


@dataclass(frozen=True, slots=True)
class LineTable:
    """A line table's header; `program` and `end` are where its program is."""

    encoding: Encoding
    program: int
    end: int
    instruction_length: int
    line_base: int
    line_range: int
    opcode_lengths: bytes
    folders: Entries
    files: Entries

    @property
    def first_special(self) -> int:
        """The first opcode that is no standard one."""
        return len(self.opcode_lengths) + 1


def read_line_table(cursor: Cursor, offset_size: int) -> LineTable:
    """The header after the table's length; the table ends at the cursor's end."""
    version = cursor.fixed(2)
    if version not in VERSIONS:
        raise Unreadable(f"nothing is known of version {version}")
    address_size = 4
    if version >= 5:
        address_size = cursor.fixed(1)
        cursor.skip(1)  # the size of segment selectors, unused
    encoding = Encoding(version, address_size, offset_size)
    header_length = cursor.fixed(offset_size)
    if header_length > cursor.bytes_left:
        raise Unreadable("its header is longer than the table")
    end, cursor.end = cursor.end, cursor.position + header_length
    instruction_length = cursor.fixed(1)
    if version >= 4 and cursor.fixed(1) != 1:
        raise Unreadable("it is for a machine with several operations an instruction")
    cursor.skip(1)  # whether rows begin statements
    line_base = cursor.fixed(1)
    line_range, first_special = cursor.fixed(1), cursor.fixed(1)
    if not first_special:
        raise Unreadable("its first special opcode is 0")
    start = cursor.skip(first_special - 1)
    opcode_lengths = cursor.data[start : cursor.position]
    if version >= 5:
        folders, files = (read_entries(cursor, encoding) for _ in range(2))
    else:
        folders, files = (
            read_old_entries(cursor, entry) for entry in (OLD_FOLDERS, OLD_FILES)
        )
    return LineTable(
        encoding,
        cursor.end,
        end,
        instruction_length,
        line_base - 256 if line_base >= 128 else line_base,
        line_range,
        opcode_lengths,
        folders,
        files,
    )


def read_entries(cursor: Cursor, encoding: Encoding) -> Entries:
    """Folders or files of version 5, which describe their own format."""
    entry_format = tuple((cursor.uleb(), cursor.uleb()) for _ in range(cursor.fixed(1)))
    count = cursor.uleb()
    # So that the next check holds: an entry takes a byte at least.
    if count > cursor.bytes_left:
        raise Unreadable("it has more folders or files than bytes")
    places = array("I")
    for _ in range(count):
        start = cursor.position
        places.append(start)
        for field in entry_format:
            read_value(cursor, field[1], encoding)
        if cursor.position == start:
            raise Unreadable("its folders or files take no bytes")
    return Entries(entry_format, places)


def read_old_entries(cursor: Cursor, entry_format: Format) -> Entries:
    """Folders or files before version 5, up to the zero that ends them."""
    places = array("I")
    while cursor.position < cursor.end and cursor.data[cursor.position]:
        places.append(cursor.position)
        skip_old_entry(cursor, entry_format)
    cursor.skip(1)
    return Entries(entry_format, places)


def skip_old_entry(cursor: Cursor, entry_format: Format) -> None:
    """Move past one entry."""
    for _, form in entry_format:
        if form == STRING:
            cursor.skip_text()
        else:
            cursor.uleb()


class FileNames:
    """The files of a table by number, with the folder of the unit left out."""

    def __init__(self, table: LineTable, unit: Unit, sections: Sections) -> None:
        self._table = table
        self._unit = unit
        self._sections = sections
        self._folders: dict[int, str] = {}
        # Numbers count from 1 in older versions.
        self._first = 0 if table.encoding.version >= 5 else 1

    def name(self, number: int) -> str:
        """A file's name; empty for a number that no file has."""
        entry = self._entry(self._table.files, number - self._first)
        if entry is None:
            return ""
        folder = entry[FOLDER].number if FOLDER in entry else 0
        # Many tables name the same files: each path is made once.
        parts = self._text(entry) or "?", self._folder(folder), self._unit.folder
        path = self._sections.paths.get(parts)
        if path is None:
            path = self._sections.paths[parts] = self._path(*parts)
        return path

    def _folder(self, number: int) -> str:
        if number not in self._folders:
            entry = self._entry(self._table.folders, number - self._first)
            self._folders[number] = self._text(entry)
        return self._folders[number]

    def _path(self, name: str, parent: str, left_out: str) -> str:
        path = f"{parent}/{name}" if parent and not name.startswith("/") else name
        self._sections.work.spend(len(path))
        if left_out:
            path = path.removeprefix(f"{left_out}/")
        return path if len(path) <= MAX_PATH else "..." + path[3 - MAX_PATH :]

    def _entry(self, entries: Entries, index: int) -> dict[int, Value] | None:
        if not 0 <= index < len(entries.places):
            return None
        cursor = self._sections.cursor(LINE, entries.places[index], self._table.end)
        values: dict[int, Value] = {}
        for content, form in entries.entry_format:
            value = read_value(cursor, form, self._table.encoding)
            values.setdefault(content, value)
        return values

    def _text(self, entry: dict[int, Value] | None) -> str:
        if entry is None or PATH not in entry:
            return ""
        base, encoding = self._unit.texts_base, self._table.encoding
        place = self._sections.text_place(entry[PATH], LINE, base, encoding)
        return self._sections.text(place)
