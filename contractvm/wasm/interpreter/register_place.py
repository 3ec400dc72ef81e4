"""Places in register code, and the instructions that they come from."""

from bisect import bisect_right
from dataclasses import dataclass

from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.interpreter.compiled_module import instruction_starts
from contractvm.wasm.structure.module import ExternKind, Module


@dataclass(frozen=True, slots=True)
class RegisterPlace:
    """A word of the register code of a func; `tracing` is how it was translated."""

    func_index: int
    word: int
    tracing: Tracing

    def position(self, module: Module) -> int:
        """Where the instruction is in the func's body, by translating it again."""
        number = self.func_index - len(module.imports_of(ExternKind.FUNC))
        starts = instruction_starts(module, number, self.tracing)
        words = [word for word, _ in starts]
        return starts[bisect_right(words, self.word) - 1][1]
