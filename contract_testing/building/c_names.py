"""Names of an ABI as identifiers in C, none of which is taken."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

INCLUDE = Path(__file__).parent / "include"
KEYWORDS = frozenset(
    (
        *("alignas", "alignof", "asm", "auto", "bool", "break", "case", "char"),
        *("const", "constexpr", "continue", "default", "do", "double", "else"),
        *("enum", "extern", "false", "float", "for", "goto", "if", "inline", "int"),
        *("long", "main", "nullptr", "register", "restrict", "return", "short"),
        *("signed", "sizeof", "static", "static_assert", "struct", "switch"),
        *("thread_local", "true", "typedef", "typeof", "typeof_unqual", "union"),
        *("unsigned", "void", "volatile", "while"),
        # Variables of generated functions.
        *("abi_data", "abi_first", "abi_words"),
    )
) | {f"{sign}int{bits}_t" for sign in ("", "u") for bits in (8, 16, 32, 64)}
# What a header declares stands at the beginning of a line: funcs and macros with
# brackets, types and variables before a semicolon, constants of an enumeration.
DECLARED = (
    re.compile(r"^[^\s*/#].*?\b(\w+)\(", re.MULTILINE),
    re.compile(r"^#define (\w+)", re.MULTILINE),
    re.compile(r"^(?:\}|typedef|static) [^\n(]*?\b(\w+)(?:\[\w*\])?(?:;| =)", re.M),
    re.compile(r"\b([A-Z][A-Z_]+) = "),
)
MAX_NAME = 100


@cache
def reserved_names() -> frozenset[str]:
    """What generated code must not define: keywords, and names of the headers."""
    names = set(KEYWORDS)
    for header in INCLUDE.glob("*.[hc]"):
        text = header.read_text()
        names.update(*(pattern.findall(text) for pattern in DECLARED))
    return frozenset(names)


class Names:
    """The identifiers of one scope, each once."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def add(self, wanted: str) -> str:
        """An identifier for a name: itself, with `_` after it while that is taken."""
        name = re.sub(r"[^A-Za-z0-9_]", "_", wanted)[:MAX_NAME]
        if not name or name[0].isdigit():
            name = f"_{name}"
        while name in self._taken or name in reserved_names():
            name += "_"
        self._taken.add(name)
        return name


def overload_suffix(types: Iterable[str]) -> str:
    """What tells an overloaded function's name from the others': `_uint8_address`."""
    return "".join(f"_{re.sub('[^A-Za-z0-9]+', '_', text)}" for text in types)
