"""Handwritten debug information: line tables, units, and modules that have them."""

from collections.abc import Sequence

from contractvm.wasm.structure.module import CustomSection, Module
from tests.helpers.module_bytes import custom

LINE_BASE, LINE_RANGE, FIRST_SPECIAL = -5, 14, 13
OPCODE_LENGTHS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])

COPY = b"\x01"
NEGATE_STMT, BASIC_BLOCK, CONST_ADD_PC = b"\x06", b"\x07", b"\x08"
PROLOGUE_END, EPILOGUE_BEGIN = b"\x0a", b"\x0b"


def uleb(number: int) -> bytes:
    encoded = bytearray()
    while number >= 0x80:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def sleb(number: int) -> bytes:
    encoded = bytearray()
    while not -64 <= number < 64:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number & 0x7F])


def little(number: int, size: int) -> bytes:
    return number.to_bytes(size, "little")


def prefixed(content: bytes, *, wide: bool = False) -> bytes:
    """With its length, in the 32- or the 64-bit format."""
    size = len(content)
    return (
        b"\xff" * 4 + little(size, 8) + content if wide else little(size, 4) + content
    )


# Programs


def advance_pc(count: int) -> bytes:
    return b"\x02" + uleb(count)


def advance_line(count: int) -> bytes:
    return b"\x03" + sleb(count)


def set_file(number: int) -> bytes:
    return b"\x04" + uleb(number)


def set_column(number: int) -> bytes:
    return b"\x05" + uleb(number)


def fixed_advance_pc(count: int) -> bytes:
    return b"\x09" + little(count, 2)


def set_isa(number: int) -> bytes:
    return b"\x0c" + uleb(number)


def special(addresses: int, lines: int) -> bytes:
    """One byte that advances address and line, and adds a row."""
    return bytes([lines - LINE_BASE + LINE_RANGE * addresses + FIRST_SPECIAL])


def extended(opcode: int, operands: bytes = b"") -> bytes:
    return b"\0" + uleb(len(operands) + 1) + bytes([opcode]) + operands


def set_address(address: int, size: int = 4) -> bytes:
    return extended(2, little(address, size))


END = extended(1)


def simple_program(address: int = 16, line: int = 7) -> bytes:
    """Rows at `address` and 4 after it, lines `line` and `line` + 1; 6 bytes long."""
    return (
        set_address(address)
        + advance_line(line - 1)
        + COPY
        + special(4, 1)
        + advance_pc(2)
        + END
    )


# Tables


def old_files(folders: Sequence[bytes], files: Sequence[tuple[bytes, int]]) -> bytes:
    """Folders and files as before version 5."""
    return b"".join(
        [
            *(folder + b"\0" for folder in folders),
            b"\0",
            *(name + b"\0" + uleb(folder) + b"\0\0" for name, folder in files),
            b"\0",
        ]
    )


def entries(entry_format: Sequence[tuple[int, int]], values: Sequence[bytes]) -> bytes:
    """Folders or files of version 5: (content type, form) pairs, then the entries."""
    pairs = b"".join(uleb(kind) + uleb(form) for kind, form in entry_format)
    count = uleb(len(values))
    return bytes([len(entry_format)]) + pairs + count + b"".join(values)


SIMPLE_FILES = old_files([], [(b"a.c", 0)])
# Number 1 is the program's own file, as in older versions.
SIMPLE_FILES_5 = entries([(1, 8)], [b"\0"]) + entries([(1, 8)], [b"b.c\0", b"a.c\0"])


def line_table(
    program: bytes,
    files: bytes | None = None,
    *,
    version: int = 4,
    wide: bool = False,
    instruction_length: int = 1,
    line_range: int = LINE_RANGE,
    opcode_lengths: bytes = OPCODE_LENGTHS,
) -> bytes:
    if files is None:
        files = SIMPLE_FILES_5 if version == 5 else SIMPLE_FILES
    header = b"".join(
        [
            bytes([instruction_length]),
            b"\1" if version >= 4 else b"",
            b"\1",
            bytes([LINE_BASE & 0xFF, line_range, len(opcode_lengths) + 1]),
            opcode_lengths,
            files,
        ]
    )
    start = little(version, 2) + (b"\4\0" if version == 5 else b"")
    length = little(len(header), 8 if wide else 4)
    return prefixed(start + length + header + program, wide=wide)


# Units

# stmt_list and comp_dir in the forms of version 4: sec_offset and string.
ABBREVIATIONS = b"\1\x11\0\x10\x17\x1b\x08\0\0\0"


def unit(
    values: bytes, *, version: int = 4, abbreviations: int = 0, wide: bool = False
) -> bytes:
    """A unit with one entry of abbreviation 1."""
    offset = little(abbreviations, 8 if wide else 4)
    header = b"\1\4" + offset if version == 5 else offset + b"\4"
    return prefixed(little(version, 2) + header + b"\1" + values, wide=wide)


def simple_unit(table: int, folder: bytes = b"/src", *, wide: bool = False) -> bytes:
    """A unit whose abbreviations are ABBREVIATIONS."""
    return unit(little(table, 8 if wide else 4) + folder + b"\0", wide=wide)


def debug_module(line: bytes | None, **sections: bytes) -> Module:
    """A module with `.debug_line`, `.debug_info` and others by their short names."""
    contents = {f"debug_{name}": content for name, content in sections.items()}
    if line is not None:
        contents["debug_line"] = line
    return Module(
        custom_sections=tuple(
            CustomSection(f".{name}", content, 0) for name, content in contents.items()
        )
    )


def with_line_tables(code: bytes, *tables: bytes) -> bytes:
    """A module's bytes followed by a `.debug_line` of these tables."""
    return code + custom(".debug_line", b"".join(tables))
