"""Faults to plant: each changes one operator, constant, condition or statement.

A fault is a replacement of a span of the source. Strings, declarations, annotations
and imports are left alone: what is wrong there, a message or a type, no result shows.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from tools.planter.lexer import Line, Token, is_c, logical_lines

KEYWORDS = frozenset((
    "and", "as", "assert", "async", "await", "break", "case", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global",
    "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield", "cdef", "cpdef", "ctypedef",
    "cimport", "inline", "const", "goto", "sizeof",
))  # fmt: skip
COMPARISONS = {
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "==": ("!=",),
    "!=": ("==",),
}
ARITHMETIC = {
    "+": ("-",),
    "-": ("+",),
    "*": ("+",),
    "/": ("*",),
    "//": ("*",),
    "%": ("+",),
    "**": ("*",),
    "<<": (">>",),
    ">>": ("<<",),
    "&": ("|",),
    "|": ("&",),
    "^": ("|",),
}
ASSIGNMENTS = {
    "+=": ("-=", "="),
    "-=": ("+=", "="),
    "*=": ("+=",),
    "//=": ("*=",),
    "/=": ("*=",),
    "%=": ("+=",),
    "<<=": (">>=",),
    ">>=": ("<<=",),
    "&=": ("|=", "="),
    "|=": ("&=", "="),
    "^=": ("|=", "="),
    "++": ("--",),
    "--": ("++",),
}
WORDS = {
    "and": "or",
    "or": "and",
    "&&": "||",
    "||": "&&",
    "True": "False",
    "False": "True",
    "break": "continue",
    "continue": "break",
}
HEADS = ("def", "class", "cdef", "cpdef", "async")
LEFT_ALONE = frozenset((
    "import", "from", "cimport", "include", "global", "nonlocal", "ctypedef", "DEF",
    "extern", "typedef", "enum", "struct", "union", "pass", "@",
))  # fmt: skip
# What is only for type checkers, and what saves memory, which tests/test_slots.py asks.
UNSEEN = ("TYPE_CHECKING", "__slots__")
CONDITIONS = ("if", "elif", "while")
# What has a block of its own, or no effect if removed: its parts are changed, it stays.
KEPT = frozenset((
    *CONDITIONS, "else", "for", "try", "except", "finally", "with", "match", "case",
    "do",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    """One replacement in a source: of `original`, which starts at `start`."""

    start: int
    original: str
    replacement: str

    def plant(self, source: str) -> str:
        """The source with the fault in it; ValueError if it has another text there."""
        end = self.start + len(self.original)
        if source[self.start : end] != self.original:
            raise ValueError(f"no {self.original!r} at {self.start}")
        return source[: self.start] + self.replacement + source[end:]


def faults(source: str, path: str) -> list[Fault]:
    """Every fault that can be planted in a source, in the order of their places."""
    lines = list(without_statuses(logical_lines(source, path)))
    found = [
        fault
        for line, following in pairwise([*lines, ()])
        if not is_left_alone(line, path)
        for fault in faults_of_line(line, source, path)
        if not (is_own_check(line, following) and removes(fault))
    ]
    return sorted(found, key=lambda fault: (fault.start, fault.replacement))


def without_statuses(lines: list[Line]) -> Iterator[Line]:
    """The lines but for a status that nobody reads, only compares with its error.

    A Cython function that is declared `except -1` and returns nothing but 0.
    """
    part: list[Line] = []
    for line in (*lines, None):
        if line is None or is_head(line):
            is_status = part and [token.text for token in part[0][-4:-1]] == [
                *("except", "-", "1")
            ]
            returned = {
                tuple(token.text for token in each)
                for each in part
                if each[0].text == "return"
            }
            if is_status and returned == {("return", "0")}:
                part = [each for each in part if each[0].text != "return"]
            yield from part
            part = []
        if line is not None:
            part.append(line)


def is_own_check(line: Line, following: Line) -> bool:
    """Whether the line raises InternalError, or asks whether to do so in the next one.

    What it checks is ours to keep: no input leads there, so no test notices its loss.
    """
    raising = line if line[0].text == "raise" else following
    is_condition = line[0].text == "if" and line[-1].text == ":"
    return (is_condition or raising is line) and [
        token.text for token in raising[:2]
    ] == ["raise", "InternalError"]


def removes(fault: Fault) -> bool:
    """Whether a statement is gone, or a condition never holds."""
    return fault.replacement == "pass" or fault.replacement.startswith("False and ")


def is_left_alone(line: Line, path: str) -> bool:
    """Whether a line only declares, imports or documents."""
    first = line[0].text
    if first in LEFT_ALONE or all(token.kind == "string" for token in line):
        return True
    if any(token.text in UNSEEN for token in line):
        return True
    return path.endswith(".pxd") and not any(token.text in "=(" for token in line)


def faults_of_line(line: Line, source: str, path: str) -> Iterator[Fault]:
    if is_head(line):
        yield from default_faults(line)
        return
    for index in changeable(line):
        if not is_strictness(line, index):
            yield from token_faults(line, index)
    if is_c(path):
        yield from c_faults(line, source)
    else:
        yield from python_faults(line, source, path)


def is_head(line: Line) -> bool:
    """Whether the line starts a function or class."""
    return line[0].text in HEADS and line[-1].text == ":"


def default_faults(line: Line) -> Iterator[Fault]:
    """Of a function's head, the defaults that are constants; of a class's, nothing."""
    if line[0].text == "class":
        return
    for index in range(1, len(line)):
        if line[index - 1].text == "=":
            yield from constant_faults(line[index])


def changeable(line: Line) -> Iterator[int]:
    """The tokens of a line that are code: no declared types, no casts."""
    start = start_of_code(line)
    cast_end = -1
    for index in range(start, len(line)):
        token = line[index]
        if index <= cast_end:
            continue
        if token.text == "<" and not is_operand(line, index - 1):
            cast_end = next(
                (end for end in range(index, len(line)) if line[end].text == ">"), index
            )
            continue
        yield index


def start_of_code(line: Line) -> int:
    """After the declared type of `name: type = value` and `cdef type name = value`."""
    is_declared = line[0].text in ("cdef", "cpdef")
    depth = 0
    for index, token in enumerate(line):
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0 and token.text == "=" and is_declared:
            return index + 1
        if depth == 0 and token.text == ":" and line[0].text not in KEYWORDS:
            is_declared = True
    return len(line) if is_declared else 0


def is_operand(line: Line, index: int) -> bool:
    """Whether the token ends an operand, so that the operator after it is binary."""
    if index < 0:
        return False
    token = line[index]
    if token.kind == "name":
        return token.text not in KEYWORDS
    return token.kind in ("number", "string") or token.text in (")", "]", "}")


def token_faults(line: Line, index: int) -> Iterator[Fault]:
    """The other operators and constants that could stand at one token's place."""
    token = line[index]
    text = token.text
    if text in ("True", "False") or token.kind == "number":
        yield from constant_faults(token)
    elif text in WORDS:
        yield Fault(token.start, text, WORDS[text])
    elif text == "is":
        yield from is_faults(line, index)
    elif text == "in" and is_test(line, index):
        yield Fault(token.start, text, "not in")
    elif text == "not":
        yield from not_faults(line, index)
    elif is_operand(line, index - 1):
        for table in (COMPARISONS, ARITHMETIC, ASSIGNMENTS):
            for replacement in table.get(text, ()):
                yield Fault(token.start, text, replacement)
    elif text in ("-", "!", "~"):
        yield Fault(token.start, text, "")


def is_strictness(line: Line, index: int) -> bool:
    """Whether it is the value of `zip(..., strict=True)`: a check of our own."""
    return [token.text for token in line[max(index - 2, 0) : index]] == ["strict", "="]


def constant_faults(token: Token) -> Iterator[Fault]:
    if token.text in ("True", "False"):
        yield Fault(token.start, token.text, WORDS[token.text])
        return
    digits = re.fullmatch(
        r"(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|\d[\d_]*)([uUlL]*)", token.text
    )
    if token.kind != "number" or digits is None:
        return
    value = int(digits[1].replace("_", ""), 0)
    write = hex if digits[1][:2].lower() == "0x" else str
    for other in (value + 1, value - 1):
        if other >= 0:
            yield Fault(token.start, token.text, f"{write(other)}{digits[2]}")


def is_faults(line: Line, index: int) -> Iterator[Fault]:
    token = line[index]
    if index + 1 < len(line) and line[index + 1].text == "not":
        words = line[index + 1].end - token.start
        yield Fault(token.start, "is" + " " * (words - 5) + "not", "is")
    else:
        yield Fault(token.start, "is", "is not")


def is_test(line: Line, index: int) -> bool:
    """Whether `in` tests membership: the last keyword is no `for`, nor `not`."""
    for token in reversed(line[:index]):
        if token.text in KEYWORDS:
            return token.text not in ("for", "not")
    return True


def not_faults(line: Line, index: int) -> Iterator[Fault]:
    token = line[index]
    if index and line[index - 1].text == "is":
        return
    yield Fault(token.start, "not ", "")


def python_faults(line: Line, source: str, path: str) -> Iterator[Fault]:
    """Faults of a whole condition, a returned value, and a statement that is gone."""
    first = line[0].text
    span = source[line[0].start : line[-1].end]
    if first in CONDITIONS and line[-1].text == ":":
        condition = source[line[1].start : line[-1].start]
        yield Fault(line[1].start, condition, f"not ({condition})")
        yield Fault(line[1].start, condition, f"False and ({condition})")
        if first != "while":
            yield Fault(line[1].start, condition, f"True or ({condition})")
    if first in KEPT or first in ("cdef", "cpdef") or ":" in (line[-1].text, first):
        return
    if first == "return":
        if len(line) > 1 and path.endswith(".py") and span != "return None":
            yield Fault(line[0].start, span, "return None")
    elif is_statement(line) and not is_definition(line, source):
        yield Fault(line[0].start, span, "pass")


def is_definition(line: Line, source: str) -> bool:
    """Whether the line gives a module a name, which any use would miss."""
    start = line[0].start
    is_outermost = start == 0 or source[start - 1] == "\n"
    return is_outermost and any(token.text == "=" for token in line)


def is_statement(line: Line) -> bool:
    """Whether a line does something: it assigns, calls, raises or goes elsewhere."""
    texts = {token.text for token in line}
    return line[0].text in ("raise", "del", "yield", "break", "continue") or bool(
        texts & {"=", "(", *ASSIGNMENTS}
    )


def c_faults(line: Line, source: str) -> Iterator[Fault]:
    """The same of C, where a condition is the parentheses after its keyword."""
    body = line
    if line[0].text in ("if", "while") and len(line) > 1:
        end = closing(line, 1)
        condition = source[line[1].start : line[end].end]
        yield Fault(line[1].start, condition, f"(!{condition})")
        if condition != "(0)":  # Of a macro's `do ... while (0)`: it is false anyway.
            yield Fault(line[1].start, condition, f"(0 && {condition})")
        body = line[end + 1 :]
    if len(body) < 2 or body[-1].text != ";" or body[0].text in KEPT | {"return", "}"}:
        return
    if body[1].kind != "name" and is_statement(body):
        span = source[body[0].start : body[-1].end]
        yield Fault(body[0].start, span, ";")


def closing(line: Line, opening: int) -> int:
    """The index of the parenthesis that closes the one at `opening`."""
    depth = 0
    for index in range(opening, len(line)):
        depth += (line[index].text == "(") - (line[index].text == ")")
        if depth == 0:
            return index
    return len(line) - 1
