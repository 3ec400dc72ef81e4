"""Entries that are made, removed and moved: errnos, trees, charges."""

import pytest

from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink
from contractvm.hosts.wasi.rights import DIRECTORY_RIGHTS, INHERITED_RIGHTS, Right
from tests.helpers.wasi import RESULT, SECOND_PATH, Program

ENTRIES = {
    "file": b"1",
    "other": b"2",
    "dir/inner": b"3",
    "empty": None,
    "link": SymbolicLink("file"),
    "to empty": SymbolicLink("empty"),
    "dangling": SymbolicLink("absent"),
}


def program_with(engine: str, *, writable: bool = True) -> Program:
    second = FileTree(writable=True)
    tree = FileTree(ENTRIES, writable=writable)
    return Program(engine, mounts={"/m": tree, "/n": second})


def tree(program: Program) -> dict[str, object]:
    return dict(program.state.mounts["/m"])


def changed(*removed: str, **added: bytes | SymbolicLink | None) -> dict[str, object]:
    every: dict[str, object] = {**dict(FileTree(ENTRIES)), **added}
    return {name: entry for name, entry in every.items() if name not in removed}


ONE_PATH = {
    "path_create_directory": [
        ("new", 0, changed(new=None)),
        ("new/", 0, changed(new=None)),
        ("dir/new", 0, changed(**{"dir/new": None})),
        ("dir", Errno.EXIST, changed()),
        ("file", Errno.EXIST, changed()),
        ("file/", Errno.EXIST, changed()),
        ("dangling", Errno.EXIST, changed()),
        ("dangling/", Errno.EXIST, changed()),
        (".", Errno.EXIST, changed()),
        ("absent/new", Errno.NOENT, changed()),
        ("file/new", Errno.NOTDIR, changed()),
        ("..", Errno.PERM, changed()),
    ],
    "path_unlink_file": [
        ("file", 0, changed("file")),
        ("link", 0, changed("link")),
        ("dangling", 0, changed("dangling")),
        ("dir/inner", 0, changed("dir/inner")),
        ("to empty/../file", 0, changed("file")),
        ("file/", Errno.NOTDIR, changed()),
        ("link/", Errno.NOTDIR, changed()),
        ("empty", Errno.ISDIR, changed()),
        ("empty/", Errno.ISDIR, changed()),
        (".", Errno.ISDIR, changed()),
        ("absent", Errno.NOENT, changed()),
        ("absent/", Errno.NOENT, changed()),
        ("file/x", Errno.NOTDIR, changed()),
    ],
    "path_remove_directory": [
        ("empty", 0, changed("empty")),
        ("empty/", 0, changed("empty")),
        ("dir", Errno.NOTEMPTY, changed()),
        ("file", Errno.NOTDIR, changed()),
        ("file/", Errno.NOTDIR, changed()),
        ("to empty", Errno.NOTDIR, changed()),
        ("to empty/", Errno.NOTDIR, changed()),
        ("absent", Errno.NOENT, changed()),
        (".", Errno.INVAL, changed()),
        ("empty/.", Errno.INVAL, changed()),
        ("empty/..", Errno.NOTEMPTY, changed()),
    ],
}
ONE_PATH_CASES = [(name, *case) for name, cases in ONE_PATH.items() for case in cases]


@pytest.mark.parametrize(("name", "path", "answer", "expected"), ONE_PATH_CASES)
def test_functions_of_one_path(
    engine: str, name: str, path: str, answer: int, expected: dict[str, object]
) -> None:
    program = program_with(engine)
    assert program.call(name, 3, *program.path(path)) == answer
    assert tree(program) == dict(FileTree(expected))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("path_create_directory", Right.PATH_CREATE_DIRECTORY),
        ("path_unlink_file", Right.PATH_UNLINK_FILE),
        ("path_remove_directory", Right.PATH_REMOVE_DIRECTORY),
    ],
)
def test_functions_of_one_path_need_a_right(engine: str, name: str, right: int) -> None:
    path = {"path_create_directory": "dir/new", "path_unlink_file": "dir/inner"}
    program = program_with(engine)
    where = program.path(path.get(name, "dir/.."))
    assert program.call("fd_fdstat_set_rights", 3, right, 0) == 0
    answer = Errno.NOTEMPTY if name == "path_remove_directory" else 0
    assert program.call(name, 3, *where) == answer
    assert program.gas == 40 + 2 * 5 + 1
    assert program.call("fd_fdstat_set_rights", 3, 0, 0) == 0
    assert program.call(name, 3, *where) == Errno.NOTCAPABLE
    assert program.gas == 40
    assert program.call(name, 1, *where) == Errno.NOTDIR
    assert program.call(name, 7, *where) == Errno.BADF
    assert program.gas == 40


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("path_create_directory", "new"),
        ("path_unlink_file", "file"),
        ("path_remove_directory", "empty"),
    ],
)
def test_a_read_only_tree_keeps_its_entries(engine: str, name: str, path: str) -> None:
    program = program_with(engine, writable=False)
    assert program.call(name, 3, *program.path(path)) == Errno.ROFS
    assert tree(program) == changed()


@pytest.mark.parametrize(
    ("target", "path", "answer"),
    [
        ("file", "new", 0),
        ("absent/../..", "new", 0),
        ("file", "dir/new", 0),
        ("/file", "new", Errno.PERM),
        ("", "new", Errno.NOENT),
        ("a" * 4_096, "new", 0),
        ("a" * 4_097, "new", Errno.NAMETOOLONG),
        ("file", "new/", Errno.NOENT),
        ("file", "file", Errno.EXIST),
        ("file", "dir/", Errno.EXIST),
        ("file", "dangling", Errno.EXIST),
        ("file", ".", Errno.EXIST),
        ("file", "absent/new", Errno.NOENT),
        ("file", "file/new", Errno.NOTDIR),
    ],
)
def test_links_are_made(engine: str, target: str, path: str, answer: int) -> None:
    program = program_with(engine)
    program.put(SECOND_PATH, target.encode())
    where = program.path(path)
    assert program.call("path_symlink", SECOND_PATH, len(target), 3, *where) == answer
    added = {} if answer else {path: SymbolicLink(target)}
    assert tree(program) == dict(FileTree({**ENTRIES, **added}))


def test_a_link_is_charged_for_both_texts(engine: str) -> None:
    program = program_with(engine)
    where = program.path("a" * 33, SECOND_PATH)
    assert program.call("path_symlink", *where, 3, *program.path("dir/new")) == 0
    assert program.gas == 40 + 2 + 1 + 2 * 5
    program = program_with(engine, writable=False)
    where = program.path("x", SECOND_PATH)
    answer = program.call("path_symlink", *where, 3, *program.path("new"))
    assert answer == Errno.ROFS
    assert program.call("fd_fdstat_set_rights", 3, 0, 0) == 0
    answer = program.call("path_symlink", *where, 3, *program.path("new"))
    assert (answer, program.gas) == (Errno.NOTCAPABLE, 40)


def two_paths(program: Program, name: str, old: str, new: str, to: int = 3) -> int:
    first, second = program.path(old), program.path(new, SECOND_PATH)
    lookup = (0,) if name == "path_link" else ()
    return program.call(name, 3, *lookup, *first, to, *second)


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        ("file", "new", 0),
        ("file", "dir/new", 0),
        ("link", "new", 0),
        ("dangling", "new", 0),
        ("file", "other", Errno.EXIST),
        ("file", "file", Errno.EXIST),
        ("file", "dir", Errno.EXIST),
        ("file", "new/", Errno.NOENT),
        ("file", ".", Errno.EXIST),
        ("file/", "new", Errno.NOTDIR),
        ("link/", "new", Errno.NOTDIR),
        ("dir", "new", Errno.PERM),
        ("dir/", "new", Errno.PERM),
        (".", "new", Errno.PERM),
        ("absent", "new", Errno.NOENT),
        ("file", "absent/new", Errno.NOENT),
        ("file", "../new", Errno.PERM),
    ],
)
def test_a_second_name(engine: str, old: str, new: str, answer: int) -> None:
    program = program_with(engine)
    assert two_paths(program, "path_link", old, new) == answer
    added = {} if answer else {new: ENTRIES[old]}
    assert tree(program) == dict(FileTree({**ENTRIES, **added}))


def test_two_names_are_one_file(engine: str) -> None:
    program = program_with(engine)
    assert two_paths(program, "path_link", "file", "new") == 0
    assert program.gas == 40 + 2 * (5 + 1)
    fd = program.opened("new", 0, Right.FD_WRITE | Right.FD_FILESTAT_GET)
    assert program.write(fd, b"changed") == 0
    assert tree(program)["file"] == b"changed"
    for links in (2, 1, 0):
        assert program.call("fd_filestat_get", fd, RESULT) == 0
        assert program.u64(RESULT + 24) == links
        name = {2: "file", 1: "new", 0: "other"}[links]
        assert program.call("path_unlink_file", 3, *program.path(name)) == 0


@pytest.mark.parametrize("lookup", [1, 2])
def test_a_second_name_never_follows(engine: str, lookup: int) -> None:
    program = program_with(engine)
    first, second = program.path("link"), program.path("new", SECOND_PATH)
    answer = program.call("path_link", 3, lookup, *first, 3, *second)
    assert (answer, program.gas) == (Errno.INVAL, 40)


@pytest.mark.parametrize(
    ("old", "new", "answer", "removed", "added"),
    [
        ("file", "new", 0, ("file",), {"new": b"1"}),
        ("file", "other", 0, ("file",), {"other": b"1"}),
        ("file", "dir/inner", 0, ("file",), {"dir/inner": b"1"}),
        ("link", "file", 0, ("link",), {"file": SymbolicLink("file")}),
        ("file", "dangling", 0, ("file",), {"dangling": b"1"}),
        ("file", "file", 0, (), {}),
        ("file", "./file", 0, (), {}),
        ("file", "dir", Errno.ISDIR, (), {}),
        ("file", "empty", Errno.ISDIR, (), {}),
        ("dir/inner", "dir", Errno.ISDIR, (), {}),
        ("file", "new/", Errno.NOTDIR, (), {}),
        ("file/", "new", Errno.NOTDIR, (), {}),
        ("to empty/", "new", Errno.NOTDIR, (), {}),
        ("dir", "new", 0, ("dir", "dir/inner"), {"new": None, "new/inner": b"3"}),
        ("dir/", "new/", 0, ("dir", "dir/inner"), {"new": None, "new/inner": b"3"}),
        ("dir", "empty", 0, ("dir", "dir/inner"), {"empty/inner": b"3"}),
        ("empty", "dir/new", 0, ("empty",), {"dir/new": None}),
        ("empty", "dir", Errno.NOTEMPTY, (), {}),
        ("empty", "file", Errno.NOTDIR, (), {}),
        ("empty", "to empty", Errno.NOTDIR, (), {}),
        ("dir", "dir/new", Errno.INVAL, (), {}),
        ("dir", "dir", 0, (), {}),
        (".", "new", Errno.BUSY, (), {}),
        ("dir/..", "new", Errno.BUSY, (), {}),
        ("file", ".", Errno.BUSY, (), {}),
        ("absent", "new", Errno.NOENT, (), {}),
        ("file", "absent/new", Errno.NOENT, (), {}),
        ("file", "../new", Errno.PERM, (), {}),
    ],
)
def test_a_new_name(
    engine: str,
    old: str,
    new: str,
    answer: int,
    removed: tuple[str, ...],
    added: dict[str, bytes | SymbolicLink | None],
) -> None:
    program = program_with(engine)
    assert two_paths(program, "path_rename", old, new) == answer
    assert tree(program) == changed(*removed, **added)


def test_a_directory_is_never_moved_deep_into_itself(engine: str) -> None:
    entries = {"a/b/c/d": None, "x": None}
    program = Program(engine, mounts={"/m": FileTree(entries, writable=True)})
    assert two_paths(program, "path_rename", "a", "a/b/c/d/e") == Errno.INVAL
    # 1 and 5 components, then the steps from d up to a.
    assert program.gas == 40 + 2 + 6 * 5 + 3 * 5
    assert two_paths(program, "path_rename", "x", "a/b/c/d/e") == 0
    assert program.gas == 40 + 2 + 6 * 5 + 4 * 5
    assert two_paths(program, "path_rename", "a", "f") == 0
    assert program.gas == 40 + 2 + 2 * 5


def test_a_moved_directory_has_its_new_parent(engine: str) -> None:
    program = program_with(engine)
    assert two_paths(program, "path_rename", "empty", "dir/new") == 0
    fd = program.opened("dir", 2, DIRECTORY_RIGHTS, inheriting=INHERITED_RIGHTS)
    inside = program.opened("new", 2, DIRECTORY_RIGHTS, fd=fd)
    assert program.call("fd_filestat_get", fd, RESULT) == 0
    parent = program.u64(RESULT + 8)
    assert program.call("fd_readdir", inside, RESULT, 99, 1, RESULT - 8) == 0
    assert program.u64(RESULT + 8) == parent


@pytest.mark.parametrize("name", ["path_link", "path_rename"])
def test_nothing_goes_from_one_mount_to_another(engine: str, name: str) -> None:
    program = program_with(engine)
    assert two_paths(program, name, "file", "new", to=4) == Errno.XDEV
    assert tree(program) == changed()


@pytest.mark.parametrize("name", ["path_link", "path_rename"])
def test_two_paths_in_a_read_only_tree(engine: str, name: str) -> None:
    program = program_with(engine, writable=False)
    assert two_paths(program, name, "file", "new") == Errno.ROFS


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [
        ("path_link", Right.PATH_LINK_SOURCE, Right.PATH_LINK_TARGET),
        ("path_rename", Right.PATH_RENAME_SOURCE, Right.PATH_RENAME_TARGET),
    ],
)
def test_two_paths_need_two_rights(
    engine: str, name: str, source: int, target: int
) -> None:
    program = program_with(engine)
    assert two_paths(program, name, "file", "new", to=9) == Errno.BADF
    assert two_paths(program, name, "file", "new", to=0) == Errno.NOTDIR
    assert program.gas == 40
    fd = program.opened(".", 2, target, inheriting=0)
    assert two_paths(program, name, "file", "one", to=fd) == 0
    for missing in (source, target):
        program = program_with(engine)
        fewer = DIRECTORY_RIGHTS & ~missing
        assert program.call("fd_fdstat_set_rights", 3, fewer, 0) == 0
        assert two_paths(program, name, "file", "new") == Errno.NOTCAPABLE
        assert program.gas == 40


def test_nothing_comes_to_be_in_a_removed_directory(engine: str) -> None:
    program = program_with(engine)
    fd = program.opened("empty", 2, DIRECTORY_RIGHTS, inheriting=INHERITED_RIGHTS)
    assert program.call("path_remove_directory", 3, *program.path("empty")) == 0
    where = program.path("new")
    assert program.call("path_create_directory", fd, *where) == Errno.NOENT
    assert program.open("new", 1, fd=fd) == Errno.NOENT
    assert two_paths(program, "path_rename", "file", "new", to=fd) == Errno.NOENT
    assert two_paths(program, "path_link", "file", "new", to=fd) == Errno.NOENT


@pytest.mark.parametrize(
    ("name", "answer"),
    [("x" * 256, Errno.NAMETOOLONG), ("." + "/x" * 9, Errno.NOENT)],
)
def test_no_name_is_too_long_for_a_removed_directory(
    engine: str, name: str, answer: Errno
) -> None:
    """Found by comparison with Linux, which does not look at the name there."""
    program = program_with(engine)
    fd = program.opened("empty", 2, DIRECTORY_RIGHTS, inheriting=INHERITED_RIGHTS)
    assert program.call("path_create_directory", fd, *program.path(name)) == answer
    assert program.call("path_remove_directory", 3, *program.path("empty")) == 0
    for path in (name, f"./{name}", f"{name}/a"):
        where = program.path(path)
        assert program.call("path_create_directory", fd, *where) == Errno.NOENT
        assert program.call("path_filestat_get", fd, 0, *where, RESULT) == Errno.NOENT


def test_nothing_is_moved_into_a_removed_directory(engine: str) -> None:
    """Not the directory that held it either, which would be in itself."""
    tree = {"a/b": None, "c": None}
    program = Program(engine, mounts={"/m": FileTree(tree, writable=True)})
    fd = program.opened("a/b", 2, DIRECTORY_RIGHTS, inheriting=INHERITED_RIGHTS)
    assert program.call("path_remove_directory", 3, *program.path("a/b")) == 0
    for old in ("a", "c"):
        assert two_paths(program, "path_rename", old, "new", to=fd) == Errno.NOENT


def test_an_unlinked_file_lives_as_long_as_its_descriptor(engine: str) -> None:
    program = program_with(engine)
    fd = program.opened("file", 0, INHERITED_RIGHTS)
    assert program.call("path_unlink_file", 3, *program.path("file")) == 0
    assert program.write(fd, b"still") == 0
    assert program.call("fd_seek", fd, 0, 0, RESULT) == 0
    assert program.read(fd, 9) == b"still"
    assert tree(program) == changed("file")
