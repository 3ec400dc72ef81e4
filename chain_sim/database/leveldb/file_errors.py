"""Damage in a LevelDB file: which file, where in it, and what is wrong."""

from chain_sim.database.errors import DatabaseDamaged


class FileDamaged(DatabaseDamaged):
    """A file of the database at `path` is not what LevelDB wrote.

    `offset` is the byte at which it stops making sense, None if the file is missing or
    wrong in its entirety.
    """

    def __init__(self, path: str, file: str, reason: str, offset: int | None) -> None:
        place = "" if offset is None else f" at byte {offset}"
        super().__init__(b"", f"{file}: {reason}{place}")
        self.args = (f"database {path} is damaged: {file}: {reason}{place}",)
        self.path = path
        self.file = file
        self.fault = reason
        self.offset = offset


class BatchesLost(DatabaseDamaged):
    """Fewer batches are there than were written and reported: a log was cut short."""

    def __init__(self, path: str, found: int, written: int) -> None:
        reason = f"{written - found} of {written} written batches are missing"
        super().__init__(b"", reason)
        self.args = (f"database {path} is damaged: {reason} from its log",)
        self.path = path
        self.found = found
        self.written = written
