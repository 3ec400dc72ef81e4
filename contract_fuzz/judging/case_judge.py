"""The judge of cases: gathers findings, counts and gas records of a chunk."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cases.sequences import Transactions, sequence_size
from contract_fuzz.judging.campaign import FrozenRound, GasRecord
from contract_fuzz.judging.chunk_result import (
    CALLS,
    FINDINGS,
    INVARIANTS,
    ORACLE,
    ChunkResult,
    FoundFinding,
    OutcomeKey,
)
from contract_fuzz.judging.parts import CampaignParts, HostedCampaign
from contract_fuzz.judging.shortening import shorten
from contract_fuzz.oracles.oracle import Finding, FindingKey, Oracle, is_sampled

SUCCESS = CaseStatus.SUCCESS.value
REVERTED = CaseStatus.REVERTED.value

Size = tuple[int, int]


class CaseJudge:
    """Judges one case after the other: into `case`, and with `keep` into the result."""

    def __init__(self, campaign: HostedCampaign, parts: CampaignParts) -> None:
        self._campaign = campaign
        self._parts = parts
        self._executor = parts.executor
        self._judge = parts.judge
        self._oracles: tuple[Oracle, ...] = tuple(
            factory(parts.executor) for factory in campaign.oracles
        )
        self.oracle_names = [oracle.name for oracle in self._oracles]
        self._names = {
            function.selector: function.signature for function in campaign.functions
        }
        self._result = ChunkResult(0)
        self.case = ChunkResult(0)
        self._ended: list[OutcomeKey] = []

    def begin(self, frozen: FrozenRound, result: ChunkResult) -> None:
        """Judge into `result` from now on, with what the round knows."""
        self._known: dict[FindingKey, Size] = dict(frozen.known)
        self._best = {
            (record.function, record.size): record.gas for record in frozen.records
        }
        self._result = result
        self.case.clear()
        self._ended.clear()

    def keep(self) -> None:
        """Count the case that was judged; without this nothing of it remains."""
        for key in self._ended:
            self._result.outcomes[key] += 1
        self._ended.clear()
        self._result.add_case(self.case)

    def add_call_seconds(self, transaction: Any, began: float) -> None:
        """Count the time since `began` for the function that is called."""
        name = self._names.get(self._parts.label(transaction), "")
        self._result.seconds[CALLS, name] += perf_counter() - began

    def add_seconds(self, kind: str, name: str, began: float) -> None:
        """Count the time since `began` for an activity."""
        self._result.seconds[kind, name] += perf_counter() - began

    def judge_start(self) -> None:
        """Judge the state before any transaction: do the invariants hold there?"""
        if self._judge.has_invariants:
            self._judge.require_callable()
            self._check_invariants(-1, self._executor.begin, ())

    def judge(
        self,
        number: int,
        position: Any,
        transactions: Transactions,
        outcomes: Sequence[Any],
        is_new: bool,
    ) -> None:
        """Judge a case; `is_new` says that it had new features."""
        has_success = False
        for place, outcome in enumerate(outcomes):
            label = self._parts.label(transactions[place])
            if label not in self._names:
                label = b""
            self._ended.append((label, outcome_word(outcome)))
            has_success = has_success or outcome.succeeded
            if self._judge.is_crash(outcome):
                self._crashed(number, position, transactions[: place + 1])
        if has_success and self._judge.has_invariants:
            self._check_invariants(number, position, transactions)
        if self._oracles:
            self._ask_oracles(number, position, transactions, outcomes, is_new)
        self._measure(number, position, transactions, outcomes)

    # Findings

    def _crashed(self, number: int, position: Any, ran: Transactions) -> None:
        began = perf_counter()
        if len(ran) > 1:
            # The place is the last run's, so the others come before it.
            position = self._executor.advance(position, ran[:-1])
            ran = ran[-1:]
        finding = self._crash_of(position, ran[-1])
        if finding is not None:
            self._found(number, finding, position.transactions + ran, self._same_crash)
        self.add_seconds(FINDINGS, "", began)

    def _crash_of(self, position: Any, last: Any) -> Finding | None:
        outcome = self._executor.run(position, last)
        if not self._judge.is_crash(outcome):
            return None
        return self._judge.crash(outcome, self._end_of_run(position, last))

    def _end_of_run(self, position: Any, last: Any) -> str:
        """Where the last run, of this transaction, ended."""
        place = self._executor.failure_place(position, last)
        edge = self._executor.describe_edge(self._executor.last_edge)
        if place or edge is None:
            return place
        return f"func {edge.func_index} ({edge.func_name}) after {edge.offset:#x}"

    def _same_crash(self, sequence: Transactions, _: FindingKey) -> Finding | None:
        position = self._executor.advance(self._executor.begin, sequence[:-1])
        return self._crash_of(position, sequence[-1])

    def _check_invariants(
        self, number: int, position: Any, transactions: Transactions
    ) -> None:
        began = perf_counter()
        broken = list(self._judge.broken_invariants(position, transactions))
        self.add_seconds(INVARIANTS, "", began)
        for count, finding in broken:
            began = perf_counter()
            sequence = position.transactions + transactions[:count]
            self._found(number, finding, sequence, self._same_invariant)
            self.add_seconds(FINDINGS, "", began)

    def _same_invariant(
        self, sequence: Transactions, key: FindingKey
    ) -> Finding | None:
        position = self._executor.begin
        for count, finding in self._judge.broken_invariants(position, sequence):
            if count == len(sequence) and finding.key == key:
                return finding
        return None

    def _ask_oracles(
        self,
        number: int,
        position: Any,
        transactions: Transactions,
        outcomes: Sequence[Any],
        is_new: bool,
    ) -> None:
        seed = self._campaign.seed
        for index, oracle in enumerate(self._oracles):
            share = oracle.share_of_new if is_new else oracle.share
            if not is_sampled(seed, number, index, share):
                continue
            self.case.checks[oracle.name] += 1
            began = perf_counter()
            finding = oracle.check(self._executor, position, transactions, outcomes)
            self.add_seconds(ORACLE, oracle.name, began)
            if finding is not None:
                sequence = position.transactions + transactions
                began = perf_counter()
                self._found(number, finding, sequence, self._asking(oracle))
                self.add_seconds(FINDINGS, "", began)

    def _asking(
        self, oracle: Oracle
    ) -> Callable[[Transactions, FindingKey], Finding | None]:
        def same(sequence: Transactions, _: FindingKey) -> Finding | None:
            executor = self._executor
            position = executor.advance(executor.begin, sequence[:-1])
            last = sequence[-1:]
            outcomes = (executor.run(position, last[0]),)
            return oracle.check(executor, position, last, outcomes)

        return same

    def _found(
        self,
        number: int,
        finding: Finding,
        sequence: Transactions,
        again: Callable[[Transactions, FindingKey], Finding | None],
    ) -> None:
        """Keep the finding, shortened, if it is new or shorter than before."""
        key = finding.key
        self.case.repeats[key] += 1
        known = self._known.get(key)
        if known is not None and known <= sequence_size(sequence)[:2]:
            return

        def shows(shorter: Transactions) -> bool:
            found = again(shorter, key)
            return found is not None and found.key == key

        shortest = (
            shorten(sequence, shows, self._parts.simpler)
            if sequence and shows(sequence)
            else sequence
        )
        self._known[key] = sequence_size(shortest)[:2]
        kept = Finding(
            finding.kind,
            finding.name,
            finding.place,
            finding.story,
            finding.facts,
            shortest,
        )
        earlier = self._result.findings.get(key)
        case = number if earlier is None else earlier.case
        self.case.findings[key] = FoundFinding(kept, case)

    # Gas

    def _measure(
        self,
        number: int,
        position: Any,
        transactions: Transactions,
        outcomes: Sequence[Any],
    ) -> None:
        for place, outcome in enumerate(outcomes):
            if not outcome.succeeded:
                continue
            for key in self._parts.measure(transactions[place]):
                if outcome.gas_used > self._best.get(key, -1):
                    self._best[key] = outcome.gas_used
                    sequence = position.transactions + transactions[: place + 1]
                    self.case.records[key] = GasRecord(
                        *key, outcome.gas_used, number, sequence
                    )


def outcome_word(outcome: Any) -> str:
    """How a call ended: "success", "reverted", "refused", or why it failed."""
    if outcome.status is CaseStatus.FAILURE:
        kind: str = outcome.error_kind
        return kind
    word: str = outcome.status.value
    return word
