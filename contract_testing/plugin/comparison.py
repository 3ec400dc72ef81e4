"""Comparison of a run's gas with the gas file. Imports nothing heavy."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum

from contract_testing.plugin.gas_file import GasEntry


class Verdict(Enum):
    """What became of the gas of a test."""

    WORSE = "worse"
    BETTER = "better"
    TOLERATED = "tolerated"
    SAME = "same"
    NEW = "new"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Change:
    """A test's gas before and now; None where it has none."""

    name: str
    before: GasEntry | None
    after: GasEntry | None
    verdict: Verdict
    why: str = ""

    @property
    def difference(self) -> int:
        """How much more it is now."""
        old = 0 if self.before is None else self.before.gas
        return (0 if self.after is None else self.after.gas) - old

    @property
    def per_cent(self) -> str:
        """`+2.67%`, cut to two decimals; empty if there is nothing to divide by."""
        if self.before is None or self.after is None or not self.before.gas:
            return ""
        hundredths = abs(self.difference) * 10_000 // self.before.gas
        sign = "-" if self.difference < 0 else "+"
        return f"{sign}{hundredths // 100}.{hundredths % 100:02}%"


@dataclass(frozen=True, slots=True)
class Comparison:
    """All changes, by name; `problems` are lines about the run as a whole.

    `fails` says whether the check fails, `is_partial` that only what ran was compared.
    """

    changes: tuple[Change, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    is_strict: bool = False
    is_partial: bool = False
    counted: int = field(default=0)

    def of(self, *verdicts: Verdict) -> list[Change]:
        """The changes with one of these verdicts."""
        return [change for change in self.changes if change.verdict in verdicts]

    @property
    def failing(self) -> list[Change]:
        """The changes for which the check fails."""
        verdicts = [Verdict.WORSE, Verdict.BETTER, Verdict.GONE]
        return self.of(*verdicts, *([Verdict.NEW] if self.is_strict else []))

    @property
    def fails(self) -> bool:
        """Whether the check fails."""
        return bool(self.problems or self.failing)

    @property
    def title(self) -> str:
        """`1 worse, 1 better, 1 gone, 1 new`; empty where nothing changed."""
        counts = [
            (len(self.of(verdict)), verdict.value)
            for verdict in (
                Verdict.WORSE,
                Verdict.BETTER,
                Verdict.GONE,
                Verdict.NEW,
                Verdict.TOLERATED,
            )
        ]
        return ", ".join(f"{count} {word}" for count, word in counts if count)


def compare(  # noqa: PLR0913 (the two sides, and the rules)
    before: Mapping[str, GasEntry],
    after: Mapping[str, GasEntry],
    *,
    tolerance: tuple[int, int],
    known: Collection[str],
    is_partial: bool,
    is_strict: bool,
    why: Mapping[str, str],
    problems: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> Comparison:
    """The gas file `before` and the run `after`.

    `known` are tests that did not run to their end and so are not gone; in a partial
    run none is. `tolerance` is in per cent, a fraction.
    """
    changes = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if new is None and (is_partial or name in known):
            continue
        verdict = verdict_of(old, new, tolerance)
        changes.append(Change(name, old, new, verdict, why.get(name, "")))
    return Comparison(
        tuple(changes), problems, notes, is_strict, is_partial, len(after)
    )


def verdict_of(
    old: GasEntry | None, new: GasEntry | None, tolerance: tuple[int, int]
) -> Verdict:
    """What became of one test."""
    if old is None:
        return Verdict.NEW
    if new is None:
        return Verdict.GONE
    if old == new:
        return Verdict.SAME
    numbers = [(old.gas, new.gas), (old.median or 0, new.median or 0)]
    numerator, denominator = tolerance
    if old.runs == new.runs and all(
        100 * abs(later - earlier) * denominator <= numerator * earlier
        for earlier, later in numbers
    ):
        return Verdict.TOLERATED
    return Verdict.BETTER if new.gas < old.gas else Verdict.WORSE
