"""Lines of modules in text format: the line of each instruction, in order.

Assemblers say nothing of lines. The text is read once more, just as far as to know
which instructions each func has; if these are not the module's, there are no lines.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from contractvm.ledger.dwarf.writing import Row, with_lines
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, BY_OPCODE

# A string, a comment to the end of its line, the start of a block comment, a bracket
# with the mark of an annotation, a word, or the end of a line; nothing backtracks.
TOKEN = re.compile(
    rb'"(?:[^"\\]|\\.)*+"|;;[^\n]*+|\(;|\(@?|\)|[^\s()";]++|\n', re.DOTALL
)
COMMENT_END = re.compile(rb"\(;|;\)")
# Text of longer code has no lines: contracts are far smaller.
MAX_CODE_BYTES = 1 << 20
STRUCTURED = frozenset({"block", "loop", "if"})
NO_LINE = 0
MNEMONICS = frozenset(BY_MNEMONIC)

Token = tuple[str, int]  # its text, its line
Instructions = list[Token]  # mnemonics


class Open(NamedTuple):
    """An open bracket within a func: its instruction, which follows its operands."""

    word: str
    line: int


def with_text_lines(module: bytes, text: bytes, path: str) -> bytes:
    """The module with the lines of the text that it was assembled from.

    `path` is the text's. The module itself, if the text's instructions are not its own.
    """
    decoded = decode_module(module)
    if sum(len(func.code) for func in decoded.funcs) > MAX_CODE_BYTES:
        return module
    found = text_instructions(text)
    if len(found) != len(decoded.funcs):
        return module
    rows: list[Row] = []
    for (offset, own), told in zip(own_instructions(decoded), found, strict=True):
        if [name for name, _ in own] != [name for name, _ in told]:
            return module
        rows.extend(
            (offset + position, path, line)
            for (_, position), (_, line) in zip(own, told, strict=True)
        )
    if not rows:
        return module
    last = decoded.funcs[-1]
    end = last.offset - decoded.code_offset + len(last.code)
    return with_lines(module, rows, end)


def own_instructions(module: Module) -> Iterator[tuple[int, list[tuple[str, int]]]]:
    """Each func's offset in the code section, its mnemonics and their positions."""
    for func in module.funcs:
        yield (
            func.offset - module.code_offset,
            [
                (spelling(BY_OPCODE[opcode].mnemonic), position)
                for opcode, _, _, position, _ in instructions(func.code)
            ],
        )


def spelling(mnemonic: str) -> str:
    """A mnemonic as text has it: that of the opcode table may say more."""
    return mnemonic.partition(" ")[0]


def text_instructions(text: bytes) -> list[Instructions]:
    """The instructions of each func that the text defines, with their lines."""
    tokens = words(text)
    found: list[Instructions] = []
    depth = 0
    # Funcs are fields of the module, whose own bracket may be left out.
    for word, _ in tokens:
        if word == ")":
            depth -= 1
        elif word == "(@":
            skip_list(tokens)
        elif word == "(":
            head, _ = next(tokens, ("", NO_LINE))
            if head == "module" and depth == 0:
                depth += 1
            elif head == "func" and depth <= 1:
                body = func_instructions(tokens)
                if body is not None:
                    found.append(body)
            elif head != ")":
                skip_list(tokens)
    return found


def func_instructions(tokens: Iterator[Token]) -> Instructions | None:
    """The instructions of a func, after its head; None for one that is imported.

    Its own end, which is not written, has no line.
    """
    body = BodyReader()
    is_imported = False
    for word, line in tokens:
        if word == ")" and not body.open:
            break
        if word == ")":
            body.close()
        elif word == "(@":
            skip_list(tokens)
        elif word == "(":
            head, at = next(tokens, ("", line))
            is_imported = is_imported or (head == "import" and not body.open)
            if not body.begin(head, at) and head != ")":
                skip_list(tokens)
        elif word in MNEMONICS:
            body.found.append((word, line))
    # Where the last bracket is may be a line that does not run, or runs too often.
    body.found.append(("end", NO_LINE))
    return None if is_imported else body.found


class BodyReader:
    """The instructions of a func in the order in which they are encoded."""

    def __init__(self) -> None:
        self.found: Instructions = []
        self.open: list[Open] = []

    def begin(self, head: str, line: int) -> bool:
        """A bracket opens; False for one that holds no instructions."""
        if head == "then":
            # What is before it in the brackets of an `if` is its condition.
            self.found.append(("if", self.open[-1].line if self.open else line))
        elif head == "else":
            self.found.append((head, line))
        elif head not in MNEMONICS:
            return False
        if head in STRUCTURED and head != "if":
            self.found.append((head, line))
        self.open.append(Open(head, line))
        return True

    def close(self) -> None:
        """A bracket closes: what it holds is encoded, and its instruction follows."""
        word, begun = self.open.pop()
        if word in STRUCTURED:
            # The bracket may be in a line that does not run.
            self.found.append(("end", begun))
        elif word == "else" and self.found[-1][0] == "else":
            # An empty one is left out.
            self.found.pop()
        elif word not in {"then", "else"}:
            self.found.append((word, begun))


def skip_list(tokens: Iterator[Token]) -> None:
    """Move past the end of a list whose bracket was read."""
    depth = 1
    for word, _ in tokens:
        if word == ")":
            depth -= 1
        elif word.startswith("("):
            depth += 1
        if not depth:
            return


def words(text: bytes) -> Iterator[Token]:
    """Brackets and words with their lines; strings are words, comments are not."""
    line = 1
    position = 0
    while match := TOKEN.search(text, position):
        token, position = match[0], match.end()
        if token == b"(;":
            position = comment_end(text, position)
            line += text.count(b"\n", match.end(), position)
        elif token == b"\n":
            line += 1
        elif not token.startswith(b";;"):
            yield token.decode("utf-8", "replace"), line
            line += token.count(b"\n")


def comment_end(text: bytes, position: int) -> int:
    """The position after a block comment, which may hold others."""
    depth = 1
    while depth and (match := COMMENT_END.search(text, position)):
        depth += 1 if match[0] == b"(;" else -1
        position = match.end()
    return position
