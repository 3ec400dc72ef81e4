"""Source lines of a module, from its DWARF debug information.

Addresses count from the start of the code section's content. Debug information has no
effect on a run and may be anything: unreadable parts give no lines.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from contractvm.errors import MalformedModule
from contractvm.ledger.dwarf.line_program import Rows
from contractvm.ledger.dwarf.reading import read_debug_information
from contractvm.ledger.dwarf.sections import NAMES
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.structure.module import Module

# Custom sections with the place of debug information, by the tool conventions.
EXTERNAL_DWARF, SOURCE_MAP = "external_debug_info", "sourceMappingURL"
DEBUG_PREFIXES = (".debug_", ".zdebug_")
MAX_PLACE = 256

Row = tuple[int, str, int]  # address, file, line; no file and 0 after the last


class SourceLines:
    """Finds the line of an address."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._addresses = array("I")
        self._files: list[str] = []
        self._lines = array("I")
        for address, file, line in rows:
            self._addresses.append(address)
            self._files.append(file)
            self._lines.append(line)

    @classmethod
    def of_module(cls, module: Module) -> "SourceLines | None":
        """The module's lines; None if it has none that can be read."""
        return read_lines(module).lines

    def line_at(self, code_section_offset: int) -> tuple[str, int] | None:
        """File and line of the instruction there; None where none is known."""
        index = bisect_right(self._addresses, code_section_offset) - 1
        if index < 0 or not self._lines[index]:
            return None
        return self._files[index], self._lines[index]

    def all_lines(self) -> Iterator[tuple[str, int]]:
        """Every file and line that has code, some of them more than once."""
        for file, line in zip(self._files, self._lines, strict=True):
            if line:
                yield file, line


@dataclass(frozen=True, slots=True)
class ModuleLines:
    """The source lines in a module's debug information.

    `lines` is None if there are none. `fault` says what could not be read or is
    elsewhere, None if all was read or there is no debug information.
    """

    lines: SourceLines | None
    fault: str | None


def read_lines(module: Module) -> ModuleLines:
    """The lines of all line tables, and what could not be read."""
    reading = read_debug_information(debug_sections(module))
    if not reading.rows.sequences:
        return ModuleLines(None, reading.fault or elsewhere(module))
    return ModuleLines(SourceLines(joined(reading.rows)), reading.fault)


def elsewhere(module: Module) -> str | None:
    """Where debug information is that this reader does not read; None for nowhere."""
    for section in module.custom_sections:
        if section.name in (EXTERNAL_DWARF, SOURCE_MAP):
            kind = "another file" if section.name == EXTERNAL_DWARF else "a source map"
            place = ""
            with suppress(MalformedModule):
                place = f": {ByteReader(section.payload).read_name()[:MAX_PLACE]!r}"
            return f"its debug information is in {kind}{place}"
        if section.name.startswith(DEBUG_PREFIXES):
            return f"it has {section.name} and no .debug_line"
    return None


def read_rows(module: Module) -> list[Row]:
    """The rows of all line tables by address, as far as they can be read."""
    return list(joined(read_debug_information(debug_sections(module)).rows))


def debug_sections(module: Module, names: tuple[str, ...] = NAMES) -> dict[str, bytes]:
    """The custom sections that lines are read from, or others of these names."""
    return {
        section.name: section.payload
        for section in module.custom_sections
        if section.name in names
    }


def joined(rows: Rows) -> Iterator[Row]:
    """All sequences as one, by address; one that begins inside another is left out."""
    names = list(rows.names)
    addresses, files, lines = rows.addresses, rows.files, rows.lines
    reached = 0
    for start, end in sorted(rows.sequences, key=lambda entry: addresses[entry[0]]):
        if addresses[start] < reached:
            continue
        for row in range(start, end):
            yield addresses[row], names[files[row]], lines[row]
        reached = addresses[end - 1]
