"""Encode a module (spec chapter 5): one module, one sequence of bytes.

Numbers take their shortest form. Empty sections are left out unless a custom section
follows them. Bodies and constant expressions are written unchanged.
`decode_module(encode_module(m)) == m` for every decoded module, and for every
constructed one that the binary format can express.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from contractvm.wasm.binary.reader import FUNC_TYPE_TAG
from contractvm.wasm.binary.section_ids import MAGIC, SECTION_ORDER, VERSION, SectionId
from contractvm.wasm.binary.sections import EXPLICIT, NOT_ACTIVE, WITH_EXPRESSIONS
from contractvm.wasm.structure.encoding import encode_unsigned as encode_u32
from contractvm.wasm.structure.module import (
    ConstExpr,
    CustomSection,
    DataSegment,
    ElementSegment,
    Export,
    Func,
    Global,
    Import,
    Module,
)
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)

T = TypeVar("T")

# The sections that may be present and empty.
VECTOR_SECTIONS = frozenset(SECTION_ORDER) - {SectionId.START, SectionId.DATA_COUNT}


def encode_module(module: Module) -> bytes:
    """The bytes of `module`, with custom sections in their places."""
    contents = _section_contents(module)
    parts = [MAGIC, VERSION]
    customs = _customs_by_place(module.custom_sections)
    for section_id in (SectionId.CUSTOM, *SECTION_ORDER):
        followers = customs.get(section_id, [])
        content = contents.get(section_id)
        if content is None and followers and section_id in VECTOR_SECTIONS:
            content = encode_u32(0)
        if content is not None:
            parts.append(_encode_section(section_id, content))
        for custom in followers:
            payload = encode_name(custom.name) + custom.payload
            parts.append(_encode_section(SectionId.CUSTOM, payload))
    return b"".join(parts)


def _section_contents(module: Module) -> dict[SectionId, bytes]:
    """The content of each non-empty section."""
    type_indices = [func.type_index for func in module.funcs]
    contents = {
        SectionId.TYPE: _encode_filled(module.types, encode_func_type),
        SectionId.IMPORT: _encode_filled(module.imports, encode_import),
        SectionId.FUNC: _encode_filled(type_indices, encode_u32),
        SectionId.TABLE: _encode_filled(module.tables, encode_table_type),
        SectionId.MEMORY: _encode_filled(module.memories, encode_memory_type),
        SectionId.GLOBAL: _encode_filled(module.globals, encode_global),
        SectionId.EXPORT: _encode_filled(module.exports, encode_export),
        SectionId.START: None if module.start is None else encode_u32(module.start),
        SectionId.ELEMENT: _encode_filled(module.elements, encode_element_segment),
        SectionId.DATA_COUNT: (
            encode_u32(len(module.data_segments)) if module.has_data_count else None
        ),
        SectionId.CODE: _encode_filled(module.funcs, encode_body),
        SectionId.DATA: _encode_filled(module.data_segments, encode_data_segment),
    }
    return {
        section_id: content
        for section_id, content in contents.items()
        if content is not None
    }


def _customs_by_place(
    custom_sections: tuple[CustomSection, ...],
) -> dict[int, list[CustomSection]]:
    customs: dict[int, list[CustomSection]] = {}
    for custom in custom_sections:
        customs.setdefault(custom.after, []).append(custom)
    return customs


def _encode_section(section_id: SectionId, content: bytes) -> bytes:
    return bytes([section_id]) + encode_u32(len(content)) + content


def _encode_filled(
    elements: Iterable[T], encode_element: Callable[[T], bytes]
) -> bytes | None:
    encoded = [encode_element(element) for element in elements]
    return encode_u32(len(encoded)) + b"".join(encoded) if encoded else None


def encode_vector(elements: Iterable[T], encode_element: Callable[[T], bytes]) -> bytes:
    """A count and the elements (spec 5.1.3)."""
    return _encode_filled(elements, encode_element) or encode_u32(0)


def encode_name(name: str) -> bytes:
    """A length and UTF-8 (spec 5.2.4)."""
    encoded = name.encode("utf-8")
    return encode_u32(len(encoded)) + encoded


def encode_val_types(types: tuple[ValType, ...]) -> bytes:
    """A result type (spec 5.3.5)."""
    return encode_u32(len(types)) + bytes(types)


def encode_func_type(func_type: FuncType) -> bytes:
    """Parameters and results (spec 5.3.6)."""
    tag = bytes([FUNC_TYPE_TAG])
    params = encode_val_types(func_type.params)
    return tag + params + encode_val_types(func_type.results)


def encode_limits(limits: Limits) -> bytes:
    """A minimum and perhaps a maximum (spec 5.3.7)."""
    if limits.maximum is None:
        return b"\x00" + encode_u32(limits.minimum)
    return b"\x01" + encode_u32(limits.minimum) + encode_u32(limits.maximum)


def encode_memory_type(memory_type: MemoryType) -> bytes:
    """Limits in pages (spec 5.3.8)."""
    return encode_limits(memory_type.limits)


def encode_table_type(table_type: TableType) -> bytes:
    """Element type and limits (spec 5.3.9)."""
    return bytes([table_type.element_type]) + encode_limits(table_type.limits)


def encode_global_type(global_type: GlobalType) -> bytes:
    """Value type and mutability (spec 5.3.10)."""
    return bytes([global_type.val_type, global_type.is_mutable])


def encode_import(entry: Import) -> bytes:
    """One import (spec 5.5.5)."""
    names = encode_name(entry.module) + encode_name(entry.name)
    match entry.description:
        case int() as type_index:
            description = encode_u32(type_index)
        case TableType() as table_type:
            description = encode_table_type(table_type)
        case MemoryType() as memory_type:
            description = encode_memory_type(memory_type)
        case GlobalType() as global_type:
            description = encode_global_type(global_type)
    return names + bytes([entry.kind]) + description


def encode_export(export: Export) -> bytes:
    """One export (spec 5.5.10)."""
    return encode_name(export.name) + bytes([export.kind]) + encode_u32(export.index)


def encode_global(entry: Global) -> bytes:
    """Type and initial value (spec 5.5.9)."""
    return encode_global_type(entry.type) + entry.init.code


def encode_element_segment(segment: ElementSegment) -> bytes:
    """One element segment, in the form that its flags name (spec 5.5.12)."""
    encoded = encode_u32(segment.flags)
    if not segment.flags & NOT_ACTIVE:
        if segment.flags & EXPLICIT:
            encoded += encode_u32(segment.table_index)
        encoded += _encode_offset(segment.offset)
    if segment.flags & (NOT_ACTIVE | EXPLICIT):
        # An element kind, of which there is only 0, or a reference type.
        has_expressions = segment.flags & WITH_EXPRESSIONS
        encoded += bytes([segment.element_type if has_expressions else 0])
    items: Iterable[int | ConstExpr] = segment.items
    return encoded + encode_vector(items, _encode_item)


def _encode_item(item: int | ConstExpr) -> bytes:
    return encode_u32(item) if isinstance(item, int) else item.code


def _encode_offset(offset: ConstExpr | None) -> bytes:
    return b"" if offset is None else offset.code


def encode_body(func: Func) -> bytes:
    """Size, locals, instructions (spec 5.5.13)."""
    body = encode_locals(func) + func.code
    return encode_u32(len(body)) + body


def encode_locals(func: Func) -> bytes:
    """The declared locals, which come before the instructions."""
    return encode_vector(func.local_groups, _encode_local_group)


def _encode_local_group(group: tuple[int, ValType]) -> bytes:
    count, val_type = group
    return encode_u32(count) + bytes([val_type])


def encode_data_segment(segment: DataSegment) -> bytes:
    """One data segment, in the form that its flags name (spec 5.5.14)."""
    encoded = encode_u32(segment.flags)
    if segment.flags == 2:
        encoded += encode_u32(segment.memory_index)
    encoded += _encode_offset(segment.offset)
    return encoded + encode_u32(len(segment.payload)) + segment.payload
