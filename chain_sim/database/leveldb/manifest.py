"""Reader of LevelDB's MANIFEST: the database's tables, and the logs that follow."""

from enum import IntEnum

from msgspec import Struct, field

from chain_sim.database.leveldb.varints import UnreadableNumber, VarintReader


class Tag(IntEnum):
    """The number before each field of an edit."""

    COMPARATOR = 1
    LOG_NUMBER = 2
    NEXT_FILE = 3
    LAST_SEQUENCE = 4
    COMPACT_POINTER = 5
    DELETED_FILE = 6
    NEW_FILE = 7
    PREVIOUS_LOG = 9


class Manifest(Struct):
    """The sum of all edits of a MANIFEST; sizes of tables in bytes.

    `log_number` is the oldest log that still counts, 0 before the first.
    """

    log_number: int = 0
    table_sizes: dict[int, int] = field(default_factory=dict)

    def apply(self, edit: bytes) -> None:
        """Add one record; UnreadableNumber if it isn't an edit."""
        reader = VarintReader(edit)
        while not reader.is_at_end:
            self._apply_field(reader)

    def _apply_field(self, reader: VarintReader) -> None:
        match reader.number():
            case Tag.COMPARATOR:
                reader.string()
            case Tag.LOG_NUMBER:
                self.log_number = reader.number()
            case Tag.NEXT_FILE | Tag.LAST_SEQUENCE | Tag.PREVIOUS_LOG:
                reader.number()
            case Tag.COMPACT_POINTER:
                reader.number()
                reader.string()
            case Tag.DELETED_FILE:
                reader.number()
                self.table_sizes.pop(reader.number(), None)
            case Tag.NEW_FILE:
                reader.number()
                number = reader.number()
                self.table_sizes[number] = reader.number()
                reader.string()
                reader.string()
            case _:
                raise UnreadableNumber
