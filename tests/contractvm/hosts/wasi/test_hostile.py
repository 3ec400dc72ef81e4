"""Arguments and memory of a hostile program: traps and errnos, never an exception."""

import tracemalloc
from struct import pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contractvm.errors import ExecutionStopped
from contractvm.hosts.wasi.contents import CHUNK_BYTES
from contractvm.hosts.wasi.errno import Errno
from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink
from contractvm.hosts.wasi.functions import FUNCTIONS
from contractvm.hosts.wasi.layouts import LAYOUTS
from contractvm.hosts.wasi.limits import WasiLimits
from contractvm.hosts.wasi.nodes import Directory, File
from contractvm.hosts.wasi.rights import DIRECTORY_RIGHTS, INHERITED_RIGHTS
from contractvm.wasm.structure.types import PAGE_BYTES, ValType
from tests.helpers.wasi import DATA, IOVS, PAGES, PATH, RESULT, DirectProgram

END = PAGES * PAGE_BYTES
LIMITS = WasiLimits(
    stdout_bytes=100_000, file_bytes=200_000, file_nodes=20, host_calls=200
)
MOUNTS = {
    "/": FileTree(
        {"a/b": b"12345", "l": SymbolicLink("a"), "m": SymbolicLink("l/../m")},
        writable=True,
    ),
    "/r": FileTree({"a": b"1"}),
}
NAMES = sorted({row.name for row in FUNCTIONS})
PARAMS = {row.name: row.func_type.params for row in FUNCTIONS}
ERRNOS = {int(errno) for errno in Errno}

paths = st.one_of(
    st.binary(min_size=1, max_size=20),
    st.lists(
        st.sampled_from((b"a", b"b", b"l", b"m", b".", b"..", b"", b"dev", b"zero")),
        min_size=1,
        max_size=5,
    ).map(b"/".join),
)
small = st.one_of(
    st.integers(0, 9),
    st.sampled_from((RESULT, IOVS, PATH, DATA, END - 1, END, 2**31, 2**32 - 1)),
)
long = st.one_of(
    small,
    st.integers(0, 2**64 - 1),
    st.just(INHERITED_RIGHTS),
    st.sampled_from((2**63 - 1, 2**63, 2**64 - 1)),
)
contents = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(small, small), max_size=9).map(
        lambda pairs: b"".join(pack("<II", *pair) for pair in pairs)
    ),
    paths,
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, tuple[int, ...]]:
    name = draw(st.sampled_from(NAMES))
    return name, tuple(
        draw(long if param is ValType.I64 else small) for param in PARAMS[name]
    )


steps = st.tuples(st.tuples(small, contents), calls())


@pytest.mark.parametrize("module", LAYOUTS)
@given(data=st.data())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_call_answers_an_errno_or_ends_the_run(
    module: str, data: st.DataObject
) -> None:
    program = DirectProgram(
        module, stdin=b"x" * 1_000, args=["a"], mounts=MOUNTS, limits=LIMITS
    )
    for (address, content), (name, arguments) in data.draw(
        st.lists(steps, max_size=30)
    ):
        if address + len(content) <= END:
            program.put(address, content)
        before = program.meter.left
        try:
            answer = program.call(name, *arguments)
        except ExecutionStopped:
            return
        finally:
            assert program.meter.left <= before
        assert answer in ERRNOS
    trees = program.state.mounts
    assert trees["/r"] is MOUNTS["/r"]
    assert trees["/"].size_bytes <= LIMITS.file_bytes * LIMITS.file_nodes
    assert trees["/"].node_count <= LIMITS.file_nodes


def test_memory_is_bounded_by_the_limits() -> None:
    """Many looked-up names, one sparse file, very many names of one large file."""
    program = DirectProgram(mounts={"/": FileTree(writable=True)})
    fd = program.opened("large", 1, INHERITED_RIGHTS)
    tracemalloc.start()
    try:
        size = program.state.limits.file_bytes
        assert program.call("fd_filestat_set_size", fd, size) == 0
        for number in range(3_000):
            assert program.open(f"{number:0200}") == Errno.NOENT
            where = program.path("large")
            name = program.path(f"{number}", DATA)
            assert program.call("path_link", 3, 0, *where, 3, *name) == 0
        _, most = tracemalloc.get_traced_memory()
        assert most < 5_000_000
        tree = program.state.mounts["/"]
        assert tree.size_bytes == 3_001 * size
        assert len(tree.digest()) == 32
        _, most = tracemalloc.get_traced_memory()
        assert most < 3 * size
    finally:
        tracemalloc.stop()


def test_links_that_lead_through_links_end() -> None:
    """Each link doubles the way; the fortieth is the last that is followed."""
    program = DirectProgram(mounts={"m": FileTree({"d": None}, writable=True)})
    target = "d"
    for number in range(30):
        name = f"{number}"
        first = program.path(f"{target}/../{target}" if number else "d", DATA)
        assert program.call("path_symlink", *first, 3, *program.path(name)) == 0
        target = name
    assert program.open(f"{target}/x", lookup=1) == Errno.LOOP
    assert program.gas < 2_000


def test_a_tree_as_deep_as_nodes_allow_has_a_copy_and_a_digest() -> None:
    program = DirectProgram(mounts={"m": FileTree(writable=True)})
    fd, depth = 3, 2_000
    for _ in range(depth):
        where = program.path("d")
        assert program.call("path_create_directory", fd, *where) == 0
        inheriting = INHERITED_RIGHTS
        below = program.opened("d", 2, DIRECTORY_RIGHTS, fd=fd, inheriting=inheriting)
        if fd != 3:
            assert program.call("fd_close", fd) == 0
        fd = below
    assert program.state.mounts["m"].node_count == depth
    second = program.path("e", DATA)
    # From the deepest directory all the way up, each step paid for.
    assert program.call("path_create_directory", 3, *program.path("x")) == 0
    answer = program.call("path_rename", 3, *program.path("x"), fd, *second)
    assert (answer, program.gas) == (0, 40 + 2 + 10 + 5 * depth)
    answer = program.call("path_rename", 3, *program.path("d"), fd, *second)
    assert answer == Errno.INVAL


def test_the_work_of_a_list_is_bounded_by_what_it_lists() -> None:
    """Entries of the tree that were removed are forgotten in time."""
    names = [f"{number}" for number in range(1_000)]
    tree = FileTree(dict.fromkeys(names, b""), writable=True)
    program = DirectProgram(mounts={"m": tree})
    root = program.state.descriptors.find(3).node
    assert isinstance(root, Directory)
    for left, name in enumerate(names[::-1], 1):
        assert program.call("path_unlink_file", 3, *program.path(name)) == 0
        if left % 3 == 0:
            assert program.open(name, 1) == 0
            assert program.call("fd_close", 4) == 0
        kept = len(root._base) + len(root._entries)
        assert kept <= 4 * root.count + 8
    assert root.count == len(root.names()) == 333
    assert sorted(program.state.mounts["m"]) == sorted(names[::-1][2::3])


def test_cutting_a_file_costs_what_is_cut_off() -> None:
    program = DirectProgram(mounts={"m": FileTree(writable=True)})
    fd = program.opened("f", 1, INHERITED_RIGHTS)
    size = 3 * CHUNK_BYTES
    program.put(DATA, b"x" * 9)
    for offset in range(0, size, CHUNK_BYTES):
        iovs = program.iovs((DATA, 9))
        assert program.call("fd_pwrite", fd, *iovs, offset, RESULT) == 0
    file = program.state.descriptors.find(fd).node
    assert isinstance(file, File)
    for length, chunks in ((2 * CHUNK_BYTES + 1, 3), (2 * CHUNK_BYTES, 2), (5, 1)):
        assert program.call("fd_filestat_set_size", fd, length) == 0
        assert len(file.contents._chunks) == chunks
    assert program.state.mounts["m"]["f"] == b"xxxxx"
