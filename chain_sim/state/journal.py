"""How to undo what was done, back to any snapshot."""

from collections.abc import Callable
from itertools import count
from typing import Any

from chain_sim.state.errors import UnknownSnapshot


class Journal:
    """For each change a call that undoes it; rolling back costs one call a change."""

    def __init__(self) -> None:
        self._undoings: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._positions: dict[int, int] = {}
        self._ids = count()

    def record(self, undo: Callable[..., None], *arguments: Any) -> None:
        """Have undo(*arguments) called when the change just made is rolled back."""
        self._undoings.append((undo, arguments))

    def snapshot(self) -> int:
        """A name for the present moment."""
        snapshot_id = next(self._ids)
        self._positions[snapshot_id] = len(self._undoings)
        return snapshot_id

    def rollback(self, snapshot_id: int) -> None:
        """Undo all since the snapshot, the last first; it and later ones are gone."""
        if snapshot_id not in self._positions:
            raise UnknownSnapshot(snapshot_id)
        position = self._positions[snapshot_id]
        while snapshot_id in self._positions:
            self._positions.popitem()
        while len(self._undoings) > position:
            undo, arguments = self._undoings.pop()
            undo(*arguments)

    def clear(self) -> None:
        """Nothing before this moment can be undone any more."""
        self._undoings.clear()
        self._positions.clear()
