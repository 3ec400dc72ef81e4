from collections.abc import Callable
from typing import Any

from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.structure.types import FuncType

class HostFunc:
    def __init__(
        self,
        func_type: FuncType,
        call: Callable[..., Any],
        *,
        takes_context: bool = False,
    ) -> None: ...
    @property
    def func_type(self) -> FuncType: ...
    @property
    def call(self) -> Callable[..., Any]: ...
    @property
    def takes_context(self) -> bool: ...

class FuncSpace:
    @property
    def compiled(self) -> CompiledModule: ...
    @property
    def imported_funcs(self) -> tuple[HostFunc | ExportedFunc, ...]: ...

class ExportedFunc:
    def __init__(self, core: FuncSpace, func_index: int) -> None: ...
    @property
    def core(self) -> FuncSpace: ...
    @property
    def func_index(self) -> int: ...
    @property
    def func_type(self) -> FuncType: ...
