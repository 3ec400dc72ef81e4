"""The interpreter that counts which edges of control flow its contracts pass."""

from contractvm.errors import InternalError
from contractvm.wasm.engines.interface import CodeOrigin
from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.engine import InterpreterEngine, IsOwn
from contractvm.wasm.structure.module import Module


class CoveringInterpreter(InterpreterEngine):
    """All its modules count in the same `counts`, each by the hash of its bytes.

    Results and gas are those of the interpreter. With `notes_comparisons` it is slower
    and also records the operands of comparisons.
    """

    def __init__(self, counts: EdgeCounts, *, notes_comparisons: bool = False) -> None:
        self.counts = counts
        self._tracing = Tracing.COMPARISONS if notes_comparisons else Tracing.EDGES

    counts_edges = True

    def compile(
        self,
        module: Module,
        operand_heights: tuple[int, ...],
        origin: CodeOrigin | None = None,
        is_own: IsOwn | None = None,
    ) -> CompiledModule:
        """Translate to register code with counting operations.

        `is_own` says which instructions have edges, where the engine does not
        recognise those that were written into the module.
        """
        if origin is None:
            raise InternalError("coverage of a module without a name")
        return compile_module(
            module,
            operand_heights,
            self._tracing,
            region=self.counts.region(origin.module_hash),
            is_own=is_own,
        )
