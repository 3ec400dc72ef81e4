"""Rows of line tables as pyelftools reads them; it needs well-formed input."""

from collections.abc import Iterator
from io import BytesIO
from itertools import pairwise

from elftools.dwarf.dwarfinfo import DebugSectionDescriptor, DwarfConfig, DWARFInfo
from elftools.dwarf.lineprogram import LineProgram

from contractvm.ledger.source_lines import Row
from contractvm.wasm.structure.module import Module

GIVEN = ("info", "abbrev", "str", "line", "line_str", "str_offsets", "addr", "rnglists")
ABSENT = (
    *("debug_aranges_sec", "debug_frame_sec", "eh_frame_sec", "debug_loc_sec"),
    *("debug_ranges_sec", "debug_pubtypes_sec", "debug_pubnames_sec"),
    *("debug_loclists_sec", "debug_sup_sec", "gnu_debugaltlink_sec", "debug_types_sec"),
)
# Linkers write these addresses for code that they dropped.
DROPPED = (0, 0xFFFFFFFE, 0xFFFFFFFF)


def rows_by_elftools(module: Module) -> list[Row]:
    """What `read_rows` returns for debug information without a fault."""
    rows: list[Row] = []
    found = sequences(dwarf_of(module))
    for sequence in sorted(found, key=lambda sequence: sequence[0][0]):
        if not rows or sequence[0][0] >= rows[-1][0]:
            rows += sequence
    return rows


def dwarf_of(module: Module) -> DWARFInfo:
    payloads = {section.name: section.payload for section in module.custom_sections}
    found = {}
    for name in GIVEN:
        content = payloads.get(f".debug_{name}")
        found[f"debug_{name}_sec"] = content and DebugSectionDescriptor(
            BytesIO(content), f".debug_{name}", 0, len(content), 0
        )
    config = DwarfConfig(
        little_endian=True, machine_arch="wasm", default_address_size=4
    )
    return DWARFInfo(config=config, **found, **dict.fromkeys(ABSENT))


def sequences(dwarf: DWARFInfo) -> Iterator[list[Row]]:
    for unit in dwarf.iter_CUs():
        attributes = unit.get_top_DIE().attributes
        program = dwarf.line_program_for_CU(unit)
        if program is None:
            continue
        folder = attributes.get("DW_AT_comp_dir")
        rows: list[Row] = []
        for entry in program.get_entries():
            state = entry.state
            if state is None:
                continue
            if not state.end_sequence:
                name = file_name(program, state.file, folder and text(folder.value))
                line = max(state.line, 0) if name else 0
                rows.append((state.address, name, line))
                continue
            if is_kept(rows):
                yield [*rows, (state.address, "", 0)]
            rows = []


def is_kept(rows: list[Row]) -> bool:
    """Whether there are rows, for existing code, with addresses that don't decrease."""
    return (
        bool(rows)
        and rows[0][0] not in DROPPED
        and all(row[0] <= following[0] for row, following in pairwise(rows))
    )


def file_name(program: LineProgram, number: int, folder: str | None) -> str:
    header = program.header
    first = 1 if header["version"] < 5 else 0
    files, folders = header["file_entry"], header["include_directory"]
    if not first <= number < len(files) + first:
        return ""
    entry = files[number - first]
    index = (entry.dir_index or 0) - first
    parent = text(folders[index]) if 0 <= index < len(folders) else ""
    name = text(entry.name)
    path = f"{parent}/{name}" if parent and not name.startswith("/") else name
    return path.removeprefix(f"{folder}/") if folder else path


def text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
