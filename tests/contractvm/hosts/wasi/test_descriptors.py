"""Descriptors: numbers, flags, rights, sizes, times, mounts."""

from struct import pack, unpack

import pytest

from contractvm.hosts.wasi.clock import YEAR_2000
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.rights import (
    DIRECTORY_RIGHTS,
    FILE_RIGHTS,
    INHERITED_RIGHTS,
    STANDARD_INPUT_RIGHTS,
    STANDARD_OUTPUT_RIGHTS,
    Right,
)
from tests.helpers.wasi import DATA, RESULT, Program

MOUNTS = {"/": FileTree({"file": b"content"}, writable=True), "/data": FileTree()}
ATIM, ATIM_NOW, MTIM, MTIM_NOW = 1, 2, 4, 8


def with_file(engine: str, rights: int = FILE_RIGHTS) -> Program:
    """A program in which descriptor 5 is an open file."""
    program = Program(engine, mounts=MOUNTS)
    assert program.opened("file", 0, rights) == 5
    return program


def filestat(program: Program, fd: int) -> tuple[int, ...]:
    """Device, inode, type, links, size, three times."""
    assert program.call("fd_filestat_get", fd, RESULT) == 0
    assert program.gas == 10
    return unpack("<QQB7xQQQQQ", program.get(RESULT, 64))


def test_a_new_descriptor_takes_the_lowest_free_number(engine: str) -> None:
    program = with_file(engine)
    assert program.opened("file") == 6
    assert (program.call("fd_close", 5), program.gas) == (0, 10)
    assert program.call("fd_close", 0) == 0
    assert [program.opened("file") for _ in range(3)] == [0, 5, 7]


@pytest.mark.parametrize("fd", [6, 2**32 - 1])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("fd_close", ()),
        ("fd_renumber", (0,)),
        ("fd_fdstat_get", (RESULT,)),
        ("fd_fdstat_set_flags", (0,)),
        ("fd_fdstat_set_rights", (0, 0)),
        ("fd_filestat_get", (RESULT,)),
        ("fd_sync", ()),
        ("fd_datasync", ()),
        ("fd_advise", (0, 0, 0)),
        ("fd_allocate", (0, 1)),
        ("fd_seek", (0, 0, RESULT)),
        ("fd_tell", (RESULT,)),
    ],
)
def test_what_is_not_open_is_badf(
    engine: str, name: str, arguments: tuple[int, ...], fd: int
) -> None:
    program = with_file(engine)
    assert (program.call(name, fd, *arguments), program.gas) == (Errno.BADF, 10)


@pytest.mark.parametrize(
    ("name", "arguments", "gas"),
    [
        ("fd_filestat_set_size", (0,), 20),
        ("fd_filestat_set_times", (0, 0, 0), 15),
        ("fd_prestat_get", (RESULT,), 15),
        ("fd_prestat_dir_name", (DATA, 9), 15),
        ("fd_readdir", (DATA, 9, 0, RESULT), 30),
        ("fd_read", (DATA, 0, RESULT), 30),
        ("fd_pread", (DATA, 0, 0, RESULT), 30),
        ("fd_write", (DATA, 0, RESULT), 30),
        ("fd_pwrite", (DATA, 0, 0, RESULT), 30),
    ],
)
def test_what_is_not_open_is_badf_at_other_prices(
    engine: str, name: str, arguments: tuple[int, ...], gas: int
) -> None:
    program = with_file(engine)
    assert (program.call(name, 6, *arguments), program.gas) == (Errno.BADF, gas)


def test_renumbering_closes_the_target(engine: str) -> None:
    program = with_file(engine)
    assert (program.call("fd_renumber", 5, 1), program.gas) == (0, 10)
    assert program.call("fd_close", 5) == Errno.BADF
    assert program.read(1, 3) == b"con"
    assert program.call("fd_renumber", 1, 5) == Errno.BADF
    assert program.call("fd_renumber", 1, 1) == 0
    assert program.read(1, 4) == b"tent"


def test_a_renumbered_mount_stays_one(engine: str) -> None:
    program = with_file(engine)
    assert program.call("fd_renumber", 4, 5) == 0
    assert program.call("fd_prestat_get", 5, RESULT) == 0
    assert program.get(RESULT, 8) == pack("<BxxxI", 0, 5)
    assert program.call("fd_prestat_get", 4, RESULT) == Errno.BADF


@pytest.mark.parametrize(
    ("fd", "expected"),
    [
        (0, (0, 0, STANDARD_INPUT_RIGHTS, 0)),
        (1, (0, 0, STANDARD_OUTPUT_RIGHTS, 0)),
        (2, (0, 0, STANDARD_OUTPUT_RIGHTS, 0)),
        (3, (3, 0, DIRECTORY_RIGHTS, INHERITED_RIGHTS)),
        (5, (4, 0, FILE_RIGHTS, 0)),
    ],
)
def test_what_a_descriptor_is(engine: str, fd: int, expected: tuple[int, ...]) -> None:
    program = with_file(engine)
    program.put(RESULT, b"\xff" * 24)
    assert (program.call("fd_fdstat_get", fd, RESULT), program.gas) == (0, 10)
    assert unpack("<BxHxxxxQQ", program.get(RESULT, 24)) == expected


def test_streams_are_of_unknown_type_so_that_isatty_is_0(engine: str) -> None:
    program = Program(engine)
    assert program.call("fd_fdstat_get", 1, RESULT) == 0
    assert program.get(RESULT, 1) == b"\0"


@pytest.mark.parametrize(
    ("flags", "answer", "kept"),
    [
        (0, 0, 0),
        (1, 0, 1),
        (5, 0, 5),
        (2, Errno.NOTSUP, 4),
        (8, Errno.NOTSUP, 4),
        (17, Errno.NOTSUP, 4),
        (32, Errno.INVAL, 4),
        (34, Errno.INVAL, 4),
    ],
)
def test_append_and_nonblock_can_be_set(
    engine: str, flags: int, answer: int, kept: int
) -> None:
    program = with_file(engine)
    assert program.call("fd_fdstat_set_flags", 5, 4) == 0
    assert program.call("fd_fdstat_set_flags", 5, flags) == answer
    assert program.gas == 10
    assert program.call("fd_fdstat_get", 5, RESULT) == 0
    assert program.get(RESULT + 2, 2) == bytes([kept, 0])


def test_rights_can_only_become_fewer(engine: str) -> None:
    program = with_file(engine)
    fewer = FILE_RIGHTS & ~Right.FD_READ
    assert program.call("fd_fdstat_set_rights", 5, FILE_RIGHTS, 1) == Errno.NOTCAPABLE
    assert program.call("fd_fdstat_set_rights", 5, 2**64 - 1, 0) == Errno.NOTCAPABLE
    assert (program.call("fd_fdstat_set_rights", 5, fewer, 0), program.gas) == (0, 10)
    assert program.call("fd_fdstat_set_rights", 5, FILE_RIGHTS, 0) == Errno.NOTCAPABLE
    assert program.call("fd_fdstat_get", 5, RESULT) == 0
    assert program.u64(RESULT + 8) == fewer


def test_narrowed_rights_of_a_directory_are_inherited(engine: str) -> None:
    program = with_file(engine)
    inherited = INHERITED_RIGHTS & ~Right.FD_WRITE
    base = DIRECTORY_RIGHTS
    assert program.call("fd_fdstat_set_rights", 3, base, inherited) == 0
    assert program.open("file", 0, Right.FD_WRITE) == Errno.NOTCAPABLE
    assert program.open("file", 0, Right.FD_READ) == 0
    assert program.call("fd_fdstat_set_rights", 3, base & ~Right.PATH_OPEN, 0) == 0
    assert program.open("file") == Errno.NOTCAPABLE
    assert program.gas == 50


NEEDED = [
    ("fd_fdstat_set_flags", (0,), Right.FD_FDSTAT_SET_FLAGS),
    ("fd_filestat_get", (RESULT,), Right.FD_FILESTAT_GET),
    ("fd_filestat_set_size", (0,), Right.FD_FILESTAT_SET_SIZE),
    ("fd_filestat_set_times", (0, 0, 0), Right.FD_FILESTAT_SET_TIMES),
    ("fd_sync", (), Right.FD_SYNC),
    ("fd_datasync", (), Right.FD_DATASYNC),
    ("fd_advise", (0, 0, 0), Right.FD_ADVISE),
]


@pytest.mark.parametrize(("name", "arguments", "right"), NEEDED)
def test_each_function_needs_its_right(
    engine: str, name: str, arguments: tuple[int, ...], right: int
) -> None:
    program = with_file(engine)
    assert program.call("fd_fdstat_set_rights", 5, right, 0) == 0
    assert program.call(name, 5, *arguments) == 0
    program = with_file(engine)
    assert program.call("fd_fdstat_set_rights", 5, FILE_RIGHTS & ~right, 0) == 0
    assert program.call(name, 5, *arguments) == Errno.NOTCAPABLE


@pytest.mark.parametrize("name", ["fd_sync", "fd_datasync"])
@pytest.mark.parametrize("fd", [0, 1, 3, 5])
def test_everything_is_in_sync(engine: str, name: str, fd: int) -> None:
    program = with_file(engine)
    assert (program.call(name, fd), program.gas) == (0, 10)


@pytest.mark.parametrize(
    ("fd", "advice", "answer"),
    [
        (5, 0, 0),
        (5, 5, 0),
        (5, 6, Errno.INVAL),
        (3, 0, Errno.BADF),
        (0, 0, Errno.NOTCAPABLE),
    ],
)
def test_advice_is_taken_for_files(
    engine: str, fd: int, advice: int, answer: int
) -> None:
    program = with_file(engine)
    assert program.call("fd_advise", fd, 2**64 - 1, 2**64 - 1, advice) == answer
    assert program.gas == 10


def test_nothing_can_be_allocated(engine: str) -> None:
    program = with_file(engine)
    assert program.call("fd_allocate", 5, 0, 100) == Errno.NOTSUP
    assert program.gas == 10
    assert program.call("fd_allocate", 1, 0, 100) == Errno.NOTCAPABLE
    assert filestat(program, 5)[4] == 7


def test_what_a_file_is(engine: str) -> None:
    program = with_file(engine)
    start = (YEAR_2000,) * 3
    assert filestat(program, 5) == (1, 2, 4, 1, 7, *start)
    assert filestat(program, 3) == (1, 1, 3, 1, 0, *start)
    assert filestat(program, 4) == (2, 1, 3, 1, 0, *start)
    assert filestat(program, 0) == (0, 0, 0, 1, 0, 0, 0, 0)
    assert filestat(program, 2) == (0, 2, 0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("size", "gas", "expected"),
    [
        (0, 20, b""),
        (3, 20, b"con"),
        (7, 20, b"content"),
        (8, 21, b"content\0"),
        (39, 21, b"content" + bytes(32)),
        (40, 22, b"content" + bytes(33)),
    ],
)
def test_a_size_cuts_off_or_adds_zeros(
    engine: str, size: int, gas: int, expected: bytes
) -> None:
    program = with_file(engine)
    assert (program.call("fd_filestat_set_size", 5, size), program.gas) == (0, gas)
    assert program.state.mounts["/"]["file"] == expected


@pytest.mark.parametrize(
    ("fd", "size", "answer"),
    [
        (5, 2**63, Errno.INVAL),
        (3, 0, Errno.ISDIR),
        (1, 0, Errno.NOTCAPABLE),
    ],
)
def test_a_size_that_cannot_be(engine: str, fd: int, size: int, answer: int) -> None:
    program = with_file(engine)
    assert program.call("fd_filestat_set_size", fd, size) == answer
    assert (program.gas, program.state.mounts) == (20, MOUNTS)


@pytest.mark.parametrize(
    ("flags", "accessed", "modified"),
    [
        (0, YEAR_2000, YEAR_2000),
        (ATIM, 11, YEAR_2000),
        (MTIM, YEAR_2000, 22),
        (ATIM | MTIM, 11, 22),
        (ATIM_NOW, None, YEAR_2000),
        (MTIM_NOW | ATIM, 11, None),
    ],
)
def test_times_are_set_or_now(
    engine: str, flags: int, accessed: int | None, modified: int | None
) -> None:
    program = with_file(engine)
    assert program.call("fd_filestat_set_times", 5, 11, 22, flags) == 0
    assert program.gas == 15
    now = program.state.now(program.meter)
    found = filestat(program, 5)[5:]
    assert found == (
        now if accessed is None else accessed,
        now if modified is None else modified,
        now,
    )


@pytest.mark.parametrize("flags", [ATIM | ATIM_NOW, MTIM | MTIM_NOW, 16, 2**31])
def test_times_that_contradict_each_other_are_invalid(engine: str, flags: int) -> None:
    program = with_file(engine)
    assert program.call("fd_filestat_set_times", 5, 1, 2, flags) == Errno.INVAL
    assert (program.gas, filestat(program, 5)[7]) == (15, YEAR_2000)
    assert program.call("fd_filestat_set_times", 1, 1, 2, 0) == Errno.NOTCAPABLE


def test_a_write_sets_the_time_of_modification(engine: str) -> None:
    program = with_file(engine)
    assert program.write(5, b"x") == 0
    now = program.state.now(program.meter)
    assert filestat(program, 5)[5:] == (YEAR_2000, now, now)


def test_a_write_of_nothing_leaves_the_times(engine: str) -> None:
    program = with_file(engine)
    before = filestat(program, 5)
    assert program.write(5, b"") == 0
    assert filestat(program, 5) == before


def test_mounts_are_found_in_order(engine: str) -> None:
    program = with_file(engine)
    for fd, path in ((3, b"/"), (4, b"/data")):
        assert (program.call("fd_prestat_get", fd, RESULT), program.gas) == (0, 15)
        assert program.get(RESULT, 8) == pack("<BxxxI", 0, len(path))
        short = program.call("fd_prestat_dir_name", fd, DATA, len(path) - 1)
        assert (short, program.gas) == (Errno.NAMETOOLONG, 15)
        assert program.call("fd_prestat_dir_name", fd, DATA, len(path)) == 0
        assert program.get(DATA, len(path) + 1) == path + b"\0"
    for fd in (0, 5):
        assert program.call("fd_prestat_get", fd, RESULT) == Errno.BADF
        assert program.call("fd_prestat_dir_name", fd, DATA, 9) == Errno.BADF


def test_a_closed_mount_frees_its_number(engine: str) -> None:
    program = with_file(engine)
    assert program.call("fd_close", 3) == 0
    assert program.call("fd_prestat_get", 3, RESULT) == Errno.BADF
    assert program.opened(".", 2, fd=4) == 3


def test_read_only_files_keep_size_and_times(engine: str) -> None:
    program = Program(engine, mounts={"/": FileTree({"f": b"1"})})
    fd = program.opened("f", 0, FILE_RIGHTS & ~Right.FD_WRITE)
    assert program.call("fd_filestat_set_size", fd, 0) == Errno.ROFS
    assert program.call("fd_filestat_set_times", fd, 0, 0, ATIM) == Errno.ROFS
    assert program.call("fd_filestat_set_times", 3, 0, 0, ATIM) == Errno.ROFS
