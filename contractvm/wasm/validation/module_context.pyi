from contractvm.wasm.structure.module import Module

class ModuleContext:
    """The index spaces of one module whose type indices have been checked."""

    def __init__(self, module: Module) -> None: ...
    def declare(self, func_index: int) -> None:
        """Note that the module names this func outside of bodies (spec: C.refs)."""
