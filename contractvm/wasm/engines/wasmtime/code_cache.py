"""A cache of compiled code on disk, which uses an entry only if it matches exactly.

A file is a header that says from what and by what the code was made, the SHA-256 of the
code, and the code. A file with any fault is deleted, and the module compiled again. The
directory, and the path to it, must belong to the user alone: anyone who can write
the code can make this process run their own, and no hash in the same file would help.
Files with other names are left alone.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from hashlib import sha256
from json import dumps
from pathlib import Path
from threading import get_ident

from platformdirs import user_cache_dir

from contractvm.errors import ContractVmError
from contractvm.wasm.engines.wasmtime.own_directory import (
    NotOwn,
    is_own,
    open_own_directory,
)

DIRECTORY_VARIABLE = "CONTRACTVM_CACHE"
FORMAT = b"contractvm compiled code 1\n"
DIGEST_BYTES = 32
MAX_CACHE_BYTES = 512 << 20
# Only files with such a name are entries, or entries left unfinished by a process.
ENTRY = re.compile(r"[0-9a-f]{64}(?:\.\d+\.\d+)?")


class CacheRefused(ContractVmError):
    """The cache's directory cannot be trusted or used, so nothing is cached."""

    def __init__(self, directory: str, reason: str) -> None:
        super().__init__(f"{directory}: {reason}: compiled code is not kept there")
        self.directory = directory
        self.reason = reason


class CodeCache:
    """Compiled code in a directory that many processes may use at the same time.

    An unreadable entry counts as missing, and one that cannot be written is dropped;
    neither is an error. Above `max_bytes`, the least recently used entries go first.
    """

    def __init__(self, directory: Path, max_bytes: int = MAX_CACHE_BYTES) -> None:
        """Create the directory if it is missing; raises CacheRefused."""
        self._max_bytes = max_bytes
        # From here on files are found through this number, not by a path that somebody
        # could lead elsewhere.
        try:
            self._folder = open_own_directory(directory)
        except NotOwn as error:
            is_itself = error.place == str(directory.absolute())
            reason = "not this user's alone" if is_itself else str(error)
            raise CacheRefused(str(directory), reason) from None
        except OSError as error:
            reason = (error.strerror or "not usable").lower()
            raise CacheRefused(str(directory), reason) from None

    def __del__(self) -> None:
        folder = vars(self).pop("_folder", None)
        if folder is not None:
            os.close(folder)

    def load(self, key: Mapping[str, str]) -> bytes | None:
        """The code for a key; None if there is none that can be trusted."""
        name = file_name(key)
        try:
            content = self._read(name)
        except OSError:
            return None
        code = checked_code(content, header_of(key))
        if code is None:
            self._remove(name)
        return code

    def store(self, key: Mapping[str, str], code: bytes) -> None:
        """Store code for a key, atomically."""
        header = header_of(key)
        content = b"".join((header, sha256(code).digest(), code))
        if len(content) > self._max_bytes:
            return
        name = file_name(key)
        unfinished = f"{name}.{os.getpid()}.{get_ident()}"
        try:
            self._write(unfinished, content)
            os.replace(
                unfinished, name, src_dir_fd=self._folder, dst_dir_fd=self._folder
            )
            self._trim()
        except OSError:
            self._remove(unfinished)

    def drop(self, key: Mapping[str, str]) -> None:
        """Remove the code for a key."""
        self._remove(file_name(key))

    def _read(self, name: str) -> bytes:
        # Nothing to wait for in a file; a pipe in its place would block forever.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        with open(os.open(name, flags, dir_fd=self._folder), "rb") as file:
            facts = os.fstat(file.fileno())
            if not is_own(facts) or not stat.S_ISREG(facts.st_mode):
                return b""  # as good as damaged
            os.utime(file.fileno())
            return file.read()

    def _write(self, name: str, content: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(name, flags, 0o600, dir_fd=self._folder), "wb") as file:
            file.write(content)

    def _remove(self, name: str) -> None:
        # Another process may have been quicker.
        with suppress(OSError):
            os.unlink(name, dir_fd=self._folder)

    def _trim(self) -> None:
        """Remove the least recently used files until the rest is small enough.

        This includes files that a process left unfinished.
        """
        found = sorted(self._files())
        total = sum(size for _, _, size in found)
        for _, name, size in found:
            if total <= self._max_bytes:
                return
            self._remove(name)
            total -= size

    def _files(self) -> Iterator[tuple[int, str, int]]:
        """Time of last use, name and size of each of the cache's files."""
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if not ENTRY.fullmatch(entry.name):
                    continue
                try:
                    facts = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                yield facts.st_mtime_ns, entry.name, facts.st_size


def header_of(key: Mapping[str, str]) -> bytes:
    """The first lines of a file: the format, and all that the key says."""
    return FORMAT + dumps(dict(key), sort_keys=True).encode() + b"\n"


def file_name(key: Mapping[str, str]) -> str:
    """The file name of a key."""
    return sha256(header_of(key)).hexdigest()


def checked_code(content: bytes, header: bytes) -> bytes | None:
    """The code in a file; None unless the file is complete and has this header."""
    start = len(header) + DIGEST_BYTES
    digest, code = content[len(header) : start], content[start:]
    if not content.startswith(header) or sha256(code).digest() != digest:
        return None
    return code


def default_cache() -> CodeCache | None:
    """The user's cache, or the one in CONTRACTVM_CACHE; None if that is set but empty.

    Raises CacheRefused.
    """
    named = os.environ.get(DIRECTORY_VARIABLE)
    if named == "":
        return None
    directory = named or user_cache_dir("contractvm")
    return CodeCache(Path(directory).joinpath("compiled"))
