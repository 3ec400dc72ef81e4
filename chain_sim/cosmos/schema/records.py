"""Named tuples for decoded structs, and names of JSON as Python can have them."""

import keyword
import re
from collections import namedtuple
from collections.abc import Sequence
from functools import lru_cache
from typing import Any


def python_name(name: str) -> str:
    """A name as an attribute or keyword: `from` is `from_`, `a-b` is `a_b`."""
    plain = re.sub(r"\W", "_", name)
    if keyword.iskeyword(plain):
        return f"{plain}_"
    return plain if plain.isidentifier() else f"_{plain}"


def record(struct: str, names: Sequence[str], values: Sequence[Any]) -> Any:
    """A named tuple; names that it cannot have become `_0`, `_1`, ..."""
    return _record_class(struct, tuple(names))(*values)


@lru_cache(maxsize=1024)
def _record_class(struct: str, names: tuple[str, ...]) -> Any:
    shown = python_name(struct)
    if shown.startswith("_"):
        shown = f"Struct{shown}"
    return namedtuple(shown, map(python_name, names), rename=True)
