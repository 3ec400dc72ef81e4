"""Lists of directories."""

from struct import pack

import pytest

from contractvm.errors import Trap
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink
from contractvm.hosts.wasi.limits import WasiLimits
from contractvm.hosts.wasi.rights import DIRECTORY_RIGHTS, Right
from contractvm.wasm.structure.types import PAGE_BYTES
from tests.helpers.wasi import DATA, PAGES, RESULT, Program

TREE = FileTree({"b": b"1", "a": SymbolicLink("b"), "\u00e9": None, "B": b""})


def entry(place: int, inode: int, name: bytes, kind: int) -> bytes:
    return pack("<QQIBxxx", place + 1, inode, len(name), kind) + name


LIST = [
    entry(0, 1, b".", 3),
    entry(1, 1, b"..", 3),
    entry(2, 2, b"B", 4),
    entry(3, 3, b"a", 7),
    entry(4, 4, b"b", 4),
    entry(5, 5, "\u00e9".encode(), 3),
]
WHOLE = b"".join(LIST)


def read(program: Program, length: int, cookie: int, fd: int = 3) -> bytes:
    assert program.call("fd_readdir", fd, DATA, length, cookie, RESULT) == 0
    return program.get(DATA, program.u32())


def test_a_list_is_in_the_order_of_bytes(engine: str) -> None:
    program = Program(engine, mounts={"m": TREE})
    assert read(program, 1_000, 0) == WHOLE
    assert program.gas == 30 + 6 + 6 * 5 + -(-len(WHOLE) // 32)


@pytest.mark.parametrize("cookie", range(8))
def test_a_cookie_indexes_the_list(engine: str, cookie: int) -> None:
    program = Program(engine, mounts={"m": TREE})
    read(program, 0, 0)
    assert program.gas == 30 + 6
    rest = b"".join(LIST[cookie:])
    assert read(program, 1_000, cookie) == rest
    listed = 6 if cookie == 0 else 0
    assert program.gas == 30 + listed + 5 * len(LIST[cookie:]) + -(-len(rest) // 32)


@pytest.mark.parametrize("length", [0, 1, 24, 25, 26, 51, len(WHOLE) - 1, len(WHOLE)])
def test_the_buffer_is_filled_to_its_end(engine: str, length: int) -> None:
    program = Program(engine, mounts={"m": TREE})
    assert read(program, length, 0) == WHOLE[:length]
    seen = next(n for n in range(7) if len(b"".join(LIST[:n])) >= length)
    assert program.gas == 30 + 6 + 5 * seen + -(-length // 32)


def test_a_cookie_beyond_the_list_gives_nothing(engine: str) -> None:
    program = Program(engine, mounts={"m": TREE})
    assert read(program, 1_000, 2**64 - 1) == b""
    assert program.gas == 30 + 6
    assert read(program, 1_000, 2**64 - 1) == b""
    assert program.gas == 30


def test_the_list_is_of_the_time_of_cookie_0(engine: str) -> None:
    tree = FileTree(dict(TREE), writable=True)
    program = Program(engine, mounts={"m": tree})
    read(program, 0, 0)
    assert program.call("path_unlink_file", 3, *program.path("b")) == 0
    assert program.opened("aa", 1) == 4
    assert read(program, 1_000, 2) == LIST[2] + LIST[3] + LIST[5]
    assert program.gas == 30 + 5 * 4 + 3
    kept = [LIST[2], LIST[3], entry(4, 6, b"aa", 4), LIST[5]]
    assert read(program, 1_000, 0) == LIST[0] + LIST[1] + b"".join(kept)


def test_each_descriptor_has_a_list_of_its_own(engine: str) -> None:
    program = Program(engine, mounts={"m": FileTree(writable=True)})
    first = program.opened(".", 2, DIRECTORY_RIGHTS)
    read(program, 0, 0, first)
    program.opened("new", 1)
    assert read(program, 99, 2, first) == b""
    assert read(program, 99, 2) == entry(2, 2, b"new", 4)


def test_the_parent_of_a_directory_is_in_its_list(engine: str) -> None:
    program = Program(engine, mounts={"m": FileTree({"d/e": None, "d/f": b""})})
    fd = program.opened("d/e", 2, DIRECTORY_RIGHTS)
    assert read(program, 99, 0, fd) == entry(0, 3, b".", 3) + entry(1, 2, b"..", 3)


def test_only_directories_have_lists(engine: str) -> None:
    program = Program(engine, mounts={"m": TREE})
    fd = program.opened("b")
    for number in (0, fd):
        answer = program.call("fd_readdir", number, DATA, 9, 0, RESULT)
        assert (answer, program.gas) == (Errno.NOTDIR, 30)
    fewer = DIRECTORY_RIGHTS & ~Right.FD_READDIR
    assert program.call("fd_fdstat_set_rights", 3, fewer, 0) == 0
    answer = program.call("fd_readdir", 3, DATA, 9, 0, RESULT)
    assert (answer, program.gas) == (Errno.NOTCAPABLE, 30)


def test_a_buffer_outside_memory_traps(engine: str) -> None:
    program = Program(engine, mounts={"m": TREE})
    end = PAGES * PAGE_BYTES
    assert program.call("fd_readdir", 3, end - 5, 5, 0, RESULT) == 0
    with pytest.raises(Trap):
        program.call("fd_readdir", 3, end - 5, 6, 0, RESULT)
    assert program.gas == 30


def test_a_list_moves_no_more_than_the_limit(engine: str) -> None:
    program = Program(engine, mounts={"m": TREE}, limits=WasiLimits(call_bytes=50))
    assert program.call("fd_readdir", 3, DATA, 51, 0, RESULT) == Errno.INVAL
    assert program.gas == 30
    assert read(program, 50, 0) == WHOLE[:50]


def test_the_list_of_a_removed_directory_has_no_names(engine: str) -> None:
    program = Program(engine, mounts={"m": FileTree({"d": None}, writable=True)})
    fd = program.opened("d", 2, DIRECTORY_RIGHTS)
    assert program.call("path_remove_directory", 3, *program.path("d")) == 0
    assert len(read(program, 999, 0, fd)) == 2 * 24 + 3
    assert program.open("x", 1, fd=fd) == Errno.NOENT
