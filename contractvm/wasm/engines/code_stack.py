"""Stacks of Wasm functions: where a call was when it did not return."""

from typing import NamedTuple, Protocol


class CodePosition(NamedTuple):
    """An instruction: its func's index, its offset in the func's body."""

    func_index: int
    position: int


class CodeStack(NamedTuple):
    """The funcs in progress, the innermost first, each at its last instruction.

    That is the one that stopped, or a call. With `is_cut` there are more outside: the
    engine does not say which.
    """

    positions: tuple[CodePosition, ...] = ()
    is_cut: bool = False


class StoppedAt(Protocol):
    """Where an instance's call was; small until it is asked."""

    def stack(self) -> CodeStack:
        """The stack, in the module that the engine compiled."""
