"""However reads and writes are cut into calls and buffers, the bytes are the same."""

from hypothesis import given
from hypothesis import strategies as st

from contractvm.hosts.wasi.file_tree import FileTree
from contractvm.hosts.wasi.rights import FILE_RIGHTS
from tests.helpers.wasi import DATA, RESULT, DirectProgram

sizes = st.lists(st.lists(st.integers(0, 70), max_size=4), max_size=8)
CONTENT = bytes(range(256)) * 8


def buffers(program: DirectProgram, lengths: list[int]) -> tuple[int, int]:
    """One after the other from DATA on."""
    starts = [DATA + sum(lengths[:number]) for number in range(len(lengths))]
    return program.iovs(*zip(starts, lengths, strict=True))


@given(sizes)
def test_reads(cuts: list[list[int]]) -> None:
    tree = FileTree({"f": CONTENT})
    program = DirectProgram(stdin=CONTENT, mounts={"/": tree})
    fd = program.opened("f", 0, FILE_RIGHTS & ~64)
    zeros = program.opened("dev/zero", 0, FILE_RIGHTS)
    random = program.opened("dev/urandom", 0, FILE_RIGHTS)
    found = {0: b"", fd: b"", zeros: b"", random: b""}
    for lengths in cuts:
        for number in found:
            iovs = buffers(program, lengths)
            assert program.call("fd_read", number, *iovs, RESULT) == 0
            found[number] += program.get(DATA, program.u32())
    total = sum(map(sum, cuts))
    twin = DirectProgram()
    assert twin.call("random_get", DATA, total) == 0
    assert found == {
        0: CONTENT[:total],
        fd: CONTENT[:total],
        zeros: bytes(total),
        random: twin.get(DATA, total),
    }


@given(sizes, st.booleans())
def test_writes(cuts: list[list[int]], appends: bool) -> None:
    program = DirectProgram(mounts={"m": FileTree(writable=True)})
    fd = program.opened("f", 1, FILE_RIGHTS, flags=int(appends))
    position = 0
    for lengths in cuts:
        program.put(DATA, CONTENT[position : position + sum(lengths)])
        iovs = buffers(program, lengths)
        for number in (1, fd):
            assert program.call("fd_write", number, *iovs, RESULT) == 0
            assert program.u32() == sum(lengths)
        position += sum(lengths)
    assert program.state.stdout == CONTENT[:position]
    assert program.state.mounts["m"]["f"] == CONTENT[:position]
