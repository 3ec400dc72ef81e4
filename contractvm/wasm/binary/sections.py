"""Readers for the content of each section (spec 5.5)."""

from collections.abc import Callable
from typing import Any

from contractvm.errors import MalformedModule
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.binary.section_ids import SectionId
from contractvm.wasm.structure.module import (
    ConstExpr,
    DataSegment,
    ElementSegment,
    Export,
    ExternKind,
    Func,
    Global,
    Import,
    SegmentMode,
)
from contractvm.wasm.structure.types import GlobalType, MemoryType, TableType, ValType

# Bits of an element segment's flags (spec 5.5.12).
NOT_ACTIVE = 1
EXPLICIT = 2  # names a table if active; declarative if not
WITH_EXPRESSIONS = 4


def read_imports(reader: ByteReader) -> tuple[Import, ...]:
    """Import section."""

    def read_import() -> Import:
        module, name = reader.read_name(), reader.read_name()
        kind = read_extern_kind(reader, "malformed import kind")
        description: int | TableType | MemoryType | GlobalType
        match kind:
            case ExternKind.FUNC:
                description = reader.read_u32()
            case ExternKind.TABLE:
                description = reader.read_table_type()
            case ExternKind.MEMORY:
                description = reader.read_memory_type()
            case ExternKind.GLOBAL:
                description = reader.read_global_type()
        return Import(module, name, kind, description)

    return reader.read_vector(read_import)


def read_extern_kind(reader: ByteReader, reason: str) -> ExternKind:
    """The byte that says what an import or export is."""
    kind = reader.read_byte()
    if kind > ExternKind.GLOBAL:
        raise MalformedModule(reason, reader.position - 1)
    return ExternKind(kind)


def read_indices(reader: ByteReader) -> tuple[int, ...]:
    """Function section: type indices. Also the func indices of an element segment."""
    count = reader.read_length()
    numbers, reader.position = reader.scanner.read_numbers(reader.position, count)
    return numbers


def read_globals(reader: ByteReader) -> tuple[Global, ...]:
    """Global section."""
    return reader.read_vector(
        lambda: Global(reader.read_global_type(), reader.read_const_expr())
    )


def read_exports(reader: ByteReader) -> tuple[Export, ...]:
    """Export section."""
    return reader.read_vector(
        lambda: Export(
            reader.read_name(),
            read_extern_kind(reader, "malformed export kind"),
            reader.read_u32(),
        )
    )


def read_elements(reader: ByteReader) -> tuple[ElementSegment, ...]:
    """Element section: eight forms, told apart by three bits of flags."""
    return reader.read_vector(lambda: read_element_segment(reader))


def read_element_segment(reader: ByteReader) -> ElementSegment:
    """One element segment."""
    flags_position = reader.position
    flags = reader.read_u32()
    if flags > NOT_ACTIVE | EXPLICIT | WITH_EXPRESSIONS:
        raise MalformedModule("malformed elements segment kind", flags_position)
    mode = SegmentMode.ACTIVE
    if flags & NOT_ACTIVE:
        mode = SegmentMode.DECLARATIVE if flags & EXPLICIT else SegmentMode.PASSIVE
    table_index = 0
    offset = None
    if mode is SegmentMode.ACTIVE:
        table_index = reader.read_u32() if flags & EXPLICIT else 0
        offset = reader.read_const_expr()
    element_type = ValType.FUNCREF
    if flags & (NOT_ACTIVE | EXPLICIT):
        if flags & WITH_EXPRESSIONS:
            element_type = reader.read_reference_type()
        elif reader.read_byte() != 0:
            raise MalformedModule("malformed element kind", reader.position - 1)
    items: tuple[int, ...] | tuple[ConstExpr, ...]
    if flags & WITH_EXPRESSIONS:
        items = reader.read_vector(reader.read_const_expr)
    else:
        items = read_indices(reader)
    return ElementSegment(mode, table_index, offset, element_type, items, flags)


def read_bodies(reader: ByteReader, type_indices: tuple[int, ...]) -> tuple[Func, ...]:
    """Code section; the function section has given the funcs' types."""
    count = reader.read_length()
    funcs, reader.position = reader.scanner.read_bodies(
        reader.position, count, type_indices
    )
    return funcs


def read_data_segments(reader: ByteReader) -> tuple[DataSegment, ...]:
    """Data section."""
    return reader.read_vector(lambda: read_data_segment(reader))


def read_data_segment(reader: ByteReader) -> DataSegment:
    """One data segment (spec 5.5.14)."""
    flags_position = reader.position
    flags = reader.read_u32()
    if flags > 2:
        raise MalformedModule("malformed data segment kind", flags_position)
    memory_index = reader.read_u32() if flags == 2 else 0
    offset = None if flags == 1 else reader.read_const_expr()
    mode = SegmentMode.PASSIVE if flags == 1 else SegmentMode.ACTIVE
    payload = reader.read_bytes(reader.read_length())
    return DataSegment(mode, memory_index, offset, payload, flags)


# Field of `Module` and reader of each section that depends on no other.
PLAIN_SECTIONS: dict[SectionId, tuple[str, Callable[[ByteReader], Any]]] = {
    SectionId.TYPE: ("types", lambda reader: reader.read_vector(reader.read_func_type)),
    SectionId.IMPORT: ("imports", read_imports),
    SectionId.TABLE: (
        "tables",
        lambda reader: reader.read_vector(reader.read_table_type),
    ),
    SectionId.MEMORY: (
        "memories",
        lambda reader: reader.read_vector(reader.read_memory_type),
    ),
    SectionId.GLOBAL: ("globals", read_globals),
    SectionId.EXPORT: ("exports", read_exports),
    SectionId.START: ("start", ByteReader.read_u32),
    SectionId.ELEMENT: ("elements", read_elements),
    SectionId.DATA: ("data_segments", read_data_segments),
}
