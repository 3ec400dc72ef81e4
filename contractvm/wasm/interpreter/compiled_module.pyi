from collections.abc import Callable, Iterator
from typing import Any

from contractvm.wasm.engines.tracing import Site, SiteList, Tracing
from contractvm.wasm.interpreter.edge_counts import EdgeRegion
from contractvm.wasm.interpreter.position_probe import PositionProbe
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.types import FuncType

class CompiledModule:
    module: Module
    func_types: tuple[FuncType, ...]
    plan: Any
    charge_sites: SiteList | None
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
    positions: PositionProbe | None = None,
    charge_sites: SiteList | None = None,
    is_own: Callable[[int, int], bool] | None = None,
) -> CompiledModule: ...
