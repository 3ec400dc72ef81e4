"""The branches of a module: each `if`, `br_if` and `br_table`, and its edges."""

from collections.abc import Iterator
from typing import NamedTuple

from contract_testing.coverage.counts import Counts
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import BY_OPCODE

TWO_WAYS = frozenset({"if", "br_if"})


class Branch(NamedTuple):
    """A branch: its offset in the code section's content, and how many edges it has."""

    offset: int
    edge_count: int


def module_branches(module: Module) -> Iterator[Branch]:
    """The branches of a module, in order."""
    for func in module.funcs:
        start = func.offset - module.code_offset
        for opcode, count, labels_at, position, _ in instructions(func.code):
            mnemonic = BY_OPCODE[opcode].mnemonic
            if mnemonic in TWO_WAYS:
                yield Branch(start + position, 2)
            elif mnemonic == "br_table":
                labels = set(_labels(func.code, labels_at, count + 1))
                yield Branch(start + position, len(labels))


def edge_counts(branch: Branch, counts: Counts) -> tuple[int, ...] | None:
    """How often each edge was passed; None where the branch was never reached."""
    found = tuple(
        counts.by_edge.get((branch.offset, index), 0)
        for index in range(branch.edge_count)
    )
    if any(found) or counts.by_offset.get(branch.offset, 0):
        return found
    return None


def _labels(code: bytes, position: int, count: int) -> Iterator[int]:
    for _ in range(count):
        label = shift = 0
        while True:
            byte = code[position]
            position += 1
            label |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield label
