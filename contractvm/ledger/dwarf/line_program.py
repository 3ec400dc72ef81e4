"""Line programs: what a line table's bytes say, address by address.

A row takes a byte of the program at least, so rows are at most as many as bytes.
"""

from array import array
from collections.abc import Callable
from typing import ClassVar

from contractvm.ledger.dwarf.cursor import Cursor, Unreadable, WorkUsedUp
from contractvm.ledger.dwarf.line_table import OLD_FILES, LineTable, skip_old_entry

MAX_NUMBER = (1 << 32) - 1
# What linkers write as the address of dropped code.
DROPPED = (0, MAX_NUMBER - 1, MAX_NUMBER)
LAST_SPECIAL = 255
END_SEQUENCE, SET_ADDRESS, DEFINE_FILE = 1, 2, 3


class Rows:
    """Rows in columns; a sequence is a run of rows whose addresses do not fall.

    Files are numbers into `names`; name 0 is that of no file, and line 0 no line.
    """

    def __init__(self) -> None:
        self.addresses = array("I")
        self.files = array("I")
        self.lines = array("I")
        self.names = {"": 0}
        self.sequences: list[tuple[int, int]] = []

    def add(self, address: int, file: int, line: int) -> None:
        """One row more."""
        self.addresses.append(address)
        self.files.append(file)
        self.lines.append(line)

    def drop_from(self, start: int) -> None:
        """Forget the rows from a number on."""
        for column in (self.addresses, self.files, self.lines):
            del column[start:]


class LineProgram:
    """The state machine that a line table's program drives."""

    def __init__(
        self,
        table: LineTable,
        cursor: Cursor,
        name_of: Callable[[int], str],
        rows: Rows,
    ) -> None:
        self._table = table
        self._cursor = cursor
        self._name_of = name_of
        self._rows = rows
        self._files: dict[int, int] = {}
        self._fault: Unreadable | None = None
        self._begin()

    def _begin(self) -> None:
        self._address, self._file, self._line = 0, 1, 1
        self._start = len(self._rows.addresses)
        self._first: int | None = None  # the sequence's first address
        self._last = 0
        self._has_fallen = False

    def run(self) -> None:
        """Add the rows of the table; raises Unreadable and WorkUsedUp.

        The rows of a sequence read before a fault are kept: it ends where its last row
        begins. A damaged sequence or file does not affect the others.
        """
        try:
            self._run()
            if self._first is not None:
                raise Unreadable("it ends within a sequence")
        except (Unreadable, WorkUsedUp):
            self._address = self._last
            self._end_sequence()
            raise
        if self._fault is not None:
            raise self._fault

    def _run(self) -> None:
        cursor, first_special = self._cursor, self._table.first_special
        data, end, spend = cursor.data, cursor.end, cursor.work.spend
        standard = self.STANDARD
        while cursor.position < end:
            opcode = data[cursor.position]
            spend(1)
            cursor.position += 1
            if opcode >= first_special:
                self._advance_special(opcode)
                self._add_row()
            elif not opcode:
                self._extended()
            elif opcode in standard:
                standard[opcode](self)
            else:
                for _ in range(self._table.opcode_lengths[opcode - 1]):
                    cursor.uleb()

    # Rows

    def _add_row(self) -> None:
        address = self._address
        if self._first is None:
            self._first = address
        if self._first in DROPPED or self._has_fallen:
            return
        if not self._last <= address <= MAX_NUMBER:
            self._has_fallen = True
            return
        self._last = address
        file = self._files.get(self._file)
        if file is None:
            file = self._new_file()
        line = self._line if 0 < self._line <= MAX_NUMBER else 0
        self._rows.add(address, file, line if file else 0)

    def _new_file(self) -> int:
        names = self._rows.names
        try:
            name = self._name_of(self._file)
        except Unreadable as reason:
            name, self._fault = "", self._fault or reason
        self._files[self._file] = names.setdefault(name, len(names))
        return self._files[self._file]

    def _end_sequence(self) -> None:
        rows = self._rows
        is_dropped = self._first is None or self._first in DROPPED
        if not is_dropped and not self._last <= self._address <= MAX_NUMBER:
            self._has_fallen = True
        if is_dropped or self._has_fallen:
            rows.drop_from(self._start)
        else:
            rows.add(self._address, 0, 0)
            rows.sequences.append((self._start, len(rows.addresses)))
        if self._has_fallen and self._fault is None:
            self._fault = Unreadable("the addresses of a sequence fall")
        self._begin()

    # Opcodes

    def _advance(self, count: int) -> None:
        self._address += count * self._table.instruction_length

    def _advance_special(self, opcode: int) -> None:
        table = self._table
        if not table.line_range:
            raise Unreadable("its line range is 0")
        count, line = divmod(opcode - table.first_special, table.line_range)
        self._address += count * table.instruction_length
        self._line += table.line_base + line

    def _advance_pc(self) -> None:
        self._advance(self._cursor.uleb())

    def _advance_line(self) -> None:
        self._line += self._cursor.sleb()

    def _set_file(self) -> None:
        self._file = self._cursor.uleb()

    def _const_add_pc(self) -> None:
        line = self._line
        self._advance_special(LAST_SPECIAL)
        self._line = line

    def _fixed_advance_pc(self) -> None:
        self._address += self._cursor.fixed(2)

    def _skip_number(self) -> None:
        self._cursor.uleb()

    def _skip_nothing(self) -> None:
        """Ignore an opcode about an unused field of a row."""

    def _extended(self) -> None:
        cursor, table_end = self._cursor, self._cursor.end
        length = cursor.uleb()
        if length > cursor.bytes_left:
            raise Unreadable("an instruction is longer than the table")
        if not length:
            return
        cursor.end = cursor.position + length
        opcode = cursor.fixed(1)
        if opcode == END_SEQUENCE:
            self._end_sequence()
        elif opcode == SET_ADDRESS:
            self._address = cursor.fixed(min(length - 1, 8))
        elif opcode == DEFINE_FILE and self._table.encoding.version < 5:
            self._table.files.places.append(cursor.position)
            skip_old_entry(cursor, OLD_FILES)
        cursor.position, cursor.end = cursor.end, table_end

    STANDARD: ClassVar[dict[int, Callable[["LineProgram"], None]]] = {
        1: _add_row,
        2: _advance_pc,
        3: _advance_line,
        4: _set_file,
        5: _skip_number,  # the column
        6: _skip_nothing,  # is_stmt
        7: _skip_nothing,  # basic_block
        8: _const_add_pc,
        9: _fixed_advance_pc,
        10: _skip_nothing,  # prologue_end
        11: _skip_nothing,  # epilogue_begin
        12: _skip_number,  # isa
    }
