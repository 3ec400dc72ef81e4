"""The coordinator of a campaign: rounds on frozen corpora, merged in case order.

The result is the same with any number of workers, whichever die and in whatever order
they finish: a chunk's result depends on its cases alone, and chunks are merged by
number.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from contract_fuzz.cases.sequences import Transactions, sequence_size
from contract_fuzz.judging.campaign import (
    Chunk,
    FrozenRound,
    GasRecord,
    chunks_of,
    round_cases,
)
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.judging.chunk_result import (
    Activity,
    ChunkResult,
    FoundFinding,
    OutcomeKey,
)
from contract_fuzz.judging.entries import Entry, minimised, weights
from contract_fuzz.judging.feature_map import FeatureMap
from contract_fuzz.judging.parts import HostedCampaign
from contract_fuzz.judging.stopping import Stop, never
from contract_fuzz.oracles.oracle import FindingKey

LEAST_TO_MINIMISE = 32


class Pool(Protocol):
    """A pool that runs chunks: this process, others, or other machines."""

    def run(
        self, frozen: FrozenRound, chunks: Sequence[Chunk], should_stop: Stop
    ) -> Iterator[ChunkResult]:
        """The chunks' results as they arrive; fewer once `should_stop`."""

    def close(self) -> None:
        """Release the workers."""


@dataclass(slots=True)
class CampaignState:
    """The state of a campaign; `later` was found beyond `next_case`.

    `unknown` are the ABI's functions that the contract treats as no function.
    """

    next_case: int
    features: FeatureMap
    round: int = 0
    case_count: int = 0
    transaction_count: int = 0
    entries: list[Entry] = field(default_factory=list)
    findings: dict[FindingKey, FoundFinding] = field(default_factory=dict)
    repeats: Counter[FindingKey] = field(default_factory=Counter)
    records: dict[tuple[str, int | None], GasRecord] = field(default_factory=dict)
    outcomes: Counter[OutcomeKey] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    seconds: dict[Activity, float] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    later: dict[FindingKey, FoundFinding] = field(default_factory=dict)
    minimised_size: int = LEAST_TO_MINIMISE


@dataclass(frozen=True, slots=True)
class CampaignLimits:
    """When a campaign ends: after this many cases (None: never), or when told to."""

    runs: int | None = None
    should_stop: Stop = never


Watch = Callable[[CampaignState], None]


def watch_nothing(_: CampaignState) -> None:
    """For campaigns without an observer."""


class Coordinator:
    """One campaign's run; `state` is readable any time, even after an interrupt."""

    def __init__(
        self,
        campaign: HostedCampaign,
        first_case: int = 0,
        *,
        watch: Watch = watch_nothing,
        keep: Watch = watch_nothing,
    ) -> None:
        """`watch` is called after each chunk, `keep` after each round and at the end.

        Raises what making an executor raises.
        """
        self.campaign = campaign
        self.runner = CaseRunner(campaign)
        self.watch = watch
        self.keep = keep
        self.state = CampaignState(
            first_case, FeatureMap(self.runner.executor.edge_total)
        )
        self._first_case = first_case

    def begin(self, corpus: Sequence[Transactions], should_stop: Stop = never) -> bool:
        """Run what comes before the first case: a corpus, and the simplest calls.

        False if stopped: then there is nothing to continue from.
        """
        self.state.checks.update(dict.fromkeys(self.runner.oracle_names, 0))
        result = self.runner.replay(corpus, should_stop)
        if result is None:
            return False
        self._merge(result)
        self.state.unknown = self.runner.unknown_functions()
        return True

    def run(self, pool: Pool, limits: CampaignLimits) -> CampaignState:
        """Run cases until a limit is reached."""
        state = self.state
        last = None if limits.runs is None else self._first_case + limits.runs
        while not limits.should_stop() and (last is None or state.next_case < last):
            count = round_cases(state.round)
            if last is not None:
                count = min(count, last - state.next_case)
            before = state.case_count
            is_whole = self._run_round(pool, limits.should_stop, count)
            state.round += state.case_count > before
            self._minimise(is_final=False)
            self.keep(state)
            if not is_whole:
                break
        self._minimise(is_final=True)
        self.keep(state)
        return state

    def _run_round(self, pool: Pool, should_stop: Stop, count: int) -> bool:
        """Run the next `count` cases; False where some were left out."""
        state = self.state
        end = state.next_case + count
        chunks = list(chunks_of(state.round, state.next_case, count))
        ahead: dict[int, ChunkResult] = {}
        for result in pool.run(self.frozen(), chunks, should_stop):
            ahead[result.first] = result
            while state.next_case in ahead:
                merged = ahead.pop(state.next_case)
                self._merge(merged)
                state.case_count += merged.case_count
                state.next_case += merged.case_count
                self.watch(state)
                if not merged.case_count:
                    break
        for result in ahead.values():
            self._merge_findings(state.later, result)
        for key in state.findings:
            state.later.pop(key, None)
        return state.next_case == end

    def frozen(self) -> FrozenRound:
        """The knowledge that the next round's cases share."""
        state = self.state
        each = weights(state.entries, state.features.hits, state.case_count)
        return FrozenRound(
            number=state.round,
            entries=tuple(state.entries),
            weights=tuple(accumulate(each)),
            seen=state.features.seen,
            known=tuple(
                (key, sequence_size(found.finding.transactions)[:2])
                for key, found in state.findings.items()
            ),
            records=tuple(sorted_records(state.records)),
        )

    # Merging

    def _merge(self, result: ChunkResult) -> None:
        state = self.state
        state.transaction_count += result.transaction_count
        state.features.add_hits(result.hits)
        for entry in result.entries:
            if state.features.add(entry.features):
                state.entries.append(entry)
        self._merge_findings(state.findings, result)
        state.repeats.update(result.repeats)
        for key, record in result.records.items():
            known = state.records.get(key)
            if known is None or record.gas > known.gas:
                state.records[key] = record
        state.outcomes.update(result.outcomes)
        state.checks.update(result.checks)
        for activity, seconds in result.seconds.items():
            state.seconds[activity] = state.seconds.get(activity, 0.0) + seconds

    def _merge_findings(
        self, findings: dict[FindingKey, FoundFinding], result: ChunkResult
    ) -> None:
        """The shortest sequence of each finding, and the case that had it first."""
        for key, found in result.findings.items():
            known = findings.get(key)
            if known is None:
                findings[key] = found
                continue
            shortest = min(
                known.finding,
                found.finding,
                key=lambda finding: sequence_size(finding.transactions),
            )
            findings[key] = FoundFinding(shortest, known.case)

    def _minimise(self, *, is_final: bool) -> None:
        """Remove entries that others make redundant, if there are many."""
        state = self.state
        if is_final or len(state.entries) > 2 * state.minimised_size:
            state.entries = minimised(state.entries)
            state.minimised_size = max(len(state.entries), LEAST_TO_MINIMISE)


def sorted_records(
    records: dict[tuple[str, int | None], GasRecord],
) -> list[GasRecord]:
    """By function, then by size; gas at any size comes first."""
    return [
        records[key]
        for key in sorted(
            records, key=lambda key: (key[0], key[1] or 0, key[1] is not None)
        )
    ]
