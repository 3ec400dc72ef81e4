"""What instructions count beyond themselves: entries, parameters, carried values."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import BY_OPCODE

NO_RESULTS = 2**64 - 64  # the block type, as the reader gives it
OPENING = frozenset({"block", "loop", "if"})
RESULTS_OF_BLOCK = frozenset({"else", "end"})


class CountedInstruction(NamedTuple):
    """An instruction, and where it ends.

    `items` are the entries of a `br_table`, its default not counted, or the parameters
    of a `call_indirect`; `carried` the values that it carries to where control goes.
    """

    start: int
    mnemonic: str
    end: int
    items: int = 0
    carried: int = 0


class ItemCounter:
    """Counts the items of the bodies of one module."""

    def __init__(self, module: Module) -> None:
        self._types = [(len(t.params), len(t.results)) for t in module.types]
        self._func_types = module.func_type_indices

    def counted(self, func: Func) -> Iterator[CountedInstruction]:
        """Yield every instruction of the body, in order."""
        results = self._types[func.type_index][1]
        # The values that a branch to each open label carries, and its results.
        labels = [(results, results)]
        for opcode, a, b, start, end in instructions(func.code):
            mnemonic = BY_OPCODE[opcode].mnemonic
            items = carried = 0
            if mnemonic in OPENING:
                carried, results = self._block(a)
                labels.append((carried if mnemonic == "loop" else results, results))
            elif mnemonic in RESULTS_OF_BLOCK:
                carried = labels[-1][1]
                if mnemonic == "end":
                    labels.pop()
            elif mnemonic in ("br", "br_if"):
                carried = labels[-1 - a][0]
            elif mnemonic == "br_table":
                items = a
                carried = labels[-1 - _first_label(func.code, b)][0]
            elif mnemonic == "return":
                carried = labels[0][0]
            elif mnemonic == "call":
                carried = self._types[self._func_types[a]][0]
            elif mnemonic == "call_indirect":
                items = carried = self._types[a][0]
            yield CountedInstruction(start, mnemonic, end, items, carried)

    def _block(self, block_type: int) -> Sequence[int]:
        if block_type < len(self._types):
            return self._types[block_type]
        return 0, int(block_type != NO_RESULTS)


def _first_label(code: bytes, position: int) -> int:
    label = shift = 0
    while True:
        byte = code[position]
        label |= (byte & 0x7F) << shift
        if byte < 0x80:
            return label
        position, shift = position + 1, shift + 7
