"""Compiled code on disk: an entry is used only where it is exactly what was asked for.

A file is a header that says what the code was made from and by what, the SHA-256 of the
code, and the code. Whatever is not as it should be is deleted, and compiled anew. The
directory belongs to the user alone, and so does the way to it: code that somebody else
could write is code that somebody else could have this process run, and no hash in the
same file would help. Files of other names are left alone.
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
# Only what has such a name is an entry, or what a process left unfinished of one.
ENTRY = re.compile(r"[0-9a-f]{64}(?:\.\d+\.\d+)?")


class CacheRefused(ContractVmError):
    """The cache's directory cannot be trusted or used; code is compiled each time."""

    def __init__(self, directory: str, reason: str) -> None:
        super().__init__(f"{directory}: {reason}: compiled code is not kept there")
        self.directory = directory
        self.reason = reason


class CodeCache:
    """Compiled code in a directory; many processes may use it at the same time.

    What cannot be read is not there, what cannot be written is not kept: neither is an
    error. Beyond `max_bytes`, what was not used for longest goes first.
    """

    def __init__(self, directory: Path, max_bytes: int = MAX_CACHE_BYTES) -> None:
        """Create the directory where it is missing; raises CacheRefused."""
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
        """The code under a key, None where there is none that can be trusted."""
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
        """Keep code under a key; all of it is there at once, or nothing."""
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
        """Remove what is kept under a key."""
        self._remove(file_name(key))

    def _read(self, name: str) -> bytes:
        # Nothing to wait for in a file; a pipe in its place would keep us for ever.
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
        """Remove what was not used for longest until the rest is small enough.

        Files that a process left unfinished are among them.
        """
        found = sorted(self._files())
        total = sum(size for _, _, size in found)
        for _, name, size in found:
            if total <= self._max_bytes:
                return
            self._remove(name)
            total -= size

    def _files(self) -> Iterator[tuple[int, str, int]]:
        """Time of last use, name and size of each file that is the cache's."""
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
    """Where the code under a key is."""
    return sha256(header_of(key)).hexdigest()


def checked_code(content: bytes, header: bytes) -> bytes | None:
    """The code of a file; None unless the file is whole and has this header."""
    start = len(header) + DIGEST_BYTES
    digest, code = content[len(header) : start], content[start:]
    if not content.startswith(header) or sha256(code).digest() != digest:
        return None
    return code


def default_cache() -> CodeCache | None:
    """The user's cache, or the one that CONTRACTVM_CACHE names; None where it is empty.

    Raises CacheRefused.
    """
    named = os.environ.get(DIRECTORY_VARIABLE)
    if named == "":
        return None
    directory = named or user_cache_dir("contractvm")
    return CodeCache(Path(directory).joinpath("compiled"))
