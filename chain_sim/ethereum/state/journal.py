"""A journal of changes, to undo them back to any snapshot."""

from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from chain_sim.ethereum.state.errors import UnknownStateSnapshot

Key = TypeVar("Key")
Value = TypeVar("Value")
ABSENT: Any = object()


class Journal:
    """For each change what undoes it; rolling back costs as much as was changed."""

    def __init__(self) -> None:
        # A dict, its key and what was there; or None, a function and its argument.
        self._undoings: list[tuple[Any, Any, Any]] = []
        self._positions: dict[int, int] = {}
        self._ids = count()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to undo."""
        return not self._undoings

    def put(self, mapping: dict[Key, Value], key: Key, value: Value) -> None:
        """Set mapping[key] until it is rolled back; nothing else may set it."""
        self._undoings.append((mapping, key, mapping.get(key, ABSENT)))
        mapping[key] = value

    def record(self, undo: Callable[[Value], None], argument: Value) -> None:
        """Have undo(argument) called when the change just made is rolled back."""
        self._undoings.append((None, undo, argument))

    def snapshot(self) -> int:
        """A name for the present moment."""
        snapshot_id = next(self._ids)
        self._positions[snapshot_id] = len(self._undoings)
        return snapshot_id

    def rollback(self, snapshot_id: int) -> None:
        """Undo all since the snapshot, the last first; it and later ones are gone."""
        if snapshot_id not in self._positions:
            raise UnknownStateSnapshot(snapshot_id)
        position = self._positions[snapshot_id]
        while snapshot_id in self._positions:
            self._positions.popitem()
        undoings = self._undoings
        while len(undoings) > position:
            mapping, key, old = undoings.pop()
            if mapping is None:
                key(old)
            elif old is ABSENT:
                del mapping[key]
            else:
                mapping[key] = old

    def clear(self) -> None:
        """Nothing before this moment can be undone any more."""
        self._undoings.clear()
        self._positions.clear()
