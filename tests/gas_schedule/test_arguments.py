"""Arguments of public functions: what is taken, and the error of everything else."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gas_schedule.arguments import as_int, as_kind, as_list, as_path, as_text


class Folder(os.PathLike[Any]):
    """A path of the given form."""

    def __init__(self, path: Any) -> None:
        self.path = path

    def __fspath__(self) -> Any:
        return self.path


class Whole(int):
    """A number of its own class."""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (as_kind(Whole(3), "n", int), 3),
        (as_list((1, 2), "n", int), [1, 2]),
        (as_list(iter(()), "n", int), []),
        (as_path("a/b"), Path("a/b")),
        (as_path(Path("a")), Path("a")),
        (as_path(Folder("c")), Path("c")),
        (as_int(-(2**70), "n"), -(2**70)),
        (as_int(5, "n", at_least=5), 5),
        (as_int(0, "n", at_least=0), 0),
        (as_text("", "n"), ""),
    ],
)
def test_what_is_wanted_is_taken(found: object, expected: object) -> None:
    assert found == expected


@pytest.mark.parametrize(
    ("take", "text"),
    [
        (lambda: as_kind("1", "n", int), "n must be a int, not str: '1'"),
        (lambda: as_kind(None, "n", int), "n must be a int, not None"),
        (lambda: as_list(5, "n", int), "n must be a list of int, not int: 5"),
        (lambda: as_list([1, "2"], "n", int), "n must be a list of int, not str: '2'"),
        (lambda: as_path(5), "path must be a path (text or PathLike), not int: 5"),
        (
            lambda: as_path(b"a", "file", "a file"),
            "file must be a file, not bytes: b'a'",
        ),
        (lambda: as_path(Folder(b"a"), "file", "a file"), "file must be a file, not F"),
        (lambda: as_int(True, "n"), "n must be an int, not bool: True"),
        (lambda: as_int(1.0, "n"), "n must be an int, not float: 1.0"),
        (lambda: as_int("1", "n", "a number"), "n must be a number, not str: '1'"),
        (
            lambda: as_int(4, "n", at_least=5),
            "n must be an int of at least 5, not int: 4",
        ),
        (
            lambda: as_int(-1, "n", "gas", at_least=0),
            "n must be gas of at least 0, not int: -1",
        ),
        (lambda: as_text(b"a", "n"), "n must be text, not bytes: b'a'"),
        (lambda: as_text(None, "n", "a name"), "n must be a name, not None"),
    ],
)
def test_another_argument_is_refused_with_what_is_wanted(
    take: Callable[[], object], text: str
) -> None:
    with pytest.raises(TypeError) as caught:
        take()
    assert str(caught.value).startswith(text)


def test_what_is_shown_of_an_argument_is_short() -> None:
    with pytest.raises(TypeError) as caught:
        as_int("a" * 1_000, "n")
    assert len(str(caught.value)) < 70
