"""What a path names: attributes, times, targets of links."""

from struct import unpack

import pytest

from contractvm.hosts.wasi.clock import YEAR_2000
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink
from contractvm.hosts.wasi.rights import Right
from tests.helpers.wasi import DATA, RESULT, Program

TREE = FileTree(
    {
        "dir/inner": b"123",
        "file": b"12345",
        "link": SymbolicLink("dir/inner"),
        "to dir": SymbolicLink("dir"),
        "dangling": SymbolicLink("absent"),
    },
    writable=True,
)
FOLLOW = 1
# The inode, type and size of each.
FOUND = {
    ".": (1, 3, 0),
    "dir": (3, 3, 0),
    "dir/": (3, 3, 0),
    "dir/inner": (4, 4, 3),
    "file": (5, 4, 5),
}


def stat(program: Program, path: str, lookup: int = 0) -> int:
    where = program.path(path)
    return program.call("path_filestat_get", 3, lookup, *where, RESULT)


@pytest.mark.parametrize("lookup", [0, FOLLOW])
@pytest.mark.parametrize("path", FOUND)
def test_attributes(engine: str, path: str, lookup: int) -> None:
    program = Program(engine, mounts={"m": TREE})
    assert stat(program, path, lookup) == 0
    inode, kind, size = FOUND[path]
    times = (YEAR_2000,) * 3
    found = unpack("<QQB7xQQQQQ", program.get(RESULT, 64))
    assert found == (1, inode, kind, 1, size, *times)
    assert program.gas == 25 + 1 + 5 * (1 + path.count("/inner"))


@pytest.mark.parametrize(
    ("path", "answers", "types"),
    [
        ("link", (0, 0), (7, 4)),
        ("to dir", (0, 0), (7, 3)),
        ("to dir/", (0, 0), (3, 3)),
        ("link/", (Errno.NOTDIR,) * 2, (0, 0)),
        ("dangling", (0, Errno.NOENT), (7, 0)),
        ("dangling/", (Errno.NOENT,) * 2, (0, 0)),
        ("file/", (Errno.NOTDIR,) * 2, (0, 0)),
        ("absent", (Errno.NOENT,) * 2, (0, 0)),
    ],
)
@pytest.mark.parametrize("lookup", [0, FOLLOW])
def test_links_are_followed_where_asked(
    engine: str,
    path: str,
    answers: tuple[int, int],
    types: tuple[int, int],
    lookup: int,
) -> None:
    program = Program(engine, mounts={"m": TREE})
    assert stat(program, path, lookup) == answers[lookup]
    assert program.get(RESULT + 16, 1)[0] == types[lookup]


def test_a_link_is_as_long_as_its_target(engine: str) -> None:
    program = Program(engine, mounts={"m": TREE})
    assert (stat(program, "link"), program.u64(RESULT + 32)) == (0, 9)


@pytest.mark.parametrize("lookup", [2, 3, 2**31])
def test_unknown_lookup_flags_are_invalid(engine: str, lookup: int) -> None:
    program = Program(engine, mounts={"m": TREE})
    assert (stat(program, "file", lookup), program.gas) == (Errno.INVAL, 25)
    where = program.path("file")
    answer = program.call("path_filestat_set_times", 3, lookup, *where, 0, 0, 0)
    assert (answer, program.gas) == (Errno.INVAL, 25)


@pytest.mark.parametrize(
    ("path", "lookup", "inode"), [("link", 0, 6), ("link", FOLLOW, 4), ("dir", 0, 3)]
)
def test_times_of_a_path(engine: str, path: str, lookup: int, inode: int) -> None:
    program = Program(engine, mounts={"m": TREE})
    where = program.path(path)
    answer = program.call("path_filestat_set_times", 3, lookup, *where, 7, 8, 1 | 4)
    components = 1 + 2 * lookup
    assert (answer, program.gas) == (0, 25 + 1 + 5 * components + lookup)
    now = program.state.now(program.meter)
    assert stat(program, path, lookup) == 0
    assert program.u64(RESULT + 8) == inode
    assert [program.u64(RESULT + at) for at in (40, 48, 56)] == [7, 8, now]


def test_times_of_a_path_that_cannot_be_set(engine: str) -> None:
    program = Program(engine, mounts={"m": TREE, "n": FileTree({"f": b""})})
    where = program.path("file")
    for flags in (3, 12, 16):
        answer = program.call("path_filestat_set_times", 3, 0, *where, 7, 8, flags)
        assert answer == Errno.INVAL
    where = program.path("f")
    for fd, expected in ((3, Errno.NOENT), (4, Errno.ROFS), (0, 54), (9, Errno.BADF)):
        answer = program.call("path_filestat_set_times", fd, 0, *where, 7, 8, 1)
        assert answer == expected


@pytest.mark.parametrize(
    ("size", "expected", "words"),
    [(0, b"", 0), (1, b"d", 1), (8, b"dir/inne", 1), (9, b"dir/inner", 1)],
)
def test_the_target_of_a_link_is_cut_to_the_buffer(
    engine: str, size: int, expected: bytes, words: int
) -> None:
    program = Program(engine, mounts={"m": TREE})
    where = program.path("link")
    assert program.call("path_readlink", 3, *where, DATA, size, RESULT) == 0
    assert program.gas == 40 + 1 + 5 + words
    assert (program.u32(), program.get(DATA, 10)) == (
        len(expected),
        expected.ljust(10, b"\0"),
    )
    assert program.call("path_readlink", 3, *where, DATA, 2**32 - 1, RESULT) == 0
    assert program.u32() == 9


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("file", Errno.INVAL),
        ("dir", Errno.INVAL),
        (".", Errno.INVAL),
        ("to dir/", Errno.INVAL),
        ("absent", Errno.NOENT),
        ("link/", Errno.NOTDIR),
    ],
)
def test_only_links_have_targets(engine: str, path: str, answer: int) -> None:
    program = Program(engine, mounts={"m": TREE})
    where = program.path(path)
    assert program.call("path_readlink", 3, *where, DATA, 9, RESULT) == answer


@pytest.mark.parametrize(
    ("name", "more", "right", "gas"),
    [
        ("path_filestat_get", (), Right.PATH_FILESTAT_GET, 25),
        ("path_filestat_set_times", (), Right.PATH_FILESTAT_SET_TIMES, 25),
        ("path_readlink", (), Right.PATH_READLINK, 40),
    ],
)
def test_each_function_needs_its_right(
    engine: str, name: str, more: tuple[int, ...], right: int, gas: int
) -> None:
    program = Program(engine, mounts={"m": TREE})
    where = program.path("link")
    arguments = {
        "path_filestat_get": (0, *where, RESULT),
        "path_filestat_set_times": (0, *where, 0, 0, 0),
        "path_readlink": (*where, DATA, 9, RESULT),
    }[name]
    assert program.call("fd_fdstat_set_rights", 3, right, 0) == 0
    assert program.call(name, 3, *arguments) == 0
    assert program.call("fd_fdstat_set_rights", 3, 0, 0) == 0
    for fd, answer in ((3, Errno.NOTCAPABLE), (1, Errno.NOTDIR), (7, Errno.BADF)):
        assert (program.call(name, fd, *arguments), program.gas) == (answer, gas)
