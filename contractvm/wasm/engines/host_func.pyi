from collections.abc import Callable
from typing import Any

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
