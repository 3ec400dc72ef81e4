"""The encoded sizes of a module's segments, and its section of names."""

from dataclasses import dataclass

from contractvm.errors import MalformedModule, RefusedModule
from contractvm.wasm.binary.reader import ByteReader
from contractvm.wasm.structure.module import Module

WASM_HEADER_BYTES = 8
ELEMENT_SECTION, DATA_SECTION = 9, 11
PASSIVE, EXPLICIT, EXPRESSIONS = 1, 2, 4
NAME_SECTION = "name"
MODULE_NAME, LOCAL_NAMES, LABEL_NAMES = 0, 2, 3
# Subsections that map an index to a name.
NAME_MAPS = frozenset({1, 4, 5, 6, 7, 8, 9, 11})
MAX_NAME_BYTES = 512


@dataclass(frozen=True, slots=True)
class SegmentBytes:
    """The length of each segment in the file, from its flags to its end."""

    elements: tuple[int, ...]
    data: tuple[int, ...]


def measure_segments(wasm: bytes) -> SegmentBytes:
    """The segments of a module that was decoded; raises as the decoder does."""
    sizes: dict[int, tuple[int, ...]] = {}
    reader = ByteReader(wasm)
    reader.read_bytes(WASM_HEADER_BYTES)
    while reader.position < reader.size:
        section, length = reader.read_byte(), reader.read_length()
        end = reader.position + length
        if section == ELEMENT_SECTION:
            sizes[section] = reader.read_vector(lambda: _element_bytes(reader))
        elif section == DATA_SECTION:
            sizes[section] = reader.read_vector(lambda: _data_bytes(reader))
        reader.position = end
    return SegmentBytes(sizes.get(ELEMENT_SECTION, ()), sizes.get(DATA_SECTION, ()))


def _element_bytes(reader: ByteReader) -> int:
    start = reader.position
    flags = reader.read_u32()
    if not flags & PASSIVE:
        if flags & EXPLICIT:
            reader.read_u32()
        reader.read_const_expr()
    if flags & (PASSIVE | EXPLICIT):
        reader.read_byte()
    read_item = reader.read_const_expr if flags & EXPRESSIONS else reader.read_u32
    for _ in range(reader.read_length()):
        read_item()
    return reader.position - start


def _data_bytes(reader: ByteReader) -> int:
    start = reader.position
    flags = reader.read_u32()
    if flags == EXPLICIT:
        reader.read_u32()
    if flags != PASSIVE:
        reader.read_const_expr()
    reader.read_bytes(reader.read_length())
    return reader.position - start


def check_names(module: Module) -> None:
    """Refuse a section of names that cannot be read to its end."""
    for section in module.custom_sections:
        if section.name == NAME_SECTION:
            try:
                _read_names(ByteReader(section.payload))
            except MalformedModule as error:
                raise RefusedModule(f"malformed name section: {error}") from None


def _read_names(reader: ByteReader) -> None:
    while reader.position < reader.size:
        subsection, length = reader.read_byte(), reader.read_length()
        content = ByteReader(reader.read_bytes(length))
        if subsection == MODULE_NAME:
            name = content.read_name()
            if len(name.encode()) > MAX_NAME_BYTES:
                raise RefusedModule(f"a module's name has over {MAX_NAME_BYTES} bytes")
        elif subsection in NAME_MAPS:
            _read_map(content)
        elif subsection in (LOCAL_NAMES, LABEL_NAMES):
            for _ in range(content.read_length()):
                content.read_u32()
                _read_map(content)
        else:
            continue
        if content.position != content.size:
            raise content.malformed("bytes after a subsection")


def _read_map(reader: ByteReader) -> None:
    for _ in range(reader.read_length()):
        reader.read_u32()
        reader.read_name()
