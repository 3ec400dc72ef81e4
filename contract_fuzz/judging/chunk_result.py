"""The result of a chunk: plain values that a worker sends back."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from contract_fuzz.judging.campaign import GasRecord
from contract_fuzz.judging.entries import Entry
from contract_fuzz.oracles.oracle import Finding, FindingKey

OutcomeKey = tuple[bytes, str]
"""A function's selector, empty for call data of none, and how its call ended."""


Activity = tuple[str, str]
"""What takes time: its kind, one of those below, and its name."""

CALLS = "calls"
NEW_COVERAGE = "new coverage"
FINDINGS = "findings"
INVARIANTS = "invariants"
ORACLE = "oracle"
UNFINISHED = "unfinished case"


@dataclass(slots=True)
class FoundFinding:
    """A finding, and the case that first had it."""

    finding: Finding
    case: int


@dataclass(slots=True)
class ChunkResult:
    """The result of the first `case_count` cases of a chunk: all, unless stopped.

    `hits` says how many cases took which edge, `repeats` how many cases showed each
    finding. `seconds` is the time that each activity took.
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
    seconds: defaultdict[Activity, float] = field(
        default_factory=lambda: defaultdict(float), compare=False
    )

    def add_case(self, case: "ChunkResult") -> None:
        """Add what a case had, and forget it there."""
        if not (case.entries or case.repeats or case.records or case.checks):
            return
        self.entries += case.entries
        self.findings.update(case.findings)
        self.repeats.update(case.repeats)
        self.records.update(case.records)
        self.checks.update(case.checks)
        case.clear()

    def clear(self) -> None:
        """Forget what cases had; times stay."""
        self.entries.clear()
        self.findings.clear()
        self.repeats.clear()
        self.records.clear()
        self.checks.clear()
