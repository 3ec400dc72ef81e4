"""`path_open`: what opens, what is created, errors in all combinations, charges."""

import pytest

from contractvm.hosts.wasi.clock import YEAR_2000
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink
from contractvm.hosts.wasi.rights import (
    DIRECTORY_RIGHTS,
    FILE_RIGHTS,
    INHERITED_RIGHTS,
    Right,
)
from tests.helpers.wasi import DATA, PATH, RESULT, Program

CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE = 1, 2, 4, 8
READ, WRITE = Right.FD_READ, Right.FD_WRITE
FOLLOW = 1
ENTRIES = {
    "file": b"content",
    "dir/inner": b"inside",
    "dir/up": SymbolicLink("../file"),
    "link": SymbolicLink("file"),
    "to dir": SymbolicLink("dir"),
    "dangling": SymbolicLink("absent"),
    "slash": SymbolicLink("dir/"),
    "file slash": SymbolicLink("file/"),
    "out": SymbolicLink("../secret"),
    "self": SymbolicLink("self"),
    "absolute": SymbolicLink("/file"),
}


def program_with(engine: str, *, writable: bool = True) -> Program:
    return Program(engine, mounts={"/m": FileTree(ENTRIES, writable=writable)})


@pytest.mark.parametrize(
    ("path", "components"),
    [
        ("file", 1),
        ("./file", 2),
        ("dir/inner", 2),
        ("dir//inner", 2),
        ("dir/../file", 3),
        ("dir/./../dir/inner", 5),
        ("to dir/inner", 3),
        ("to dir/up", 2 + 1 + 2),
        ("slash/inner", 3),
    ],
)
def test_each_component_is_charged_links_included(
    engine: str, path: str, components: int
) -> None:
    program = program_with(engine)
    # Each link that is followed is charged by its length, as the path is.
    links = sum(name in path for name in ("to dir", "up", "slash"))
    assert program.open(path, lookup=FOLLOW) == 0
    assert program.gas == 50 + 5 * components + 1 + links


@pytest.mark.parametrize(("length", "words"), [(31, 1), (32, 1), (33, 2)])
def test_a_path_is_charged_by_its_length(engine: str, length: int, words: int) -> None:
    program = program_with(engine)
    assert program.open("n" * length) == Errno.NOENT
    assert program.gas == 50 + words + 5


@pytest.mark.parametrize(
    ("path", "answer", "gas"),
    [
        (b"", Errno.NOENT, 50),
        (b"a" * 4_097, Errno.NAMETOOLONG, 50),
        (b"./" * 2_047 + b".f", Errno.NOENT, 50 + 128 + 5 * 2_048),
        (b"\xff", Errno.ILSEQ, 51),
        (b"\xed\xa0\x80", Errno.ILSEQ, 51),
        (b"file\0", Errno.INVAL, 51),
        (b"\0\xff", Errno.ILSEQ, 51),
        (b"a" * 255, Errno.NOENT, 50 + 8 + 5),
        (b"a" * 256, Errno.NAMETOOLONG, 50 + 8 + 5),
        (b"/", Errno.PERM, 51),
        (b"/file", Errno.PERM, 51),
        (b"..", Errno.PERM, 56),
        (b"dir/../..", Errno.PERM, 50 + 1 + 15),
        (b"dir/../../m/file", Errno.PERM, 50 + 1 + 15),
        (b"absent/x", Errno.NOENT, 56),
        (b"file/x", Errno.NOTDIR, 56),
        (b"file/", Errno.NOTDIR, 56),
        (b"file/.", Errno.NOTDIR, 56),
        (b"file/..", Errno.NOTDIR, 56),
        (b"out", Errno.PERM, 62),
        (b"absolute", Errno.PERM, 57),
        (b"dangling", Errno.NOENT, 62),
        (b"file slash", Errno.NOTDIR, 62),
        (b"self", Errno.LOOP, 50 + 1 + 41 * 5 + 40),
    ],
)
def test_a_path_that_leads_nowhere(
    engine: str, path: bytes, answer: int, gas: int
) -> None:
    program = program_with(engine)
    assert (program.open(path, lookup=FOLLOW), program.gas) == (answer, gas)
    assert program.call("fd_close", 4) == Errno.BADF


@pytest.mark.parametrize(("links", "answer"), [(40, 0), (41, Errno.LOOP)])
def test_forty_links_can_be_followed(engine: str, links: int, answer: int) -> None:
    entries: dict[str, bytes | SymbolicLink | None] = {"0": b""}
    for number in range(links):
        entries[f"{number + 1}"] = SymbolicLink(f"{number}")
    program = Program(engine, mounts={"m": FileTree(entries)})
    assert program.open(f"{links}", lookup=FOLLOW) == answer


@pytest.mark.parametrize("lookup", [0, FOLLOW])
@pytest.mark.parametrize(
    ("path", "ways", "rights", "answers"),
    [
        ("file", 0, READ, (0, 0)),
        ("file", DIRECTORY, READ, (Errno.NOTDIR,) * 2),
        ("file", CREATE, READ, (0, 0)),
        ("file", CREATE | EXCLUSIVE, READ, (Errno.EXIST,) * 2),
        ("new", CREATE, READ, (0, 0)),
        ("new/", CREATE, READ, (Errno.ISDIR,) * 2),
        ("file/", CREATE, READ, (Errno.ISDIR,) * 2),
        ("file/", CREATE | EXCLUSIVE, READ, (Errno.ISDIR,) * 2),
        ("dir/", CREATE, READ, (Errno.ISDIR,) * 2),
        ("dangling/", CREATE, READ, (Errno.ISDIR,) * 2),
        ("file/new/", CREATE, READ, (Errno.NOTDIR,) * 2),
        ("file slash", CREATE, READ, (Errno.LOOP, Errno.ISDIR)),
        ("slash", CREATE, READ, (Errno.LOOP, Errno.ISDIR)),
        ("new", CREATE | EXCLUSIVE, READ, (0, 0)),
        ("new", 0, READ, (Errno.NOENT,) * 2),
        ("new", CREATE | DIRECTORY, READ, (Errno.INVAL,) * 2),
        ("new", 16, READ, (Errno.INVAL,) * 2),
        ("absent/new", CREATE, READ, (Errno.NOENT,) * 2),
        ("file/new", CREATE, READ, (Errno.NOTDIR,) * 2),
        ("dir", 0, READ, (0, 0)),
        ("dir/", 0, READ, (0, 0)),
        ("dir", DIRECTORY, READ, (0, 0)),
        ("dir", DIRECTORY, WRITE, (Errno.ISDIR,) * 2),
        ("dir", 0, WRITE, (Errno.ISDIR,) * 2),
        ("dir", TRUNCATE, READ, (Errno.ISDIR,) * 2),
        ("dir", CREATE, READ, (Errno.ISDIR,) * 2),
        (".", 0, READ, (0, 0)),
        ("dir/..", 0, READ, (0, 0)),
        ("link", 0, READ, (Errno.LOOP, 0)),
        ("link", DIRECTORY, READ, (Errno.LOOP, Errno.NOTDIR)),
        ("link", CREATE, READ, (Errno.LOOP, 0)),
        ("link", CREATE | EXCLUSIVE, READ, (Errno.EXIST,) * 2),
        ("to dir", DIRECTORY, READ, (Errno.LOOP, 0)),
        ("to dir/", DIRECTORY, READ, (0, 0)),
        ("dangling", 0, READ, (Errno.LOOP, Errno.NOENT)),
        ("dangling", CREATE, READ, (Errno.LOOP, 0)),
        ("dangling", CREATE | EXCLUSIVE, READ, (Errno.EXIST,) * 2),
    ],
)
def test_ways_to_open(
    engine: str,
    path: str,
    ways: int,
    rights: int,
    answers: tuple[int, int],
    lookup: int,
) -> None:
    program = program_with(engine)
    answer = program.open(path, ways, rights, lookup=lookup)
    assert answer == answers[lookup]
    assert program.call("fd_close", 4) == (Errno.BADF if answer else 0)


@pytest.mark.parametrize(("lookup", "flags"), [(2, 0), (2**31, 0), (0, 32), (0, 2**31)])
def test_unknown_flags_are_invalid(engine: str, lookup: int, flags: int) -> None:
    program = program_with(engine)
    assert program.open("file", lookup=lookup, flags=flags) == Errno.INVAL
    assert program.gas == 50


def test_the_descriptor_has_the_rights_that_were_asked_for(engine: str) -> None:
    program = program_with(engine)
    everything = DIRECTORY_RIGHTS | INHERITED_RIGHTS
    for path, ways, rights in (
        ("file", 0, (everything & FILE_RIGHTS, 0)),
        ("dir", 2, (DIRECTORY_RIGHTS, READ)),
    ):
        asked = everything & ~(WRITE if ways else 0)
        fd = program.opened(path, ways, asked, inheriting=READ, flags=16 | 1)
        assert program.call("fd_fdstat_get", fd, RESULT) == 0
        assert (program.u64(RESULT + 8), program.u64(RESULT + 16)) == rights
        assert program.get(RESULT + 2, 2) == b"\x11\0"


def test_no_more_rights_than_are_inherited(engine: str) -> None:
    program = program_with(engine)
    assert program.open("file", 0, Right.SOCK_SHUTDOWN) == Errno.NOTCAPABLE
    assert program.open("file", 0, 2**63) == Errno.NOTCAPABLE
    assert program.open("file", inheriting=2**63) == Errno.NOTCAPABLE
    fd = program.opened("dir", 2, Right.PATH_OPEN, inheriting=READ)
    assert program.open("inner", 0, READ, fd=fd) == 0
    assert program.open("inner", 0, WRITE, fd=fd) == Errno.NOTCAPABLE
    assert program.open("inner", 0, 0, fd=fd, inheriting=WRITE) == Errno.NOTCAPABLE
    assert program.open("new", CREATE, 0, fd=fd) == Errno.NOTCAPABLE
    assert program.open("inner", TRUNCATE, 0, fd=fd) == Errno.NOTCAPABLE
    assert program.gas == 50


@pytest.mark.parametrize(
    ("flags", "right"),
    [(2, Right.FD_DATASYNC), (8, Right.FD_SYNC), (16, Right.FD_SYNC)],
)
def test_synchronous_flags_need_rights(engine: str, flags: int, right: int) -> None:
    program = program_with(engine)
    base = DIRECTORY_RIGHTS
    fewer = INHERITED_RIGHTS & ~right
    assert program.open("file", flags=flags) == 0
    assert program.call("fd_fdstat_set_rights", 3, base, fewer) == 0
    assert program.open("file", flags=flags) == Errno.NOTCAPABLE
    assert program.open("file", flags=5) == 0


def test_paths_start_at_directories_only(engine: str) -> None:
    program = program_with(engine)
    fd = program.opened("file")
    assert program.open("x", fd=fd) == Errno.NOTDIR
    assert program.open("x", fd=0) == Errno.NOTDIR
    assert program.open("x", fd=9) == Errno.BADF
    assert program.gas == 50
    inside = program.opened("dir", 2, DIRECTORY_RIGHTS, inheriting=INHERITED_RIGHTS)
    assert program.open("inner", fd=inside) == 0
    assert program.open("../file", fd=inside) == Errno.PERM
    assert program.open("up", fd=inside, lookup=FOLLOW) == Errno.PERM


def test_truncation_needs_no_right_to_write(engine: str) -> None:
    program = program_with(engine)
    assert program.open("file", TRUNCATE, READ) == 0
    assert program.state.mounts["/m"]["file"] == b""


def test_what_is_created_has_the_next_inode_and_the_time(engine: str) -> None:
    program = program_with(engine)
    fd = program.opened("new", CREATE, FILE_RIGHTS)
    now = program.state.now(program.meter)
    assert program.call("fd_filestat_get", fd, RESULT) == 0
    last = len(ENTRIES) + 2
    assert (program.u64(), program.u64(RESULT + 8)) == (1, last + 1)
    assert program.u64(RESULT + 40) == now
    assert program.write(fd, b"x") == 0
    assert program.state.mounts["/m"]["new"] == b"x"
    assert program.call("fd_filestat_get", 3, RESULT) == 0
    assert [program.u64(RESULT + at) for at in (40, 48, 56)] == [YEAR_2000, now, now]


@pytest.mark.parametrize(
    ("path", "ways", "rights", "answer"),
    [
        ("file", 0, READ, 0),
        ("file", CREATE, READ, 0),
        ("file", 0, WRITE, Errno.ROFS),
        ("file", TRUNCATE, READ, Errno.ROFS),
        ("new", CREATE, READ, Errno.ROFS),
        ("new/", CREATE, READ, Errno.ISDIR),
        ("file", CREATE | EXCLUSIVE, READ, Errno.EXIST),
        ("dir", 0, READ, 0),
    ],
)
def test_a_read_only_tree(
    engine: str, path: str, ways: int, rights: int, answer: int
) -> None:
    program = program_with(engine, writable=False)
    assert program.open(path, ways, rights) == answer
    assert program.state.mounts["/m"] == FileTree(ENTRIES)


def test_a_path_outside_memory_traps(engine: str) -> None:
    program = program_with(engine)
    with pytest.raises(Exception, match="out of bounds memory access"):
        program.call("path_open", 3, 0, 2**32 - 1, 4, 0, 0, 0, 0, RESULT)
    assert program.gas == 51


def test_devices_are_where_nothing_else_is(engine: str) -> None:
    tree = {"dev/null": b"own", "dev/x": b""}
    program = Program(engine, mounts={"/": FileTree(tree, writable=True)})
    assert program.read(program.opened("dev/null", 0, FILE_RIGHTS), 9) == b"own"
    assert program.read(program.opened("dev/zero", 0, FILE_RIGHTS), 1) == b"\0"
    assert program.open("dev/full") == Errno.NOENT
    assert program.open("dev/new", CREATE) == 0
    program = Program(engine, mounts={"/": FileTree(writable=True)})
    assert program.open("dev/new", CREATE) == Errno.ROFS
    assert program.call("path_create_directory", 3, *program.path("dev")) == 20
    assert program.call("path_remove_directory", 3, *program.path("dev")) == 63
    assert program.call("path_unlink_file", 3, *program.path("dev/null")) == 69
    assert program.call("fd_readdir", 3, DATA, 999, 0, RESULT) == 0
    assert program.u32() == 2 * 24 + 3
    program = Program(engine, mounts={"/m": FileTree(writable=True)})
    assert program.open("dev/zero") == Errno.NOENT
    program = Program(engine, mounts={"/": FileTree({"dev": b""})})
    assert program.open("dev/zero") == Errno.NOTDIR
    assert program.get(PATH, 3) == b"dev"
