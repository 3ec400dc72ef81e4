"""Database errors: one class per reason.

The first group is for the user to fix (another path, another process to end); the
second is a failure of the machine, never a contract's fault.
"""

from contractvm.errors import ContractVmError, InternalError


class DatabaseUnavailable(ContractVmError):
    """The database at `path` cannot be opened; nothing was created or changed."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"database {path}: {reason}")
        self.path = path
        self.reason = reason


class DatabaseLocked(DatabaseUnavailable):
    """Another process, or another part of this one, has the database open.

    `pid` is the other process, None where the system does not say, or it is this one.
    `is_own` says that it is this one.
    """

    def __init__(
        self, path: str, pid: int | None = None, *, is_own: bool = False
    ) -> None:
        name = "" if pid is None else f" (pid {pid})"
        super().__init__(
            path, f"already open in another process{name}; end that one first"
        )
        self.pid = pid
        self.is_own = is_own


class DatabaseNotFound(DatabaseUnavailable):
    """There is no database at the path, and none may be created."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "does not exist")


class LevelDbMissing(DatabaseUnavailable):
    """The library that opens databases on disk is not there, or does not load.

    `fault` is what Python said when it was imported.
    """

    def __init__(self, path: str, fault: str) -> None:
        super().__init__(
            path,
            f"plyvel does not load ({fault}); install it: pip install plyvel. Where it"
            " has no wheel, it needs LevelDB first: apt-get install libleveldb-dev",
        )
        self.fault = fault


class DatabasePathInvalid(DatabaseUnavailable):
    """The path is a file, cannot be created, or may not be read."""


class DatabaseNotWritable(DatabaseUnavailable):
    """A database that is there may not be written; reading it may work."""


class NoSpaceToOpen(DatabaseUnavailable):
    """The disk is full: not even opening the database for writing works."""


class NoRoomToRead(DatabaseUnavailable):
    """No temporary directory takes the copies that reading needs.

    `faults` says why, by directory; `needed_bytes` is their size.
    """

    def __init__(self, path: str, needed_bytes: int, faults: dict[str, str]) -> None:
        tried = ", ".join(f"{place}: {reason}" for place, reason in faults.items())
        super().__init__(
            path,
            f"to read it, {needed_bytes} bytes are copied to a temporary directory,"
            f" and none takes them ({tried})",
        )
        self.needed_bytes = needed_bytes
        self.faults = faults


class ForeignDirectory(DatabaseUnavailable):
    """The directory contains something that is not a database of this project."""


class DatabaseVersionMismatch(DatabaseUnavailable):
    """The database was written in another format."""

    def __init__(self, path: str, found: str, expected: str) -> None:
        reason = f"has format version {found}, this program needs {expected}"
        super().__init__(path, reason)
        self.found = found
        self.expected = expected


class DatabaseDamaged(InternalError):
    """What the database holds under `key` is not what was written there."""

    def __init__(self, key: bytes, reason: str) -> None:
        super().__init__(f"database damaged at key {key.hex() or '(any)'}: {reason}")
        self.key = key
        self.reason = reason


class DatabaseWriteFailed(InternalError):
    """A batch could not be written; as it is atomic, none of it was."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"database {path}: write failed: {reason}")
        self.path = path
        self.reason = reason


class DiskFull(DatabaseWriteFailed):
    """There was no room for a batch."""


class DatabaseReadOnly(InternalError):
    """Something tried to write to a database that was opened for reading."""

    def __init__(self, path: str) -> None:
        super().__init__(f"database {path} was opened for reading")
        self.path = path


class DatabaseClosed(InternalError):
    """The database was used after close()."""

    def __init__(self) -> None:
        super().__init__("database is closed")
