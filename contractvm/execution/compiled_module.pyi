from typing import Any

from contractvm.structure.module import Module
from contractvm.structure.types import FuncType

class CompiledModule:
    module: Module
    func_types: tuple[FuncType, ...]
    plan: Any
    @property
    def code_size(self) -> int: ...
    def code_of(self, func_index: int) -> list[int]: ...

def compile_module(
    module: Module, operand_heights: tuple[int, ...]
) -> CompiledModule: ...
