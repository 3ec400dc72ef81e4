"""The same operations on a tree of WASI and on a directory of this machine."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from struct import unpack_from
from typing import Any

from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.layouts import DIRENT
from contractvm.hosts.wasi.rights import DIRECTORY_RIGHTS, INHERITED_RIGHTS, Right
from tests.helpers.wasi import DATA, RESULT, SECOND_PATH, DirectProgram

CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8
APPEND = 1
READS = Right.FD_READ | Right.FD_SEEK | Right.FD_TELL | Right.FD_FILESTAT_GET
WRITES = Right.FD_WRITE | Right.FD_FILESTAT_SET_SIZE
FILE_TYPES = {stat.S_IFREG: 4, stat.S_IFDIR: 3, stat.S_IFLNK: 7}
Answer = tuple[Any, ...]
"""The errno's name, then what the operation gives."""


class Refused(Exception):
    """An operation answered with an errno."""


class GuestFiles:
    """Operations as a program does them; descriptors are counted from 0, the root."""

    def __init__(self) -> None:
        self.program = DirectProgram(mounts={"root": FileTree(writable=True)})
        self.descriptors = [3]

    def _do(self, name: str, *arguments: int) -> None:
        answer = Errno(self.program.call(name, *arguments))
        if answer:
            raise Refused(answer.name)

    def open(self, at: int, path: str, *how: int) -> None:
        ways, writes, follow, flags = how
        # What does not fit the type of what is opened is left out.
        rights = READS | DIRECTORY_RIGHTS | (WRITES if writes else 0)
        where, length = self.program.path(path)
        fd = self.descriptors[at]
        self._do(
            "path_open",
            *(fd, follow, where, length, ways, rights, INHERITED_RIGHTS, flags, RESULT),
        )
        self.descriptors.append(self.program.u32())

    def close(self, at: int) -> None:
        self._do("fd_close", self.descriptors.pop(at))

    def read(self, at: int, length: int) -> bytes:
        iovs = self.program.iovs((DATA, length))
        self._do("fd_read", self.descriptors[at], *iovs, RESULT)
        return self.program.get(DATA, self.program.u32())

    def write(self, at: int, data: bytes) -> int:
        self.program.put(DATA, data)
        half = len(data) // 2
        iovs = self.program.iovs((DATA, half), (DATA + half, len(data) - half))
        self._do("fd_write", self.descriptors[at], *iovs, RESULT)
        return self.program.u32()

    def seek(self, at: int, delta: int, whence: int) -> int:
        self._do("fd_seek", self.descriptors[at], delta % 2**64, whence, RESULT)
        return self.program.u64()

    def resize(self, at: int, size: int) -> None:
        self._do("fd_filestat_set_size", self.descriptors[at], size)

    def make_directory(self, at: int, path: str) -> None:
        self._do(
            "path_create_directory", self.descriptors[at], *self.program.path(path)
        )

    def unlink(self, at: int, path: str) -> None:
        self._do("path_unlink_file", self.descriptors[at], *self.program.path(path))

    def remove_directory(self, at: int, path: str) -> None:
        self._do(
            "path_remove_directory", self.descriptors[at], *self.program.path(path)
        )

    def symlink(self, target: str, at: int, path: str) -> None:
        self._do(
            "path_symlink",
            *self.program.path(target, SECOND_PATH),
            self.descriptors[at],
            *self.program.path(path),
        )

    def rename(self, at: int, old: str, to: int, new: str) -> None:
        self._do(
            "path_rename",
            self.descriptors[at],
            *self.program.path(old),
            self.descriptors[to],
            *self.program.path(new, SECOND_PATH),
        )

    def link(self, at: int, old: str, to: int, new: str) -> None:
        self._do(
            "path_link",
            self.descriptors[at],
            0,
            *self.program.path(old),
            self.descriptors[to],
            *self.program.path(new, SECOND_PATH),
        )

    def readlink(self, at: int, path: str) -> bytes:
        where = self.program.path(path)
        self._do("path_readlink", self.descriptors[at], *where, DATA, 5, RESULT)
        return self.program.get(DATA, self.program.u32())

    def stat(self, at: int, path: str, follow: int) -> Answer:
        where = self.program.path(path)
        self._do("path_filestat_get", self.descriptors[at], follow, *where, DATA)
        return self._stat()

    def fstat(self, at: int) -> Answer:
        self._do("fd_filestat_get", self.descriptors[at], DATA)
        return self._stat()

    def _stat(self) -> Answer:
        kind, links, size = unpack_from("<BxxxxxxxQQ", self.program.get(DATA, 64), 16)
        return (kind,) if kind == 3 else (kind, links, size)

    def list(self, at: int) -> list[tuple[bytes, int]]:
        self._do("fd_readdir", self.descriptors[at], DATA, 8192, 0, RESULT)
        data = self.program.get(DATA, self.program.u32())
        found = []
        while data:
            _, _, length, kind = DIRENT.unpack_from(data)
            found.append((data[DIRENT.size : DIRENT.size + length], kind))
            data = data[DIRENT.size + length :]
        assert [name for name, _ in found[:2]] == [b".", b".."]
        return found[2:]


class HostFiles:
    """The same operations by Linux, below a directory."""

    def __init__(self, root: Path) -> None:
        self.descriptors = [os.open(root, os.O_RDONLY)]

    def finish(self) -> None:
        for fd in self.descriptors:
            os.close(fd)

    def open(self, at: int, path: str, *how: int) -> None:
        ways, writes, follow, flags = how
        mode = os.O_RDWR if writes else os.O_RDONLY
        mode |= 0 if follow else os.O_NOFOLLOW
        for way, flag in (
            (CREATE, os.O_CREAT),
            (DIRECTORY, os.O_DIRECTORY),
            (EXCLUSIVE, os.O_EXCL),
            (TRUNCATE, os.O_TRUNC),
        ):
            mode |= flag if ways & way else 0
        mode |= os.O_APPEND if flags & APPEND else 0
        self.descriptors.append(os.open(path, mode, dir_fd=self.descriptors[at]))

    def close(self, at: int) -> None:
        os.close(self.descriptors.pop(at))

    def read(self, at: int, length: int) -> bytes:
        return os.read(self.descriptors[at], length)

    def write(self, at: int, data: bytes) -> int:
        return os.write(self.descriptors[at], data)

    def seek(self, at: int, delta: int, whence: int) -> int:
        return os.lseek(self.descriptors[at], delta, whence)

    def resize(self, at: int, size: int) -> None:
        os.ftruncate(self.descriptors[at], size)

    def make_directory(self, at: int, path: str) -> None:
        os.mkdir(path, dir_fd=self.descriptors[at])

    def unlink(self, at: int, path: str) -> None:
        os.unlink(path, dir_fd=self.descriptors[at])

    def remove_directory(self, at: int, path: str) -> None:
        os.rmdir(path, dir_fd=self.descriptors[at])

    def symlink(self, target: str, at: int, path: str) -> None:
        os.symlink(target, path, dir_fd=self.descriptors[at])

    def rename(self, at: int, old: str, to: int, new: str) -> None:
        first, second = self.descriptors[at], self.descriptors[to]
        os.rename(old, new, src_dir_fd=first, dst_dir_fd=second)

    def link(self, at: int, old: str, to: int, new: str) -> None:
        first, second = self.descriptors[at], self.descriptors[to]
        os.link(old, new, src_dir_fd=first, dst_dir_fd=second, follow_symlinks=False)

    def readlink(self, at: int, path: str) -> bytes:
        return os.readlink(path.encode(), dir_fd=self.descriptors[at])[:5]

    def stat(self, at: int, path: str, follow: int) -> Answer:
        fd = self.descriptors[at]
        return self._stat(os.stat(path, dir_fd=fd, follow_symlinks=bool(follow)))

    def fstat(self, at: int) -> Answer:
        return self._stat(os.fstat(self.descriptors[at]))

    def _stat(self, found: os.stat_result) -> Answer:
        kind = FILE_TYPES[stat.S_IFMT(found.st_mode)]
        return (kind,) if kind == 3 else (kind, found.st_nlink, found.st_size)

    def list(self, at: int) -> list[tuple[bytes, int]]:
        fd = self.descriptors[at]
        return [
            (name.encode(), self.stat(at, name, 0)[0])
            for name in sorted(os.listdir(fd))
        ]


def answer_of(operation: Callable[..., Any], arguments: tuple[Any, ...]) -> Answer:
    """What an operation answers, by the names of errnos."""
    try:
        return "SUCCESS", operation(*arguments)
    except Refused as refused:
        return (str(refused),)
    except OSError as error:
        name = errno.errorcode[error.errno or 0]
        return ("NOTEMPTY" if name == "ENOTEMPTY" else name.removeprefix("E"),)
