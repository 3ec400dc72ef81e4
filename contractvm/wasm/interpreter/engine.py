"""The project's own engine: register code in a compiled interpreter."""

from collections.abc import Callable, Mapping

from contractvm.wasm.engines.interface import (
    MAX_TABLE_ELEMENTS,
    CodeOrigin,
    Extern,
)
from contractvm.wasm.engines.tracing import SiteList, Tracing
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.instance import ModuleInstance, instantiate_module
from contractvm.wasm.structure.module import Module

# Whether the instruction at a position of a func, by its number, is the contract's.
IsOwn = Callable[[int, int], bool]


class InterpreterEngine:
    """Runs in this process, with no warm-up, and suspends without recursion."""

    name = "interpreter"
    # Whether traces count the edges of branches too.
    counts_branches = False
    # Whether modules count the edges that they pass, in cells of their own.
    counts_edges = False

    def compile(
        self,
        module: Module,
        operand_heights: tuple[int, ...],
        origin: CodeOrigin | None = None,  # noqa: ARG002 - no cache: translation is quick
        is_own: IsOwn | None = None,  # noqa: ARG002 - nothing is counted
    ) -> CompiledModule:
        """Translate to register code."""
        return compile_module(module, operand_heights)

    def compile_traced(
        self,
        module: Module,
        operand_heights: tuple[int, ...],
        charge_sites: SiteList | None = None,
    ) -> CompiledModule:
        """Translate an instrumented module so that its instances have traces.

        `charge_sites` are where charges are counted; without them, where charges are
        that look like the standard ones.
        """
        return compile_module(
            module,
            operand_heights,
            Tracing.BRANCHES if self.counts_branches else Tracing.BLOCKS,
            charge_sites=charge_sites,
        )

    def instantiate(
        self,
        compiled: CompiledModule,
        imports: Mapping[tuple[str, str], Extern],
        *,
        max_memory_pages: int,
        max_table_elements: int = MAX_TABLE_ELEMENTS,
        context: object = None,
    ) -> ModuleInstance:
        """Link and initialise an instance."""
        return instantiate_module(
            compiled,
            imports,
            max_memory_pages=max_memory_pages,
            max_table_elements=max_table_elements,
            context=context,
        )


class BranchInterpreter(InterpreterEngine):
    """The interpreter whose traces count each edge of a branch, too."""

    counts_branches = True
