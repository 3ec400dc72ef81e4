"""Decode a module (spec chapter 5): the header, then sections in their one order."""

from typing import Any

from contractvm.errors import InternalError, MalformedModule, UnreadableProposal
from contractvm.wasm.binary import sections
from contractvm.wasm.binary.proposals import find_use
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.binary.section_ids import MAGIC, SECTION_ORDER, VERSION, SectionId
from contractvm.wasm.structure.module import CustomSection, Func, Module

PLACES = {section_id: place for place, section_id in enumerate(SECTION_ORDER)}


def decode_module(data: bytes | bytearray) -> Module:
    """Decode all of `data`; raises MalformedModule with the offset of the fault.

    The error is an UnreadableProposal if a proposal that this engine does not have
    makes sense of what is there. Time and memory are linear in the length of `data`,
    whatever counts it declares.
    """
    code = bytes(data)
    try:
        return _decode(ByteReader(code))
    except MalformedModule as fault:
        use = find_use(code, fault)
        if use is None:
            raise
        raise UnreadableProposal(fault, use.proposal, use.construct) from None
    except MemoryError as error:
        raise InternalError("no memory to decode a module") from error


def _decode(reader: ByteReader) -> Module:
    if reader.read_bytes(4) != MAGIC:
        raise MalformedModule("magic header not detected", 0)
    if reader.read_bytes(4) != VERSION:
        raise MalformedModule("unknown binary version", 4)
    decoder = _SectionDecoder(reader)
    while reader.position < reader.size:
        decoder.decode_section()
    return decoder.module()


class _SectionDecoder:
    """The contents of the sections decoded so far."""

    def __init__(self, reader: ByteReader) -> None:
        self._reader = reader
        self._last_section = SectionId.CUSTOM
        self._type_indices: tuple[int, ...] = ()
        self._funcs: tuple[Func, ...] = ()
        self._data_count: int | None = None
        self._code_offset = 0
        self._custom_sections: list[CustomSection] = []
        self._fields: dict[str, Any] = {}

    def decode_section(self) -> None:
        """Decode the section at the reader's position."""
        reader = self._reader
        id_position = reader.position
        byte = reader.read_byte()
        if byte > SectionId.DATA_COUNT:
            raise MalformedModule("malformed section id", id_position)
        section_id = SectionId(byte)
        size = reader.read_length()
        start = reader.position
        if section_id is SectionId.CUSTOM:
            self._decode_custom(start + size)
            return
        if PLACES[section_id] <= PLACES.get(self._last_section, -1):
            reason = "unexpected content after last section"
            raise MalformedModule(reason, id_position)
        self._last_section = section_id
        self._decode_content(section_id)
        if reader.position != start + size:
            raise MalformedModule("section size mismatch", start)

    def _decode_custom(self, end: int) -> None:
        reader = self._reader
        name = reader.read_name()
        if reader.position > end:
            raise reader.malformed("unexpected end")
        payload = reader.read_bytes(end - reader.position)
        after = int(self._last_section)
        self._custom_sections.append(CustomSection(name, payload, after))

    def _decode_content(self, section_id: SectionId) -> None:
        reader = self._reader
        match section_id:
            case SectionId.FUNC:
                self._type_indices = sections.read_indices(reader)
            case SectionId.DATA_COUNT:
                self._data_count = reader.read_u32()
            case SectionId.CODE:
                self._decode_code()
            case _:
                field, read_content = sections.PLAIN_SECTIONS[section_id]
                self._fields[field] = read_content(reader)

    def _decode_code(self) -> None:
        scanner = self._reader.scanner
        # Only a use inside a function body asks for the data count section.
        scanner.data_use = -1
        self._code_offset = self._reader.position
        self._funcs = sections.read_bodies(self._reader, self._type_indices)
        if self._data_count is None and scanner.data_use >= 0:
            raise MalformedModule("data count section required", scanner.data_use)

    def module(self) -> Module:
        """The module, once every section has been decoded."""
        end = self._reader.size
        if len(self._type_indices) != len(self._funcs):
            reason = "function and code section have inconsistent lengths"
            raise MalformedModule(reason, end)
        segment_count = len(self._fields.get("data_segments", ()))
        if self._data_count is not None and self._data_count != segment_count:
            reason = "data count and data section have inconsistent lengths"
            raise MalformedModule(reason, end)
        return Module(
            **self._fields,
            funcs=self._funcs,
            has_data_count=self._data_count is not None,
            custom_sections=tuple(self._custom_sections),
            code_offset=self._code_offset,
        )
