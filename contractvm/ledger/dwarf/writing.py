"""A writer of line tables, for modules whose lines are known from elsewhere."""

from collections.abc import Iterable

from contractvm.ledger.dwarf.line_program import END_SEQUENCE, SET_ADDRESS
from contractvm.ledger.dwarf.sections import LINE
from contractvm.wasm.structure.encoding import encode_signed, encode_unsigned

Row = tuple[int, str, int]  # address, file, line; no file and 0 where none is known

VERSION = 4
COPY, ADVANCE_PC, ADVANCE_LINE, SET_FILE = b"\x01", b"\x02", b"\x03", b"\x04"
# How many operands each standard instruction has.
OPERANDS = bytes([0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1])
# One byte an instruction, one operation each, lines from -3 in a range of 12.
SIZES = bytes([1, 1, 1, 0xFD, 12, len(OPERANDS) + 1])
CUSTOM = b"\0"


def with_lines(module: bytes, rows: Iterable[Row], end: int) -> bytes:
    """The module with a `.debug_line` of these rows; its code stays where it is.

    Rows are by rising address, which counts from the content of the code section; `end`
    is the address after the last.
    """
    name = LINE.encode()
    content = encode_unsigned(len(name)) + name + line_table(rows, end)
    return module + CUSTOM + encode_unsigned(len(content)) + content


def line_table(rows: Iterable[Row], end: int) -> bytes:
    """One table with one sequence."""
    files: dict[str, int] = {}
    program = bytearray()
    address, file, line = -1, 1, 1
    for next_address, path, next_line in rows:
        number = files.setdefault(path, len(files) + 1) if next_line else file
        if address < 0:
            program += extended(SET_ADDRESS, next_address.to_bytes(4, "little"))
        else:
            program += ADVANCE_PC + encode_unsigned(next_address - address)
        if number != file:
            program += SET_FILE + encode_unsigned(number)
        program += ADVANCE_LINE + encode_signed(next_line - line) + COPY
        address, file, line = next_address, number, next_line
    if address >= 0:
        program += ADVANCE_PC + encode_unsigned(max(end, address) - address)
        program += extended(END_SEQUENCE)
    # No folder, time or size of a file is known.
    names = b"".join(path.encode("utf-8", "replace") + bytes(4) for path in files)
    header = SIZES + OPERANDS + b"\0" + names + b"\0"
    length = len(header).to_bytes(4, "little")
    table = VERSION.to_bytes(2, "little") + length + header + bytes(program)
    return len(table).to_bytes(4, "little") + table


def extended(opcode: int, operands: bytes = b"") -> bytes:
    """An instruction that says its own length."""
    return b"\0" + encode_unsigned(len(operands) + 1) + bytes([opcode]) + operands
