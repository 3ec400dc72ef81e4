"""Journal of changes that can be undone back to any snapshot."""

from collections.abc import Callable
from itertools import count
from typing import Any, TypeVar

from chain_sim.ethereum.state.errors import UnknownStateSnapshot

Key = TypeVar("Key")
Value = TypeVar("Value")
ABSENT: Any = object()


class Journal:
    """How to undo each change; a rollback costs as much as the changes it undoes."""

    def __init__(self) -> None:
        # A dict, a key and its previous value; or None, a function and its argument.
        self._undoings: list[tuple[Any, Any, Any]] = []
        self._positions: dict[int, int] = {}
        self._ids = count()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to undo."""
        return not self._undoings

    def put(self, mapping: dict[Key, Value], key: Key, value: Value) -> None:
        """Set mapping[key] until this is rolled back; nothing else may set it."""
        self._undoings.append((mapping, key, mapping.get(key, ABSENT)))
        mapping[key] = value

    def record(self, undo: Callable[[Value], None], argument: Value) -> None:
        """Have undo(argument) called when the change just made is rolled back."""
        self._undoings.append((None, undo, argument))

    def snapshot(self) -> int:
        """The number of a new snapshot."""
        snapshot_id = next(self._ids)
        self._positions[snapshot_id] = len(self._undoings)
        return snapshot_id

    def rollback(self, snapshot_id: int) -> None:
        """Undo all changes since the snapshot, newest first; it and later ones end."""
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
        """Forget all changes so far: they can't be undone any more."""
        self._undoings.clear()
        self._positions.clear()
