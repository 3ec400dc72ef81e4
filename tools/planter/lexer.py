"""Tokens and logical lines of Python, Cython and C sources.

One lexer for the three: the standard library's reads Python only, and no mutation
library reads Cython.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

STRING = (
    r"(?i:[rbuf]{0,2})"
    r"(?:\"\"\"(?:\\.|[^\\])*?\"\"\"|'''(?:\\.|[^\\])*?'''"
    r"|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*')"
)
NUMBER = (
    r"0[xX][0-9a-fA-F_]+[uUlL]*|0[bB][01_]+|0[oO][0-7_]+"
    r"|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?[uUlL]*"
)
OPERATOR = (
    r"\*\*=|//=|>>=|<<=|\.\.\.|->|:=|[=!<>]=|<<|>>|\*\*|//|[-+*/%&|^]="
    r"|[-+*/%&|^~<>=(){}\[\],:.;@!?$]"
)
C_OPERATOR = (
    r">>=|<<=|->|&&|\|\||\+\+|--|[=!<>]=|<<|>>|[-+*/%&|^]=|[-+*/%&|^~<>=(){}\[\],:.;!?]"
)
COMMON = rf"(?P<number>{NUMBER})|(?P<name>[^\W\d]\w*)"
PYTHON = re.compile(
    rf"(?P<space>[ \t\f]+|\\\n|#[^\n]*)|(?P<string>{STRING})|{COMMON}"
    rf"|(?P<operator>{OPERATOR})|(?P<newline>\n)",
    re.DOTALL,
)
# Directives that choose or include text are as blank as comments are; the text of a
# macro is code.
C = re.compile(
    r"(?P<space>[ \t\f]+|\\?\n|//[^\n]*|/\*.*?\*/"
    r"|\#[ \t]*define[ \t]+\w+(?:\([^)]*\))?|\#(?:\\\n|[^\n])*)"
    rf"|(?P<string>{STRING})|{COMMON}|(?P<operator>{C_OPERATOR})",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Token:
    """A name, number, string or operator, and where it starts in the source."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the source goes on after it."""
        return self.start + len(self.text)


Line = tuple[Token, ...]
"""A logical line: one statement, or the head of one that has a block."""


def is_c(path: str) -> bool:
    """Whether the file is C; otherwise it is Python or Cython."""
    return path.endswith((".h", ".c"))


def tokens_of(source: str, path: str) -> Iterator[Token]:
    """Every token, line ends included; ValueError where the source has none."""
    pattern = C if is_c(path) else PYTHON
    place = 0
    while place < len(source):
        match = pattern.match(source, place)
        if match is None:
            raise ValueError(f"{path}: no token at {source[place : place + 20]!r}")
        kind = match.lastgroup or "space"
        if kind != "space":
            yield Token(kind, match[0], place)
        place = match.end()


def logical_lines(source: str, path: str) -> list[Line]:
    """The statements of a source in order, each with its tokens."""
    split = split_c if is_c(path) else split_python
    return [tuple(line) for line in split(tokens_of(source, path)) if line]


def split_python(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    depth = 0
    line: list[Token] = []
    for token in tokens:
        if token.kind == "newline":
            if depth == 0:
                yield line
                line = []
            continue
        depth += (token.text in "([{") - (token.text in ")]}")
        line.append(token)
    yield line


def split_c(tokens: Iterator[Token]) -> Iterator[list[Token]]:
    """A statement ends at its semicolon, the head of a block at its brace."""
    depth = 0
    line: list[Token] = []
    for token in tokens:
        depth += (token.text in "([") - (token.text in ")]")
        line.append(token)
        if depth == 0 and token.text in ";{}":
            yield line
            line = []
    yield line
