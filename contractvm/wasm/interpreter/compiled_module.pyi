from collections.abc import Iterator
from typing import Any

from contractvm.wasm.engines.tracing import Site, Tracing
from contractvm.wasm.interpreter.edge_counts import EdgeRegion
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.types import FuncType

class CompiledModule:
    module: Module
    func_types: tuple[FuncType, ...]
    plan: Any
    @property
    def region(self) -> EdgeRegion | None:
        """Where the edges of its instances are counted, if they are."""

    @property
    def code_size(self) -> int: ...
    @property
    def tracing(self) -> Tracing: ...
    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites of a module's traces, in the order of their counts."""

    def each_site(self) -> Iterator[Site]:
        """Yield the sites: a large module has millions."""

    def code_of(self, func_index: int) -> list[int]: ...

def compile_module(
    module: Module,
    operand_heights: tuple[int, ...],
    tracing: Tracing = Tracing.OFF,
    *,
    region: EdgeRegion | None = None,
    positions: list[tuple[int, int]] | None = None,
    listed_func: int = 0,
) -> CompiledModule: ...
def instruction_starts(
    module: Module, func_number: int, tracing: Tracing
) -> list[tuple[int, int]]:
    """Where register code and body of a func are as each instruction begins.

    By the func's number among those that the module defines. The words count from the
    func's own code. The module is translated again.
    """
