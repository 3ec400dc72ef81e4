"""Arguments of public functions: checked, with one error that says what is wanted.

It lies in the lowest package, since all of them take arguments.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from reprlib import repr as short_repr
from typing import TypeVar

K = TypeVar("K")


def wrong_type(name: str, wanted: str, given: object) -> TypeError:
    """`sender must be an address, not int: 5`."""
    kind = "None" if given is None else f"{type(given).__name__}: {short_repr(given)}"
    return TypeError(f"{name} must be {wanted}, not {kind}")


def as_kind(given: object, name: str, kind: type[K]) -> K:
    """A value of the class `kind`."""
    if isinstance(given, kind):
        return given
    wanted = "bytes" if kind is bytes else f"a {kind.__name__}"
    raise wrong_type(name, wanted, given)


def as_list(given: object, name: str, kind: type[K]) -> list[K]:
    """Values of the class `kind`."""
    wanted = f"a list of {kind.__name__}"
    if not isinstance(given, Iterable):
        raise wrong_type(name, wanted, given)
    values = list(given)
    for value in values:
        if not isinstance(value, kind):
            raise wrong_type(name, wanted, value)
    return values


def as_path(
    given: object, name: str = "path", wanted: str = "a path (text or PathLike)"
) -> Path:
    """A path."""
    if isinstance(given, str | os.PathLike):
        path = os.fspath(given)
        if isinstance(path, str):
            return Path(path)
    raise wrong_type(name, wanted, given)


def as_int(
    given: object, name: str, wanted: str = "an int", *, at_least: int | None = None
) -> int:
    """A whole number; neither a bool nor a float is one."""
    if at_least is not None:
        wanted = f"{wanted} of at least {at_least}"
    if (
        isinstance(given, int)
        and not isinstance(given, bool)
        and (at_least is None or given >= at_least)
    ):
        return given
    raise wrong_type(name, wanted, given)


def as_text(given: object, name: str, wanted: str = "text") -> str:
    """Text; bytes are none."""
    if isinstance(given, str):
        return given
    raise wrong_type(name, wanted, given)
