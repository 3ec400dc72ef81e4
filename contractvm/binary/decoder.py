"""Decode a module (spec chapter 5): the header, then sections in their one order."""

from typing import Any

from contractvm.binary import sections
from contractvm.binary.reader import ByteReader
from contractvm.errors import MalformedModule
from contractvm.structure.module import CustomSection, Module

MAGIC = b"\0asm"
VERSION = b"\x01\0\0\0"

CUSTOM, TYPE, IMPORT, FUNC, TABLE, MEMORY, GLOBAL = range(7)
EXPORT, START, ELEMENT, CODE, DATA, DATA_COUNT = range(7, 13)

# The data count section was added late: its id is the greatest, its place before code.
SECTION_ORDER = (
    (TYPE, IMPORT, FUNC, TABLE, MEMORY, GLOBAL, EXPORT, START, ELEMENT)
    + (DATA_COUNT, CODE, DATA)
)  # fmt: skip
PLACE = {section_id: place for place, section_id in enumerate(SECTION_ORDER)}


def decode_module(data: bytes | bytearray) -> Module:
    """Decode all of `data`; raises MalformedModule with the offset of the fault.

    Time and memory are linear in the length of `data`, whatever counts it declares.
    """
    reader = ByteReader(bytes(data))
    if reader.read_bytes(4) != MAGIC:
        raise MalformedModule("magic header not detected", 0)
    if reader.read_bytes(4) != VERSION:
        raise MalformedModule("unknown binary version", 4)
    decoder = _SectionDecoder(reader)
    while reader.position < reader.size:
        decoder.decode_section()
    return decoder.module()


class _SectionDecoder:
    """What the sections so far have said."""

    def __init__(self, reader: ByteReader) -> None:
        self._reader = reader
        self._last_section = CUSTOM
        self._type_indices: tuple[int, ...] = ()
        self._data_count: int | None = None
        self._custom_sections: list[CustomSection] = []
        self._fields: dict[str, Any] = {}

    def decode_section(self) -> None:
        """Decode the section at the reader's position."""
        reader = self._reader
        id_position = reader.position
        section_id = reader.read_byte()
        if section_id != CUSTOM and section_id not in PLACE:
            raise MalformedModule("malformed section id", id_position)
        size = reader.read_length()
        end = reader.position + size
        if section_id == CUSTOM:
            self._decode_custom(end)
            return
        if self._last_section and PLACE[section_id] <= PLACE[self._last_section]:
            reason = "unexpected content after last section"
            raise MalformedModule(reason, id_position)
        self._last_section = section_id
        start = reader.position
        self._decode_content(section_id)
        if reader.position != end:
            raise MalformedModule("section size mismatch", start)

    def _decode_custom(self, end: int) -> None:
        reader = self._reader
        name = reader.read_name()
        if reader.position > end:
            raise reader.malformed("unexpected end")
        payload = reader.read_bytes(end - reader.position)
        self._custom_sections.append(CustomSection(name, payload, self._last_section))

    def _decode_content(self, section_id: int) -> None:  # noqa: C901 (one arm each)
        reader, fields = self._reader, self._fields
        match section_id:
            case 1:
                fields["types"] = sections.read_types(reader)
            case 2:
                fields["imports"] = sections.read_imports(reader)
            case 3:
                self._type_indices = sections.read_indices(reader)
            case 4:
                fields["tables"] = reader.read_vector(reader.read_table_type)
            case 5:
                fields["memories"] = reader.read_vector(reader.read_memory_type)
            case 6:
                fields["globals"] = sections.read_globals(reader)
            case 7:
                fields["exports"] = sections.read_exports(reader)
            case 8:
                fields["start"] = reader.read_u32()
            case 9:
                fields["elements"] = sections.read_elements(reader)
            case 10:
                self._decode_code()
            case 11:
                fields["data_segments"] = sections.read_data_segments(
                    reader, self._data_count
                )
            case 12:
                self._data_count = reader.read_u32()

    def _decode_code(self) -> None:
        reader = self._reader
        # Only a use inside a function body asks for the data count section.
        reader.scanner.data_use = -1
        self._fields["funcs"] = sections.read_funcs(reader, self._type_indices)
        data_use = reader.scanner.data_use
        if self._data_count is None and data_use >= 0:
            raise MalformedModule("data count section required", data_use)

    def module(self) -> Module:
        """The module, once every section has been decoded."""
        if self._type_indices and "funcs" not in self._fields:
            raise self._reader.malformed(
                "function and code section have inconsistent lengths"
            )
        if self._data_count and "data_segments" not in self._fields:
            raise self._reader.malformed(
                "data count and data section have inconsistent lengths"
            )
        return Module(
            **self._fields,
            has_data_count=self._data_count is not None,
            custom_sections=tuple(self._custom_sections),
        )
