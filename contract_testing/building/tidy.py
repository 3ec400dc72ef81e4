"""What a build does to a compiler's module: exports, custom sections, the start func.

The code section of both files of a build is the same, byte for byte: offsets in one are
offsets in the other.
"""

from collections.abc import Callable, Iterator

from contractvm.ledger.debug_info import leb128
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import (
    encode_export,
    encode_name,
    encode_vector,
)
from contractvm.wasm.binary.section_ids import MAGIC, VERSION, SectionId
from contractvm.wasm.structure.encoding import encode_instruction, encode_unsigned
from contractvm.wasm.structure.module import Export, ExternKind, Module
from contractvm.wasm.structure.types import FuncType

HEADER_BYTES = len(MAGIC) + len(VERSION)
NAMES = encode_name("name")

IsKept = Callable[[str], bool]


def sections(module: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Each section: its id, its content, and all its bytes."""
    position = HEADER_BYTES
    while position < len(module):
        size, start = leb128(module, position + 1)
        end = start + size
        yield module[position], module[start:end], module[position:end]
        position = end


def section(section_id: int, content: bytes) -> bytes:
    """The bytes of a section."""
    return bytes([section_id]) + encode_unsigned(len(content)) + content


def tidied(module: bytes, is_kept: IsKept, *, keeps_names: bool) -> bytes:
    """The module to deploy: the exports that are kept, and no custom section.

    `keeps_names` keeps the names of funcs.
    """
    exports = [entry for entry in decode_module(module).exports if is_kept(entry.name)]
    parts = [module[:HEADER_BYTES]]
    for section_id, content, whole in sections(module):
        if section_id == SectionId.EXPORT:
            parts.append(section(section_id, encode_vector(exports, encode_export)))
        elif section_id != SectionId.CUSTOM or (
            keeps_names and content.startswith(NAMES)
        ):
            parts.append(whole)
    return b"".join(parts)


def with_folded_start(module: bytes, entry: str) -> bytes:
    """The module with a new last func instead of a start func and the entry.

    It calls both, and is exported as `entry`. A module without a start func stays.
    """
    decoded = decode_module(module)
    if decoded.start is None:
        return module
    mains = [
        export.index
        for export in decoded.exports
        if export.name == entry and export.kind is ExternKind.FUNC
    ]
    return _fold(module, decoded, mains[0], entry) if mains else module


def _fold(module: bytes, decoded: Module, main: int, entry: str) -> bytes:
    main_type = decoded.types[decoded.func_type_indices[main]]
    body = folding_body(decoded.start or 0, main, main_type)
    exports = [
        Export(each.name, each.kind, decoded.func_count) if each.name == entry else each
        for each in decoded.exports
    ]
    type_index = decoded.func_type_indices[main]
    parts = [module[:HEADER_BYTES]]
    for section_id, content, whole in sections(module):
        match section_id:
            case SectionId.FUNC:
                added = appended(content, encode_unsigned(type_index))
                parts.append(section(section_id, added))
            case SectionId.EXPORT:
                parts.append(section(section_id, encode_vector(exports, encode_export)))
            case SectionId.CODE:
                added = appended(content, encode_unsigned(len(body)) + body)
                parts.append(section(section_id, added))
            case SectionId.START:
                continue
            case _:
                parts.append(whole)
    return b"".join(parts)


def folding_body(start: int, main: int, main_type: FuncType) -> bytes:
    """A body that calls the start func, then `main` with the parameters."""
    gets = b"".join(
        encode_instruction("local.get", encode_unsigned(index))
        for index in range(len(main_type.params))
    )
    return (
        encode_unsigned(0)
        + encode_instruction("call", encode_unsigned(start))
        + gets
        + encode_instruction("call", encode_unsigned(main))
        + encode_instruction("end")
    )


def appended(vector: bytes, item: bytes) -> bytes:
    """An encoded vector with one item more."""
    count, start = leb128(vector, 0)
    return encode_unsigned(count + 1) + vector[start:] + item
