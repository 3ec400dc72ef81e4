"""Reading, writing and seeking: answers, bytes, charges."""

import pytest

from contractvm.errors import LimitExceeded, OutOfGas, Trap
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.limits import WasiLimits
from contractvm.hosts.wasi.rights import FILE_RIGHTS, Right
from contractvm.wasm.structure.types import PAGE_BYTES
from tests.helpers.wasi import DATA, IOVS, PAGES, RESULT, Program

END = PAGES * PAGE_BYTES
SET, CURRENT, FROM_END = range(3)
ALPHABET = b"abcdefghijklmnopqrstuvwxyz"


def with_file(engine: str, content: bytes = ALPHABET, **inputs: object) -> Program:
    """A program in which descriptor 4 is an open file."""
    tree = FileTree({"file": content}, writable=True)
    program = Program(engine, mounts={"/": tree}, **inputs)
    assert program.opened("file", 0, FILE_RIGHTS) == 4
    return program


def content(program: Program) -> object:
    return program.state.mounts["/"]["file"]


def test_stdin_gives_what_is_left_then_nothing(engine: str) -> None:
    program = Program(engine, stdin=b"0123456789" * 7)
    iovs = program.iovs((DATA, 3), (DATA + 100, 30))
    assert program.call("fd_read", 0, *iovs, RESULT) == 0
    assert (program.u32(), program.gas) == (33, 30 + 2 * 5 + 2)
    assert program.get(DATA, 4) == b"012\0"
    assert program.get(DATA + 100, 31) == b"345678901234567890123456789012\0"
    assert program.read(0, 100) == b"3456789" + b"0123456789" * 3
    assert program.gas == 30 + 5 + 2
    assert program.read(0, 100) == b""
    assert program.gas == 30 + 5


def test_files_are_read_from_the_offset(engine: str) -> None:
    program = with_file(engine)
    assert (program.read(4, 20), program.gas) == (ALPHABET[:20], 30 + 5 + 1)
    assert (program.read(4, 20), program.gas) == (ALPHABET[20:], 30 + 5 + 1)
    assert (program.read(4, 20), program.gas) == (b"", 30 + 5)


def test_pread_leaves_the_offset(engine: str) -> None:
    program = with_file(engine)
    for offset, expected in ((24, b"yz"), (26, b""), (2**64 - 1, b"")):
        iovs = program.iovs((DATA, 5))
        assert program.call("fd_pread", 4, *iovs, offset, RESULT) == 0
        assert program.get(DATA, program.u32()) == expected
        assert program.gas == 30 + 5 + (len(expected) > 0)
    assert program.read(4, 1) == b"a"


@pytest.mark.parametrize("name", ["fd_pread", "fd_pwrite"])
def test_streams_have_no_offset(engine: str, name: str) -> None:
    program = Program(engine)
    iovs = program.iovs((DATA, 1))
    assert program.call(name, 0, *iovs, 0, RESULT) == Errno.SPIPE
    assert program.call(name, 1, *iovs, 0, RESULT) == Errno.SPIPE
    assert program.call(name, 3, *iovs, 0, RESULT) == Errno.BADF
    assert program.gas == 30


def test_directories_cannot_be_read_or_written(engine: str) -> None:
    program = with_file(engine)
    iovs = program.iovs((DATA, 1))
    assert program.call("fd_read", 3, *iovs, RESULT) == Errno.ISDIR
    assert program.call("fd_pread", 3, *iovs, 0, RESULT) == Errno.ISDIR
    assert program.call("fd_write", 3, *iovs, RESULT) == Errno.NOTCAPABLE
    assert program.call("fd_pwrite", 3, *iovs, 0, RESULT) == Errno.NOTCAPABLE


@pytest.mark.parametrize(
    ("name", "fd"), [("fd_read", 1), ("fd_write", 0), ("fd_read", 9), ("fd_write", 9)]
)
def test_streams_go_one_way(engine: str, name: str, fd: int) -> None:
    program = Program(engine, stdin=b"x")
    expected = Errno.BADF if fd == 9 else Errno.NOTCAPABLE
    assert program.call(name, fd, *program.iovs((DATA, 1)), RESULT) == expected
    assert (program.gas, program.state.stdout) == (30, b"")


@pytest.mark.parametrize("right", [Right.FD_READ, Right.FD_SEEK])
def test_pread_needs_two_rights(engine: str, right: int) -> None:
    program = with_file(engine)
    assert program.call("fd_fdstat_set_rights", 4, FILE_RIGHTS & ~right, 0) == 0
    iovs = program.iovs((DATA, 1))
    assert program.call("fd_pread", 4, *iovs, 0, RESULT) == Errno.NOTCAPABLE
    expected = 0 if right is Right.FD_SEEK else Errno.NOTCAPABLE
    assert program.call("fd_read", 4, *iovs, RESULT) == expected


@pytest.mark.parametrize("right", [Right.FD_WRITE, Right.FD_SEEK])
def test_pwrite_needs_two_rights(engine: str, right: int) -> None:
    program = with_file(engine)
    assert program.call("fd_fdstat_set_rights", 4, FILE_RIGHTS & ~right, 0) == 0
    iovs = program.iovs((DATA, 1))
    assert program.call("fd_pwrite", 4, *iovs, 0, RESULT) == Errno.NOTCAPABLE
    assert content(program) == ALPHABET


def test_stdout_and_stderr_append(engine: str) -> None:
    program = Program(engine)
    program.put(DATA, ALPHABET * 2)
    iovs = program.iovs((DATA, 3), (DATA, 0), (DATA + 1, 30))
    assert program.call("fd_write", 1, *iovs, RESULT) == 0
    assert (program.u32(), program.gas) == (33, 30 + 3 * 5 + 2)
    assert program.write(1, b"!") == 0
    assert program.write(2, b"?") == 0
    assert program.state.stdout == b"abc" + (ALPHABET * 2)[1:31] + b"!"
    assert (program.state.stderr, program.state.stderr_truncated) == (b"?", False)


def test_a_write_inside_a_file_does_not_grow_it(engine: str) -> None:
    program = with_file(engine)
    assert (program.write(4, b"AB"), program.u32(), program.gas) == (0, 2, 36)
    assert content(program) == b"AB" + ALPHABET[2:]


def test_growth_is_charged_apart(engine: str) -> None:
    program = with_file(engine)
    assert program.call("fd_seek", 4, 20, SET, RESULT) == 0
    assert program.write(4, b"x" * 39) == 0
    assert program.gas == 30 + 5 + 2 + 2
    assert content(program) == ALPHABET[:20] + b"x" * 39


def test_a_gap_becomes_zeros_and_is_charged(engine: str) -> None:
    program = with_file(engine)
    program.put(DATA, b"end")
    iovs = program.iovs((DATA, 3))
    assert program.call("fd_pwrite", 4, *iovs, 100, RESULT) == 0
    assert (program.u32(), program.gas) == (3, 30 + 5 + 1 + 3)
    assert content(program) == ALPHABET + bytes(74) + b"end"
    assert program.read(4, 1) == b"a"


def test_nothing_written_beyond_the_end_grows_nothing(engine: str) -> None:
    program = with_file(engine)
    iovs = program.iovs((DATA, 0))
    assert program.call("fd_pwrite", 4, *iovs, 100, RESULT) == 0
    assert (program.u32(), program.gas) == (0, 35)
    assert content(program) == ALPHABET


def test_appending_ignores_the_offset(engine: str) -> None:
    program = with_file(engine)
    assert program.call("fd_fdstat_set_flags", 4, 1) == 0
    assert program.write(4, b"1") == 0
    assert program.call("fd_pwrite", 4, *program.iovs((DATA, 1)), 0, RESULT) == 0
    assert content(program) == ALPHABET + b"11"
    assert program.call("fd_tell", 4, RESULT) == 0
    assert program.u64() == 27


def test_appending_nothing_leaves_the_offset(engine: str) -> None:
    """Found by comparison with Linux: a later read began at the end."""
    program = with_file(engine)
    assert program.call("fd_fdstat_set_flags", 4, 1) == 0
    assert (program.write(4, b""), program.u32()) == (0, 0)
    assert program.read(4, 1) == b"a"


def test_an_offset_beyond_63_bits_is_invalid(engine: str) -> None:
    program = with_file(engine)
    iovs = program.iovs((DATA, 1))
    assert program.call("fd_pwrite", 4, *iovs, 2**63 - 1, RESULT) == Errno.INVAL
    with pytest.raises(LimitExceeded) as caught:
        program.call("fd_pwrite", 4, *iovs, 2**63 - 2, RESULT)
    assert caught.value.which == "file_bytes"


def test_growth_is_paid_before_it_happens(engine: str) -> None:
    opening, writing = 50 + 5 + 1, 30 + 5 + 4 + 4
    tree = FileTree(writable=True)
    program = Program(engine, gas=opening + writing - 1, mounts={"/": tree})
    fd = program.opened("f", 1, FILE_RIGHTS)
    assert program.gas == opening
    with pytest.raises(OutOfGas) as caught:
        program.write(fd, b"x" * 97)
    assert caught.value.shortfall == 10_000
    assert dict(program.state.mounts["/"]) == {"f": b""}


@pytest.mark.parametrize("name", ["fd_read", "fd_write"])
def test_an_iovec_list_has_at_most_1024_entries(engine: str, name: str) -> None:
    program = Program(engine, stdin=b"x" * 2_000)
    fd = 0 if name == "fd_read" else 1
    program.put(IOVS, (DATA.to_bytes(4, "little") + b"\1\0\0\0") * 1_025)
    assert program.call(name, fd, IOVS, 1_025, RESULT) == Errno.INVAL
    assert program.gas == 30
    assert program.call(name, fd, IOVS, 2**32 - 1, RESULT) == Errno.INVAL
    assert program.call(name, fd, IOVS, 1_024, RESULT) == 0
    assert (program.u32(), program.gas) == (1_024, 30 + 5 * 1_024 + 32)


def test_an_empty_iovec_list_moves_nothing(engine: str) -> None:
    program = Program(engine, stdin=b"x")
    assert program.call("fd_read", 0, END, 0, RESULT) == 0
    assert program.call("fd_write", 1, END, 0, RESULT) == 0
    assert (program.u32(), program.gas) == (0, 30)


@pytest.mark.parametrize("name", ["fd_read", "fd_write"])
@pytest.mark.parametrize("buffer", [(END - 1, 2), (END + 1, 0), (2**32 - 1, 2**32 - 1)])
def test_a_buffer_outside_memory_traps(
    engine: str, name: str, buffer: tuple[int, int]
) -> None:
    """Also where less would be transferred, and nothing has happened then."""
    program = Program(engine, stdin=b"x")
    fd = 0 if name == "fd_read" else 1
    iovs = program.iovs((DATA, 1), buffer)
    with pytest.raises(Trap, match="out of bounds memory access"):
        program.call(name, fd, *iovs, RESULT)
    assert (program.gas, program.state.stdout) == (40, b"")
    assert program.get(DATA, 1) == b"\0"


def test_buffers_may_end_with_the_memory(engine: str) -> None:
    program = Program(engine, stdin=b"xy")
    assert program.call("fd_read", 0, *program.iovs((END - 2, 2)), RESULT) == 0
    assert program.get(END - 2, 2) == b"xy"
    assert program.call("fd_write", 1, *program.iovs((END, 0)), RESULT) == 0


def test_buffers_may_overlap(engine: str) -> None:
    program = Program(engine, stdin=b"123456")
    iovs = program.iovs((DATA, 4), (DATA + 1, 2))
    assert program.call("fd_read", 0, *iovs, RESULT) == 0
    assert program.get(DATA, 4) == b"1564"
    assert program.call("fd_write", 1, *iovs, RESULT) == 0
    assert program.state.stdout == b"156456"


def test_one_call_moves_no_more_than_the_limit(engine: str) -> None:
    program = with_file(engine, limits=WasiLimits(call_bytes=10), stdin=ALPHABET)
    assert program.read(0, 26) == ALPHABET[:10]
    assert program.read(0, 10) == ALPHABET[10:20]
    assert program.read(4, 26) == ALPHABET[:10]
    iovs = program.iovs((DATA, 8), (DATA, 8))
    assert program.call("fd_write", 1, *iovs, RESULT) == 0
    assert (program.u32(), program.gas) == (10, 41)
    assert program.state.stdout == b"abcdefghab"


def test_seeking_goes_from_the_start_the_position_and_the_end(engine: str) -> None:
    program = with_file(engine)
    for delta, whence, expected in (
        (5, SET, 5),
        (3, CURRENT, 8),
        (-8, CURRENT, 0),
        (-1, FROM_END, 25),
        (100, FROM_END, 126),
        (2**63 - 1, SET, 2**63 - 1),
    ):
        assert program.call("fd_seek", 4, delta % 2**64, whence, RESULT) == 0
        assert (program.u64(), program.gas) == (expected, 10)
        assert program.call("fd_tell", 4, RESULT) == 0
        assert (program.u64(), program.gas) == (expected, 10)


@pytest.mark.parametrize(
    ("delta", "whence"),
    [(-1, SET), (-27, FROM_END), (2**63 - 1, FROM_END), (0, 3), (0, 256)],
)
def test_a_position_that_cannot_be_is_invalid(
    engine: str, delta: int, whence: int
) -> None:
    program = with_file(engine)
    assert program.call("fd_seek", 4, delta % 2**64, whence, RESULT) == Errno.INVAL
    assert program.call("fd_tell", 4, RESULT) == 0
    assert program.u64() == 0


@pytest.mark.parametrize(
    ("fd", "expected"), [(0, Errno.SPIPE), (1, Errno.SPIPE), (3, Errno.BADF), (9, 8)]
)
def test_only_files_have_a_position(engine: str, fd: int, expected: int) -> None:
    program = with_file(engine)
    assert program.call("fd_seek", fd, 0, SET, RESULT) == expected
    assert program.call("fd_tell", fd, RESULT) == expected
    assert program.gas == 10


def test_the_right_to_seek_implies_the_one_to_tell(engine: str) -> None:
    program = with_file(engine)
    assert program.call("fd_fdstat_set_rights", 4, Right.FD_SEEK, 0) == 0
    assert program.call("fd_tell", 4, RESULT) == 0
    assert program.call("fd_seek", 4, 1, SET, RESULT) == 0
    program = with_file(engine)
    assert program.call("fd_fdstat_set_rights", 4, Right.FD_TELL, 0) == 0
    assert program.call("fd_tell", 4, RESULT) == 0
    assert program.call("fd_seek", 4, 0, CURRENT, RESULT) == 0
    assert program.call("fd_seek", 4, 0, SET, RESULT) == Errno.NOTCAPABLE
    assert program.call("fd_fdstat_set_rights", 4, 0, 0) == 0
    assert program.call("fd_tell", 4, RESULT) == Errno.NOTCAPABLE


@pytest.mark.parametrize(
    ("name", "expected", "gas"),
    [
        ("null", b"", 35),
        ("zero", bytes(40), 37),
        ("urandom", None, 41),
        ("random", None, 41),
    ],
)
def test_devices_give_what_they_give_and_take_everything(
    engine: str, name: str, expected: bytes | None, gas: int
) -> None:
    program = Program(engine, mounts={"/": FileTree({"x": b""})})
    twin = Program(engine)
    assert twin.call("random_get", DATA, 80) == 0
    stream = twin.get(DATA, 80)
    fd = program.opened(f"dev/{name}", 0, FILE_RIGHTS)
    wanted = stream[:40] if expected is None else expected
    assert (program.read(fd, 40), program.gas) == (wanted, gas)
    assert (program.write(fd, b"x" * 33), program.u32(), program.gas) == (0, 33, 37)
    assert program.call("random_get", DATA, 40) == 0
    assert program.get(DATA, 40) == (stream[40:] if expected is None else stream[:40])
    assert program.call("fd_seek", fd, 0, SET, RESULT) == Errno.SPIPE
    assert dict(program.state.mounts["/"]) == {"x": b""}
