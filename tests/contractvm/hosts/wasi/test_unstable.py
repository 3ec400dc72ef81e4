"""`wasi_unstable`: the layouts that differ."""

from struct import pack, unpack

import pytest

from contractvm.hosts.wasi.clock import YEAR_2000
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.layouts import UNSTABLE
from contractvm.hosts.wasi.rights import FILE_RIGHTS
from tests.helpers.wasi import DATA, RESULT, Program

TREE = FileTree({"file": b"0123456789"}, writable=True)


def with_file(engine: str) -> Program:
    program = Program(engine, UNSTABLE, mounts={"m": TREE})
    assert program.opened("file", 0, FILE_RIGHTS) == 4
    return program


@pytest.mark.parametrize(
    ("whence", "expected"), [(0, 3 + 2), (1, 10 + 2), (2, 2), (3, None)]
)
def test_whence_counts_from_the_position(
    engine: str, whence: int, expected: int | None
) -> None:
    program = with_file(engine)
    assert program.read(4, 3) == b"012"
    answer = program.call("fd_seek", 4, 2, whence, RESULT)
    assert answer == (Errno.INVAL if expected is None else 0)
    if expected is not None:
        assert (program.u64(), program.gas) == (expected, 10)


def test_attributes_have_56_bytes(engine: str) -> None:
    program = with_file(engine)
    for name, where in (
        ("fd_filestat_get", (4,)),
        ("path_filestat_get", (3, 0, *program.path("file"))),
    ):
        program.put(RESULT, b"\xff" * 57)
        assert program.call(name, *where, RESULT) == 0
        *found, rest = unpack("<QQB3xIQQQQB", program.get(RESULT, 57))
        assert found == [1, 2, 4, 1, 10, *(YEAR_2000,) * 3]
        assert rest == 255


def test_subscriptions_have_56_bytes(engine: str) -> None:
    program = Program(engine, UNSTABLE)
    first = pack("<QB7xQI4xQQH6x", 1, 0, 99, 1, 5, 0, 0)
    second = pack("<QB7xI36x", 2, 1, 0)
    assert (len(first), len(second)) == (56, 56)
    program.put(DATA, first + second)
    assert program.call("poll_oneoff", DATA, DATA + 200, 1, RESULT) == 0
    assert unpack("<QHB", program.get(DATA + 200, 11)) == (1, 0, 0)
    assert program.call("poll_oneoff", DATA, DATA + 200, 2, RESULT) == 0
    assert unpack("<QHB", program.get(DATA + 200, 11)) == (2, 0, 1)
    assert program.state.host_calls == {"poll_oneoff": 2}
