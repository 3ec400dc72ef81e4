"""The edges that cases have passed so far, and about how often."""

from dataclasses import dataclass
from typing import Self

from contractvm.wasm.interpreter.edge_counts import EdgeCounts, compare_sparse


@dataclass(frozen=True, slots=True)
class NewCoverage:
    """What a run passed for the first time; true if there is anything.

    `edges` were never passed, `buckets` were passed, but never about so often.
    """

    edges: int = 0
    buckets: int = 0

    def __bool__(self) -> bool:
        return bool(self.edges or self.buckets)


class CoverageMap:
    """For each edge of a start state, the buckets that were seen, as bits of a byte.

    Adding is a union: the order does not matter, and adding twice adds nothing.
    """

    def __init__(self, edge_total: int) -> None:
        self._seen = bytearray(edge_total)

    def new_in(self, counts: EdgeCounts) -> NewCoverage:
        """The part of the last run that is not in the map."""
        return NewCoverage(*counts.new_in(self._seen))

    def add(self, sparse: bytes) -> NewCoverage:
        """Add a run's `Executor.coverage`; return the new part, or raise ValueError."""
        return NewCoverage(*compare_sparse(sparse, self._seen, True))

    @property
    def edge_count(self) -> int:
        """The number of edges passed."""
        return len(self._seen) - self._seen.count(0)

    @property
    def edge_total(self) -> int:
        """The number of cells, including those of edges never passed."""
        return len(self._seen)

    def has(self, edge: int) -> bool:
        """Whether anything passed this edge."""
        return self._seen[edge] != 0

    def copy(self) -> Self:
        """An independent copy."""
        return self.from_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The whole map."""
        return bytes(self._seen)

    @classmethod
    def from_bytes(cls, seen: bytes) -> Self:
        """Inverse of to_bytes."""
        made = cls(0)
        made._seen = bytearray(seen)
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CoverageMap) and self._seen == other._seen

    __hash__ = None  # type: ignore[assignment]  # it changes
