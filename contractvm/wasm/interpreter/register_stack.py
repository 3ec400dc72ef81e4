"""Stacks of calls on the interpreter: words of register code, until somebody asks."""

from msgspec import Struct

from contractvm.wasm.engines.code_stack import CodePosition, CodeStack
from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.position_probe import PositionProbe


class RegisterStack(Struct, frozen=True):
    """The words at which the funcs in progress are, the innermost first.

    With `is_cut`, funcs of another instance are outside.
    """

    compiled: CompiledModule
    words: tuple[int, ...]
    is_cut: bool

    def stack(self) -> CodeStack:
        """The instructions of these words; none of code whose edges are counted."""
        tracing = self.compiled.tracing
        if tracing in (Tracing.EDGES, Tracing.COMPARISONS):
            return CodeStack(is_cut=True)
        module = self.compiled.module
        probe = PositionProbe(self.words)
        # Heights matter to the size of frames only, and nothing will run.
        heights = (0,) * len(module.funcs)
        compile_module(
            module,
            heights,
            tracing,
            positions=probe,
            charge_sites=self.compiled.charge_sites,
        )
        found = probe.positions()
        imported = module.func_count - len(module.funcs)
        return CodeStack(
            tuple(
                CodePosition(imported + number, position)
                for number, position in (found[word] for word in self.words)
            ),
            self.is_cut,
        )
