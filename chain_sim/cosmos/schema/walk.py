"""One conversion between Python and JSON: how deep it is, and how much it may do."""

from reprlib import repr as short_repr
from typing import Any

from chain_sim.cosmos.schema.errors import SchemaMismatch

# Types that contain themselves need a reference for each level.
MAX_DEPTH = 64
# Alternatives within alternatives multiply.
MAX_STEPS = 1_000_000


class Walk:
    """The bounds of a conversion, and the error for what does not fit."""

    def __init__(self, error: type[SchemaMismatch]) -> None:
        self._error = error
        self.depth = 0
        self._steps = 0

    def step(self, path: str) -> None:
        """Count a value; raises the error for too many."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise self.fault(path, f"more than {MAX_STEPS:,} values were tried")

    def enter(self, path: str) -> None:
        """Go a level down; raises the error below the last."""
        if self.depth == MAX_DEPTH:
            raise self.fault(path, f"nested deeper than {MAX_DEPTH} levels")
        self.depth += 1

    def leave(self) -> None:
        """Come up again."""
        self.depth -= 1

    def fault(self, path: str, reason: str) -> SchemaMismatch:
        """The error for a value."""
        return self._error(path, reason)

    def unfit(self, path: str, value: Any, wanted: str) -> SchemaMismatch:
        """The error for a value that is not what is wanted."""
        return self.fault(path, f"{short_repr(value)} is no {wanted}")
