"""Files of WASI are what Linux has: the same errnos, contents and lists.

Differences that are meant, and how the comparison knows them:

* a path that leaves the directory of its descriptor by `..`, or is absolute, or meets a
  link that is absolute, is `perm`: Linux is not asked then;
* links with an absolute target cannot be made (`perm`);
* what a descriptor has no right to is `notcapable`, not `badf` or `inval`;
* a link that is opened as a directory, and not followed, is `loop`, not `notdir`;
* renaming something over `..` is `busy`, which Linux calls `notempty` in some places;
* a name that is too long is found before what is missing in the other path, and before
  the slash at the end of a file to be created;
* a descriptor that is no directory is refused before the other path is looked at;
* a file renamed over a directory that it is in is `isdir`, not `notempty`;
* directories do not count their links; access times are not kept.
"""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.helpers.wasi_files import (
    APPEND,
    CREATE,
    DIRECTORY,
    EXCLUSIVE,
    TRUNCATE,
    GuestFiles,
    HostFiles,
    answer_of,
)

Operation = tuple[str, tuple[Any, ...]]
MAX_OPEN = 12
NAMES = ("a", "b", "c", "d", "l")
COMPONENTS = (*NAMES, *NAMES, ".", "..", "", "x" * 255)


def paths_of(components: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Never absolute: Linux would go to this machine's root."""
    parts = st.lists(st.sampled_from(components), min_size=1, max_size=4)
    return parts.map("/".join).map(lambda path: path.lstrip("/")).filter(bool)


paths = paths_of((*COMPONENTS, "x" * 256))
pairs = paths_of(COMPONENTS)
targets = st.lists(st.sampled_from((*NAMES, ".")), min_size=1, max_size=3).map("/".join)
places = st.integers(0, MAX_OPEN - 1)
ways = st.sampled_from(
    (0, 0, CREATE, CREATE, CREATE | EXCLUSIVE, DIRECTORY, DIRECTORY, TRUNCATE)
)
sizes = st.sampled_from((0, 1, 5, 300, 4_095, 4_096, 4_097, 65_536, 200_000))
operations: st.SearchStrategy[Operation] = st.one_of(
    st.tuples(
        st.just("open"),
        st.tuples(
            places,
            paths,
            ways,
            st.booleans().map(int),
            st.sampled_from((1, 1, 0)),
            st.sampled_from((0, 0, APPEND)),
        ),
    ),
    st.tuples(st.just("close"), st.tuples(places)),
    st.tuples(st.just("read"), st.tuples(places, st.integers(0, 70_000))),
    st.tuples(st.just("write"), st.tuples(places, st.binary(max_size=20))),
    st.tuples(st.just("fill"), st.tuples(places, sizes)),
    st.tuples(
        st.just("seek"),
        st.tuples(places, sizes | st.integers(-5, 5), st.sampled_from((0, 1, 2))),
    ),
    st.tuples(st.just("resize"), st.tuples(places, sizes)),
    st.tuples(st.just("make_directory"), st.tuples(places, paths)),
    st.tuples(st.just("unlink"), st.tuples(places, paths)),
    st.tuples(st.just("remove_directory"), st.tuples(places, paths)),
    st.tuples(st.just("symlink"), st.tuples(targets, places, paths)),
    st.tuples(st.just("rename"), st.tuples(places, pairs, places, pairs)),
    st.tuples(st.just("link"), st.tuples(places, pairs, places, pairs)),
    st.tuples(st.just("readlink"), st.tuples(places, paths)),
    st.tuples(st.just("stat"), st.tuples(places, paths, st.integers(0, 1))),
    st.tuples(st.just("fstat"), st.tuples(places)),
    st.tuples(st.just("list"), st.tuples(places)),
)
MEANT = (
    ("NOTCAPABLE", "BADF"),
    ("NOTCAPABLE", "INVAL"),
    ("LOOP", "NOTDIR"),
    ("NAMETOOLONG", "ISDIR"),
    ("ISDIR", "NOTEMPTY"),
)
# Which arguments say which descriptor.
DESCRIPTORS = {"symlink": (1,), "rename": (0, 2), "link": (0, 2)}


def with_open_descriptors(operation: Operation, count: int) -> Operation:
    name, arguments = operation
    places = DESCRIPTORS.get(name, (0,))
    fitted = [
        value % count if index in places else value
        for index, value in enumerate(arguments)
    ]
    if name == "fill":
        return "write", (fitted[0], b"z" * fitted[1])
    return name, tuple(fitted)


def compare(sequence: list[Operation], folder: Path) -> None:
    """Do the operations in both; each answer must be the same."""
    root = folder / "far" / "below" / "root"
    root.mkdir(parents=True)
    guest, host = GuestFiles(), HostFiles(root)
    try:
        for operation in sequence:
            name, arguments = with_open_descriptors(operation, len(host.descriptors))
            if name == "open" and len(host.descriptors) == MAX_OPEN:
                name, arguments = "close", (1,)
            if name == "close" and arguments == (0,):
                continue
            if name in ("seek", "resize") and guest.fstat(arguments[0])[0] == 3:
                continue
            if name in ("rename", "link") and guest.fstat(arguments[2])[0] != 3:
                continue
            here = answer_of(getattr(guest, name), arguments)
            if here == ("PERM",) and ".." in str(arguments):
                continue
            there = answer_of(getattr(host, name), arguments)
            if (here[0], there[0]) not in MEANT:
                assert here == there, f"{name}{arguments} {here} {there}"[:900]
    finally:
        host.finish()


def run(sequence: list[Operation]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        compare(sequence, Path(folder))


@given(st.lists(operations, max_size=60))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_files_are_as_on_linux(sequence: list[Operation]) -> None:
    run(sequence)


@pytest.mark.slow
@given(st.lists(operations, min_size=50, max_size=100))
@settings(
    max_examples=2_000,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_files_are_as_on_linux_in_a_hundred_thousand_operations(
    sequence: list[Operation],
) -> None:
    run(sequence)
