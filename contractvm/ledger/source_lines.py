"""Source lines of a module: what its DWARF debug information says about its code.

Addresses count from the start of the code section's content. Debug information has no
effect on a run and may be anything at all: what cannot be read gives no lines.
"""

from bisect import bisect_right
from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo
from elftools.dwarf.lineprogram import LineProgram

from contractvm.structure.module import Module

# The reader's parameters, and the custom sections that it gets by each.
SECTIONS = {
    "debug_info_sec": ".debug_info",
    "debug_abbrev_sec": ".debug_abbrev",
    "debug_str_sec": ".debug_str",
    "debug_line_sec": ".debug_line",
    "debug_line_str_sec": ".debug_line_str",
    "debug_str_offsets_sec": ".debug_str_offsets",
    "debug_addr_sec": ".debug_addr",
}
UNUSED = (
    *("debug_aranges_sec", "debug_frame_sec", "eh_frame_sec", "debug_loc_sec"),
    *("debug_ranges_sec", "debug_pubtypes_sec", "debug_pubnames_sec"),
    *("debug_loclists_sec", "debug_rnglists_sec", "debug_sup_sec"),
    *("gnu_debugaltlink_sec", "debug_types_sec"),
)
# What one reading of hostile bytes may cost: a contract's own has thousands of reads.
MAX_READS = 1_000_000
MAX_UNITS = 10_000
FORMAT_VERSION_5 = 5
NO_PLACE = ("", 0)

Row = tuple[int, str, int]  # address, file, line; NO_PLACE behind the last


class TooMuchWork(Exception):
    """Reading on would take longer than any real debug information does."""


class CountedBytes(BytesIO):
    """A section's bytes; all that share `reads_left` may be read so often together."""

    def __init__(self, content: bytes, reads_left: list[int]) -> None:
        super().__init__(content)
        self._reads_left = reads_left

    def read(self, size: int | None = -1, /) -> bytes:
        """See BytesIO; raises TooMuchWork."""
        self._count()
        return super().read(size)

    def tell(self) -> int:
        """See BytesIO; raises TooMuchWork."""
        self._count()
        return super().tell()

    def _count(self) -> None:
        self._reads_left[0] -= 1
        if self._reads_left[0] < 0:
            raise TooMuchWork


class SourceLines:
    """Finds the line of an address."""

    def __init__(self, rows: list[Row]) -> None:
        self._addresses = [row[0] for row in rows]
        self._places = [row[1:] for row in rows]

    @classmethod
    def of_module(cls, module: Module) -> "SourceLines | None":
        """The module's lines; None where it has none that can be read."""
        rows = read_rows(module)
        return cls(rows) if rows else None

    def line_at(self, code_section_offset: int) -> tuple[str, int] | None:
        """File and line of the instruction there; None where none is known."""
        index = bisect_right(self._addresses, code_section_offset) - 1
        if index < 0:
            return None
        place = self._places[index]
        return place if place[1] else None


def read_rows(module: Module) -> list[Row]:
    """The rows of all line tables by address; none where they cannot be read."""
    contents = {
        section.name: section.payload
        for section in module.custom_sections
        if section.name.startswith(".debug_")
    }
    if ".debug_line" not in contents or ".debug_info" not in contents:
        return []
    try:
        return joined(sequences(dwarf_of(contents)))
    # The reader means its input well: on garbage it raises whatever comes up.
    except Exception:  # noqa: BLE001
        return []


def dwarf_of(contents: dict[str, bytes]) -> DWARFInfo:
    """The sections, for the reader."""
    reads_left = [MAX_READS]
    found: dict[str, DebugSectionDescriptor | None] = {}
    for parameter, name in SECTIONS.items():
        content = contents.get(name)
        if content is None:
            found[parameter] = None
            continue
        stream = CountedBytes(content, reads_left)
        found[parameter] = DebugSectionDescriptor(stream, name, 0, len(content), 0)
    config = DwarfConfig(
        little_endian=True, machine_arch="wasm", default_address_size=4
    )
    return DWARFInfo(config=config, **found, **dict.fromkeys(UNUSED))


def sequences(dwarf: DWARFInfo) -> Iterator[list[Row]]:
    """Runs of rows whose addresses increase, from the units' line tables."""
    seen: set[int] = set()
    for number, unit in enumerate(dwarf.iter_CUs()):
        if number >= MAX_UNITS:
            raise TooMuchWork
        attributes = unit.get_top_DIE().attributes
        table = attributes.get("DW_AT_stmt_list")
        if table is None or table.value in seen:
            continue
        seen.add(table.value)
        check_tables(dwarf, table.value)
        program = dwarf.line_program_for_CU(unit)
        if program is not None:
            folder = attributes.get("DW_AT_comp_dir")
            yield from sequences_of(program, text(folder.value) if folder else "")


def check_tables(dwarf: DWARFInfo, offset: int) -> None:
    """Raise for a table whose entries take no bytes: the reader would never end."""
    stream = dwarf.debug_line_sec.stream
    stream.seek(offset)
    header = stream.read(1 << 16)
    is_version_5 = header[4:6] == FORMAT_VERSION_5.to_bytes(2, "little")
    if header[:4] == b"\xff" * 4:
        raise TooMuchWork  # the 64-bit format, which no 32-bit module needs
    if not is_version_5:
        return
    # Behind the fixed fields and the lengths of the standard opcodes.
    position = 18 + max(header[17] - 1, 0)
    if not header[position]:
        raise TooMuchWork
    position = skip_entries(header, position)
    if not header[position]:
        raise TooMuchWork


def skip_entries(header: bytes, position: int) -> int:
    """Behind a table of folders: its format, its count, its entries of fixed size.

    Raises TooMuchWork for forms that no compiler uses for folders.
    """
    forms = []
    for _ in range(header[position]):
        forms.append(header[position + 2])
        position += 2
    position += 1
    count = shift = 0
    while True:
        byte = header[position]
        count |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:
            break
    for _ in range(count):
        for form in forms:
            position = skip_form(header, position, form)
    return position


def skip_form(header: bytes, position: int, form: int) -> int:
    """Behind one value: text in place, or an offset of four bytes."""
    if form == 0x08:  # DW_FORM_string
        return header.index(b"\0", position) + 1
    if form in (0x0E, 0x1F):  # DW_FORM_strp, DW_FORM_line_strp
        return position + 4
    raise TooMuchWork


def sequences_of(program: LineProgram, folder: str) -> Iterator[list[Row]]:
    """The sequences of one line table.

    Address 0 is no instruction's: linkers leave it to what they have dropped.
    """
    names: dict[int, str] = {}
    rows: list[Row] = []
    for entry in program.get_entries():
        state = entry.state
        if state is None:
            continue
        if state.end_sequence:
            rows.append((state.address, *NO_PLACE))
            if rows[0][0] and all(
                row[0] <= following[0] for row, following in pairwise(rows)
            ):
                yield rows
            rows = []
            continue
        name = names.get(state.file)
        if name is None:
            name = names[state.file] = file_name(program, state.file, folder)
        rows.append((state.address, name, max(state.line, 0)))


def file_name(program: LineProgram, number: int, folder: str) -> str:
    """A file by its number, with the folder that the compiler ran in left out."""
    header = program.header
    is_old = header["version"] < FORMAT_VERSION_5
    entry = header["file_entry"][number - 1 if is_old else number]
    folders = header["include_directory"]
    index = entry.dir_index or 0
    if is_old:
        parent = text(folders[index - 1]) if index else ""
    else:
        parent = text(folders[index])
    name = text(entry.name)
    path = f"{parent}/{name}" if parent and not name.startswith("/") else name
    return path.removeprefix(f"{folder}/") if folder else path


def text(value: bytes | None) -> str:
    """A name as text, whatever its bytes are."""
    return (value or b"?").decode("utf-8", "backslashreplace")


def joined(found: Iterator[list[Row]]) -> list[Row]:
    """All sequences as one, by address; one that begins inside another is left out."""
    rows: list[Row] = []
    for sequence in sorted(found, key=lambda sequence: sequence[0][0]):
        if rows and sequence[0][0] < rows[-1][0]:
            continue
        rows += sequence
    return rows
