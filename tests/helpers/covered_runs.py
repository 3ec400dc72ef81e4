"""Modules translated with coverage, and the edges that their instances passed."""

from contractvm.wasm.engines.tracing import EdgeKind, Tracing
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.instance import (
    Extern,
    ModuleInstance,
    instantiate_module,
)
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wat import wat_to_module

KEY = b"a module's hash."


def compile_covered(
    module: Module,
    counts: EdgeCounts,
    tracing: Tracing = Tracing.EDGES,
    *,
    key: bytes = KEY,
) -> CompiledModule:
    """Translate a module with coverage, with its own region by its key."""
    return compile_module(
        module,
        validate_module(module).operand_heights,
        tracing,
        region=counts.region(key),
    )


def covered(
    source: str, tracing: Tracing = Tracing.EDGES, **imports: Extern
) -> ModuleInstance:
    """An instance, its imports those of module `e`."""
    compiled = compile_covered(wat_to_module(source), EdgeCounts(), tracing)
    named = {("e", name): extern for name, extern in imports.items()}
    return instantiate_module(compiled, named)


def counts_of(instance: ModuleInstance) -> EdgeCounts:
    region = instance.core.compiled.region
    assert region is not None
    return region.owner


def passed(instance: ModuleInstance) -> list[tuple[int, EdgeKind, int]]:
    """Func number, kind and count of each edge, in the order of the code."""
    region = instance.core.compiled.region
    assert region is not None
    counts = region.owner.counts
    return [(site.func_number, site.kind, counts[cell]) for cell, site in region.edges]
