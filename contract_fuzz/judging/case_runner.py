"""The runner of a campaign's chunks in one process, from round to round."""

from bisect import bisect
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.cases.sequences import Transactions, sequence_size
from contract_fuzz.inputs.byte_mutation import Operands
from contract_fuzz.judging.campaign import Chunk, FrozenRound
from contract_fuzz.judging.campaign_parts import parts_of
from contract_fuzz.judging.case_judge import CaseJudge
from contract_fuzz.judging.chunk_result import (
    NEW_COVERAGE,
    UNFINISHED,
    ChunkResult,
)
from contract_fuzz.judging.entries import Entry, make_entry
from contract_fuzz.judging.feature_map import FeatureMap, features_of
from contract_fuzz.judging.parts import HostedCampaign
from contract_fuzz.judging.stopping import Abandoned, Stop, flag_of, never

# What a case does with the entry it starts from: of 32 cases, 18 change its last
# transaction, 6 add a new one, 7 add a changed one of another entry, 1 adds several.
CHANCES = 32
CHANGED_IN_PLACE = 18
NEW_AFTER = CHANGED_IN_PLACE + 6
CHANGED_AFTER = NEW_AFTER + 7


class Parent:
    """An entry as the start of cases: the states around its last transaction."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.before: Any = None
        self.after: Any = None
        self.operands: Sequence[Operands] | None = None


class CaseRunner:
    """Runs any chunk of one campaign, within one process.

    A chunk's result depends on the campaign, the round and the chunk alone, not on what
    was run here before.
    """

    def __init__(self, campaign: HostedCampaign) -> None:
        self.campaign = campaign
        parts = self._parts = parts_of(campaign)
        self.executor = parts.executor
        self._inputs = parts.inputs
        self._judge = CaseJudge(campaign, parts)
        self._gas = parts.gas
        self._random = CaseRandom(0, 0)
        self._parents: dict[str, Parent] = {}
        self._round: FrozenRound | None = None
        self._order: list[Parent] = []

    @property
    def oracle_names(self) -> list[str]:
        """The oracles that cases are checked against."""
        return self._judge.oracle_names

    def run(
        self, frozen: FrozenRound, chunk: Chunk, should_stop: Stop = never
    ) -> ChunkResult:
        """Run the chunk's cases, fewer if `should_stop` says so.

        A StopFlag stops in the middle of a case, which is then left out.
        """
        self._begin_round(frozen)
        result = ChunkResult(chunk.first)
        features = FeatureMap(self.executor.edge_total, frozen.seen)
        self._judge.begin(frozen, result)
        random, flag = self._random, flag_of(should_stop)
        for number in range(chunk.first, chunk.first + chunk.count):
            if should_stop():
                break
            random.restart(self.campaign.seed, number)
            began = perf_counter()
            try:
                flag.is_abandonable = True
                position, transactions = self._plan(frozen)
                self._run_case(number, position, transactions, features)
                flag.is_abandonable = False
            except Abandoned:
                self._judge.add_seconds(UNFINISHED, "", began)
                break
            self._judge.keep()
            result.case_count += 1
            result.transaction_count += len(transactions)
        result.hits = features.hits
        return result

    def replay(
        self, sequences: Sequence[Transactions], should_stop: Stop = never
    ) -> ChunkResult | None:
        """Run the simplest calls, and whole sequences from the start.

        That is before the first case: they have numbers below 0. None if stopped.
        """
        frozen = FrozenRound(number=-1)
        self._begin_round(frozen)
        result = ChunkResult(-1)
        self._judge.begin(frozen, result)
        try:
            with flag_of(should_stop).abandonable():
                is_whole = self._replay(sequences, result, should_stop)
        except Abandoned:
            return None
        return result if is_whole else None

    def _replay(
        self, sequences: Sequence[Transactions], result: ChunkResult, should_stop: Stop
    ) -> bool:
        features = FeatureMap(self.executor.edge_total)
        self._judge.judge_start()
        self._judge.keep()
        after: dict[Transactions, Any] = {(): self.executor.begin}
        done: set[Transactions] = set()
        simplest = {(transaction,) for transaction in self._inputs.simplest()}
        # Whole ones first, the shortest before others: they are the entries to keep.
        ordered = sorted([*sequences, *simplest], key=sequence_size)
        parts = [item[:end] for item in ordered for end in range(1, len(item))]
        for place, ran in enumerate([*ordered, *parts]):
            if ran in done:
                continue
            if should_stop():
                return False
            done.add(ran)
            position, last = self._reach(ran[:-1], after), ran[-1:]
            number = place - len(ordered) - len(parts)
            # A corpus has the gas that it needs.
            may_raise = ran in simplest
            if may_raise:
                last = (self._gas.limited(ran[0], 0),)
            self._run_case(number, position, last, features, may_raise=may_raise)
            self._judge.keep()
            result.transaction_count += 1
        result.hits = features.hits
        return True

    def unknown_functions(self) -> tuple[str, ...]:
        """The signatures that the contract treats as unknown."""
        return self._parts.unknown_functions()

    def _reach(self, transactions: Transactions, after: dict[Transactions, Any]) -> Any:
        """The position after the transactions; `after` caches known ones."""
        for end in range(1, len(transactions) + 1):
            ran = transactions[:end]
            if ran not in after:
                after[ran] = self.executor.advance(after[ran[:-1]], ran[-1:])
        return after[transactions]

    def _run_case(
        self,
        number: int,
        position: Any,
        transactions: Transactions,
        features: FeatureMap,
        *,
        may_raise: bool = True,
    ) -> None:
        executor, judge = self.executor, self._judge
        began = perf_counter()
        is_one = len(transactions) == 1
        if is_one:
            ran, outcome = self._run_one(
                position, transactions[0], features, may_raise=may_raise
            )
            transactions = (ran,)
            outcomes: tuple[Any, ...] = (outcome,)
        else:
            outcomes = executor.run_sequence(position, transactions)
        is_new = features.observe(executor.edge_counts, is_one)
        judge.add_call_seconds(transactions[-1], began)
        if is_new:
            began = perf_counter()
            self._keep_new(number, position, transactions, features)
            judge.add_seconds(NEW_COVERAGE, "", began)
        judge.judge(number, position, transactions, outcomes, is_new)

    def _run_one(
        self,
        position: Any,
        transaction: Any,
        features: FeatureMap,
        *,
        may_raise: bool,
    ) -> tuple[Any, Any]:
        """Run the transaction, again with more gas as long as that promises much."""
        executor, gas = self.executor, self._gas
        outcome = executor.run(position, transaction)
        before: bytes | None = None
        while may_raise and gas.is_used_up(transaction, outcome):
            if not (
                gas.is_tried(transaction, outcome, self._random)
                or features.goes_further(executor.edge_counts, before)
            ):
                break
            before = bytes(executor.edge_counts)
            transaction = gas.raised(transaction)
            outcome = executor.run(position, transaction)
        return transaction, outcome

    def _keep_new(
        self,
        number: int,
        position: Any,
        transactions: Transactions,
        features: FeatureMap,
    ) -> None:
        """Make entries of the transactions whose own runs have new features."""
        for transaction in transactions:
            outcome = self.executor.run(position, transaction)
            found = features_of(self.executor.edge_counts)
            if features.add(found):
                sequence = (*position.transactions, transaction)
                budget = self._gas.budget_for(transaction, outcome)
                entry = make_entry(sequence, found, number, budget)
                self._judge.case.entries.append(entry)
            if transaction is not transactions[-1]:
                position = self.executor.advance(position, [transaction])

    # Starts of cases

    def _begin_round(self, frozen: FrozenRound) -> None:
        if self._round is frozen:
            return
        self._round = frozen
        known = self._parents
        self._parents = {
            entry.name: known.get(entry.name) or Parent(entry)
            for entry in frozen.entries
        }
        self._order = list(self._parents.values())
        self._gas.begin(frozen.entries)

    def _plan(self, frozen: FrozenRound) -> tuple[Any, Transactions]:
        """The case's start, and its transactions."""
        random = self._random
        if not self._order or random.one_in(16) or not self.campaign.is_guided:
            return self.executor.begin, (self._made(),)
        parent = self._choose(frozen)
        has_room = len(parent.entry.transactions) < self.campaign.length
        choice = random.below(CHANCES)
        if choice < CHANGED_IN_PLACE or not has_room:
            position = self._before(parent)
            return position, (self._changed(parent),)
        if choice < NEW_AFTER:
            return self._after(parent), (self._made(),)
        if choice < CHANGED_AFTER:
            return self._after(parent), (self._changed(self._choose(frozen)),)
        return self._after(parent), self._several(frozen, parent)

    def _several(self, frozen: FrozenRound, parent: Parent) -> Transactions:
        """More than one transaction, up to the maximum length of a case."""
        random = self._random
        room = self.campaign.length - len(parent.entry.transactions)
        count = 1 + random.below(room)
        return tuple(
            self._changed(self._choose(frozen)) if random.one_in(2) else self._made()
            for _ in range(count)
        )

    def _choose(self, frozen: FrozenRound) -> Parent:
        place = self._random.below(frozen.weights[-1])
        return self._order[bisect(frozen.weights, place)]

    def _made(self) -> Any:
        made = self._inputs.make(self._random)
        return self._gas.chosen(made, self._gas.budget_of(made), self._random)

    def _changed(self, parent: Parent) -> Any:
        random, entry = self._random, parent.entry
        last = entry.transactions[-1]
        if not random.one_in(16):
            last = self._inputs.change(last, random, self._operands(parent))
        budget = max(entry.budget, self._gas.budget_of(last))
        return self._gas.chosen(last, budget, random)

    def _before(self, parent: Parent) -> Any:
        if parent.before is None:
            parent.before = self.executor.advance(
                self.executor.begin, parent.entry.transactions[:-1]
            )
        return parent.before

    def _after(self, parent: Parent) -> Any:
        if parent.after is None:
            parent.after = self.executor.advance(
                self._before(parent), parent.entry.transactions[-1:]
            )
        return parent.after

    def _operands(self, parent: Parent) -> Sequence[Operands]:
        """The operands that the entry's last transaction compared, computed once."""
        if not self._inputs.uses_operands:
            return ()
        if parent.operands is None:
            self.executor.run(
                self._before(parent), parent.entry.transactions[-1], compare=True
            )
            compared = self.executor.comparisons()
            parent.operands = tuple(
                dict.fromkeys((each.left, each.right) for each in compared)
            )
        return parent.operands
