"""Places in the code that an engine runs."""

from typing import Protocol

from contractvm.wasm.structure.module import Module


class CodePlace(Protocol):
    """An instruction that trapped, as the engine knows it."""

    @property
    def func_index(self) -> int | None:
        """The index of its func; None where none ran."""

    def position(self, module: Module) -> int:
        """Where it is in the func's body; `module` is what the engine was given.

        Not quick: it may translate the module again.
        """
