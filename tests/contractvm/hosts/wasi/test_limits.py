"""Limits of a run: each reached exactly, and exceeded by one."""

import gc
from weakref import ref

import pytest

from contractvm.errors import LimitExceeded
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.limits import WasiLimits
from contractvm.hosts.wasi.rights import FILE_RIGHTS
from contractvm.hosts.wasi.state import WasiState
from tests.helpers.wasi import DATA, RESULT, SECOND_PATH, Program

CREATE, TRUNCATE = 1, 8


def limited(engine: str, tree: FileTree | None = None, **limits: int) -> Program:
    mounts = {"m": FileTree(writable=True) if tree is None else tree}
    return Program(engine, mounts=mounts, limits=WasiLimits(**limits))


def exceeded(which: str, limit: int) -> pytest.RaisesExc[LimitExceeded]:
    return pytest.raises(LimitExceeded, match=f"more than {limit} {which}")


def test_stdout_ends_the_run(engine: str) -> None:
    program = limited(engine, stdout_bytes=10)
    assert program.write(1, b"0123456") == 0
    with exceeded("stdout bytes", 10) as caught:
        program.write(1, b"abcd")
    assert (caught.value.which, caught.value.limit) == ("stdout_bytes", 10)
    assert (program.gas, program.state.stdout) == (35, b"0123456")
    program = limited(engine, stdout_bytes=10)
    assert program.write(1, b"0123456789") == 0
    assert program.write(1, b"") == 0
    assert program.state.stdout == b"0123456789"


def test_stderr_is_cut(engine: str) -> None:
    program = limited(engine, stderr_bytes=10)
    assert program.write(2, b"0123456789") == 0
    assert not program.state.stderr_truncated
    assert (program.write(2, b""), program.state.stderr_truncated) == (0, False)
    assert (program.write(2, b"abc"), program.u32(), program.gas) == (0, 3, 36)
    assert program.state.stderr_truncated
    assert program.state.stderr == b"0123456789"


def test_bytes_of_files_are_those_that_exist(engine: str) -> None:
    tree = FileTree({"old": b"abc"}, writable=True)
    program = limited(engine, tree, file_bytes=10)
    fd = program.opened("new", CREATE, FILE_RIGHTS)
    assert program.write(fd, b"1234567") == 0
    assert program.open("old", TRUNCATE) == 0
    assert program.write(fd, b"890") == 0
    assert program.call("path_unlink_file", 3, *program.path("new")) == 0
    old = program.opened("old", 0, FILE_RIGHTS)
    with exceeded("file bytes", 10):
        program.write(old, b"x")
    assert program.gas == 35


def test_bytes_of_a_removed_file_are_free_when_it_is_closed(engine: str) -> None:
    program = limited(engine, file_bytes=10)
    fd = program.opened("new", CREATE, FILE_RIGHTS)
    assert program.write(fd, b"0123456789") == 0
    assert program.call("path_unlink_file", 3, *program.path("new")) == 0
    assert program.call("fd_close", fd) == 0
    fd = program.opened("new", CREATE, FILE_RIGHTS)
    assert program.call("fd_filestat_set_size", fd, 10) == 0
    with exceeded("file bytes", 10):
        program.call("fd_filestat_set_size", fd, 11)
    assert program.gas == 20


def test_a_sparse_write_counts_its_gap(engine: str) -> None:
    program = limited(engine, file_bytes=100)
    fd = program.opened("new", CREATE, FILE_RIGHTS)
    iovs = program.iovs((DATA, 1))
    assert program.call("fd_pwrite", fd, *iovs, 99, RESULT) == 0
    with exceeded("file bytes", 100):
        program.call("fd_pwrite", fd, *iovs, 100, RESULT)


def test_a_replaced_file_frees_its_bytes(engine: str) -> None:
    tree = FileTree({"a": b"12345", "b": b"12345"}, writable=True)
    program = limited(engine, tree, file_bytes=10, file_nodes=2)
    first, second = program.path("a"), program.path("b", SECOND_PATH)
    assert program.call("path_rename", 3, *first, 3, *second) == 0
    fd = program.opened("c", CREATE, FILE_RIGHTS)
    assert program.write(fd, b"12345") == 0


@pytest.mark.parametrize("name", ["mkdir", "open", "symlink", "link", "rename"])
def test_every_name_is_a_node(engine: str, name: str) -> None:
    tree = FileTree({"a": b"", "d/e": None}, writable=True)
    program = limited(engine, tree, file_nodes=4)

    def make(path: str) -> None:
        where = program.path(path)
        target = program.path("a", SECOND_PATH)
        if name == "mkdir":
            assert program.call("path_create_directory", 3, *where) == 0
        elif name == "symlink":
            assert program.call("path_symlink", *target, 3, *where) == 0
        elif name == "link":
            assert program.call("path_link", 3, 0, *target, 3, *where) == 0
        else:
            assert program.open(path, CREATE) == 0

    make("1")
    if name == "rename":
        old, new = program.path("1"), program.path("2", SECOND_PATH)
        assert program.call("path_rename", 3, *old, 3, *new) == 0
    with exceeded("file nodes", 4):
        make("3")
    assert len(program.state.mounts["m"]) == 4


def test_a_removed_node_makes_room(engine: str) -> None:
    program = limited(engine, FileTree({"d": None}, writable=True), file_nodes=1)
    assert program.call("path_remove_directory", 3, *program.path("d")) == 0
    assert program.open("new", CREATE) == 0


def test_open_files_are_those_that_the_program_opened(engine: str) -> None:
    program = limited(engine, open_files=2)
    first = program.opened("new", CREATE)
    assert program.open("new") == 0
    assert program.call("fd_close", 0) == 0
    with exceeded("open files", 2):
        program.open("other", CREATE)
    assert dict(program.state.mounts["m"]) == {"new": b""}
    program = limited(engine, open_files=2)
    assert program.opened("new", CREATE) == first
    assert program.open("new") == 0
    assert program.call("fd_renumber", first + 1, first) == 0
    assert program.open("new") == 0
    with exceeded("open files", 2):
        program.open("new")


def test_calls_are_counted_by_name(engine: str) -> None:
    program = limited(engine, host_calls=3)
    for _ in range(2):
        assert program.call("sched_yield") == 0
    assert program.call("fd_close", 9) == 8
    assert program.state.host_calls == {"sched_yield": 2, "fd_close": 1}
    with exceeded("host calls", 3):
        program.call("sched_yield")
    assert program.gas == 0
    assert program.state.host_calls.total() == 3


@pytest.mark.parametrize(
    ("inputs", "limits", "reason"),
    [
        ({"stdin": b"123"}, {"stdin_bytes": 2}, "3 bytes of stdin, 2 allowed"),
        (
            {"args": ["a"], "env": {"B": "c"}},
            {"arguments_bytes": 5},
            "6 bytes of arguments and environment, 5 allowed",
        ),
        (
            {"mounts": {"m": FileTree({"a": b"123"}, writable=True)}},
            {"file_bytes": 2},
            "3 bytes of files, 2 allowed",
        ),
        (
            {"mounts": {"m": FileTree({"a/b": b""}, writable=True)}},
            {"file_nodes": 1},
            "2 files and directories, 1 allowed",
        ),
    ],
)
def test_inputs_above_their_limits_are_refused(
    inputs: dict[str, object], limits: dict[str, int], reason: str
) -> None:
    one_more = {name: limit + 1 for name, limit in limits.items()}
    WasiState(**inputs, limits=WasiLimits(**one_more))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=reason):
        WasiState(**inputs, limits=WasiLimits(**limits))  # type: ignore[arg-type]


def test_read_only_mounts_do_not_count() -> None:
    tree = FileTree({"a": b"123"})
    WasiState(mounts={"m": tree}, limits=WasiLimits(file_bytes=0, file_nodes=0))


@pytest.mark.parametrize(
    "inputs",
    [
        {"args": ["a\0b"]},
        {"env": {"A": "\0"}},
        {"env": {"": "a"}},
        {"env": {"A=B": "a"}},
        {"mounts": {"": FileTree()}},
        {"mounts": {"a\0": FileTree()}},
        {"mounts": {"a" * 4_097: FileTree()}},
        {"seed": b""},
    ],
)
def test_inputs_that_cannot_be_are_refused(inputs: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"NUL|variable|bytes"):
        WasiState(**inputs)  # type: ignore[arg-type]


def test_a_limit_is_not_below_0() -> None:
    with pytest.raises(ValueError, match="host_calls is -1, below 0"):
        WasiLimits(host_calls=-1)


def test_a_run_is_freed_without_a_search_for_cycles(engine: str) -> None:
    gc.disable()
    try:
        tree = FileTree({"a/b": b"1"}, writable=True)
        program = Program(engine, mounts={"/": tree})
        fd = program.opened("a/b", 0, FILE_RIGHTS)
        assert program.write(fd, b"2") == 0
        assert program.opened("dev/zero") == fd + 1
        root = ref(program.state.descriptors.find(3).node)
        state = ref(program.state)
        assert program.state.mounts["/"]["a/b"] == b"2"
        # As a run does at its end.
        vars(program.frame).clear()
        del program
        assert (root(), state()) == (None, None)
    finally:
        gc.enable()
