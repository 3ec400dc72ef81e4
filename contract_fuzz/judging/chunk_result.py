"""The result of a chunk: plain values that a worker sends back."""

from collections import Counter
from dataclasses import dataclass, field

from contract_fuzz.judging.campaign import GasRecord
from contract_fuzz.judging.entries import Entry
from contract_fuzz.oracles.oracle import Finding, FindingKey

OutcomeKey = tuple[bytes, str]
"""A function's selector, empty for call data of none, and how its call ended."""


@dataclass(slots=True)
class FoundFinding:
    """A finding, and the case that first had it."""

    finding: Finding
    case: int


@dataclass(slots=True)
class ChunkResult:
    """The result of the first `case_count` cases of a chunk: all, unless stopped.

    `hits` says how many cases took which edge, `repeats` how many cases showed each
    finding.
    """

    first: int
    case_count: int = 0
    transaction_count: int = 0
    hits: tuple[tuple[int, int], ...] = ()
    entries: list[Entry] = field(default_factory=list)
    findings: dict[FindingKey, FoundFinding] = field(default_factory=dict)
    repeats: Counter[FindingKey] = field(default_factory=Counter)
    records: dict[tuple[str, int | None], GasRecord] = field(default_factory=dict)
    outcomes: Counter[OutcomeKey] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
