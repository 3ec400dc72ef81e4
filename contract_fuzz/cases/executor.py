"""The executor of cases: thousands of transactions a second, nothing kept.

    executor = Executor(start_from_code(wasm))
    outcome = executor.run(executor.begin, CaseTransaction(contract, data))
    position = executor.advance(executor.begin, [transaction])

A run gives the same result as the chain at the same place: status, gas, output, logs.
It signs and hashes nothing, and is undone by rolling back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.engine_choice import engine_for
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import Hash32
from contract_fuzz.cases.case import (
    CaseOutcome,
    CaseStatus,
    CaseTransaction,
    Position,
    StartState,
    refused,
)
from contract_fuzz.cases.case_runs import (
    FIRST,
    CasePlace,
    CaseRunOptions,
    Probed,
    apply_case,
    outcome_of,
)
from contract_fuzz.cases.edge_coverage import Coverage, EdgePlace
from contract_fuzz.cases.failure_places import failure_place
from contract_fuzz.cases.layered_database import LayeredDatabase
from contract_fuzz.cases.positions import BlockNotMade, OpenPosition, OpenPositions
from contractvm.errors import InternalError
from contractvm.metering.rules import STANDARD_METERING
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.tracing import Comparison
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from gas_schedule.schedule import GasSchedule


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
    """Options of an executor; plain data, as a start state is.

    `engine` is "interpreter" or "wasmtime". Only the interpreter has coverage.
    """

    engine: str = DEFAULT_ENGINE
    has_coverage: bool = True


class CaseExecutor:
    """Runs the cases of one start state, within one process.

    Unknown positions are computed from their transactions, so they may come from
    another executor of the same start state. Its memory is bounded.
    """

    def __init__(
        self,
        start: StartState,
        options: ExecutorOptions | None = None,
        *,
        database: KeyValueStore | None = None,
    ) -> None:
        """`database` has the state if `start` has no entries; it is only read.

        Raises UnknownEngine, UnknownSchedule, ScheduleChanged, UnknownHostInterface,
        InstrumentationChanged and MissingNode.
        """
        self.start = start
        self._senders = tuple(account.address for account in start.senders)
        self.options = options or ExecutorOptions()
        below = MemoryDatabase() if database is None else LayeredDatabase(database)
        below.write_batch(dict(start.entries))
        self._plain = engine_for(start.genesis, self.options.engine).engine
        self._coverage: Coverage | None = None
        if self.options.has_coverage and self.options.engine == DEFAULT_ENGINE:
            self._coverage = Coverage(start, below, self._plain)
            self._counts, self._engine = self._coverage.counts, self._coverage.engine
        else:
            self._counts, self._engine = EdgeCounts(), self._plain
        self._run_options = CaseRunOptions(self._engine)
        self._positions = OpenPositions(start, below, self._plain)
        self.begin = self._positions.begin
        self._opened = self._positions.open(self.begin)

    # Cases

    def run(
        self,
        position: Position,
        transaction: CaseTransaction,
        *,
        compare: bool = False,
        hash_memory: bool = False,
    ) -> CaseOutcome:
        """The transaction's result in a block after the position.

        With `compare`, `comparisons` has the operands it compared; with `hash_memory`
        the outcome has a memory hash. Both take time and change nothing else.
        """
        self._counts.reset()
        options = self._run_options
        if compare or hash_memory:
            options = CaseRunOptions(self._engine_for(compare), hash_memory)
        return self._run_once(position, transaction, options)

    def run_sequence(
        self,
        position: Position,
        transactions: Sequence[CaseTransaction],
        *,
        compare: bool = False,
        hash_memory: bool = False,
    ) -> tuple[CaseOutcome, ...]:
        """The result of each, one block after the other; nothing is kept.

        A refused transaction makes no block, and the next one takes its place.
        The coverage covers all of them.
        """
        options = CaseRunOptions(self._engine_for(compare), hash_memory)
        return self._run_sequence(position, transactions, (), options)[0]

    def run_to_root(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> tuple[tuple[CaseOutcome, ...], Hash32]:
        """As `run_sequence` with memory hashes, and the state root after them."""
        # Computing a root leaves data in the state, so this one is used up.
        opened = self._open(position).fork()
        self._counts.reset()
        options = CaseRunOptions(self._engine, hash_memory=True)
        try:
            outcomes, _ = self._run_all(opened, transactions, (), options)
        except BlockNotMade:
            outcomes = self.run_sequence(position, transactions, hash_memory=True)
            return outcomes, self.advance(position, transactions).root
        return outcomes, opened.state.compute_root()

    def observe_with_block(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> tuple[tuple[CaseOutcome, ...], Hash32, Hash32]:
        """The results with memory hashes, and state root and hash of the last block."""
        outcomes = self.run_sequence(position, transactions, hash_memory=True)
        after = self.advance(position, transactions)
        return outcomes, after.root, after.block_hash

    @classmethod
    def plain(cls, start: StartState) -> "CaseExecutor":
        """An executor without coverage, on the interpreter."""
        return cls(start, ExecutorOptions(has_coverage=False))

    def simplest_calls(self) -> list[CaseTransaction]:
        """A call of each contract, without data."""
        return [CaseTransaction(contract) for contract in self.start.contracts]

    def twin(self, engine: str = DEFAULT_ENGINE) -> "CaseExecutor":
        """Another executor of the same start, without coverage."""
        options = ExecutorOptions(engine=engine, has_coverage=False)
        return CaseExecutor(self.start, options)

    def probe(
        self,
        position: Position,
        transactions: Sequence[CaseTransaction],
        probes: Sequence[CaseTransaction],
    ) -> Probed:
        """As `run_sequence`, and each probe's result after each of them.

        Probes leave no trace, not even in the coverage.
        """
        return self._run_sequence(position, transactions, probes, self._run_options)

    @property
    def schedule(self) -> GasSchedule:
        """The schedule that prices the cases."""
        return self._plain.schedule

    # The last run

    @property
    def edges(self) -> EdgeCounts:
        """The counts of the last run's edges, for `CoverageMap.new_in`."""
        return self._counts

    @property
    def edge_counts(self) -> memoryview:
        """How often each edge was passed, up to 255: a view that stays up to date."""
        return self._counts.counts

    @property
    def edge_total(self) -> int:
        """The number of cells for edges; constant."""
        return len(self._counts)

    @property
    def last_edge(self) -> int:
        """The last edge passed: roughly where a failure was."""
        return self._counts.last

    def coverage(self) -> bytes:
        """The edges that were passed and about how often, for `CoverageMap.add`."""
        return self._counts.sparse()

    def comparisons(self) -> list[Comparison]:
        """The operands compared, in order; the first of each place, up to a limit."""
        return self._counts.comparisons()

    def describe_edge(self, edge: int) -> EdgePlace | None:
        """Where an edge is; None if not in a module of the start state."""
        return None if self._coverage is None else self._coverage.describe(edge)

    def failure_place(self, position: Position, transaction: CaseTransaction) -> str:
        """Where a transaction of a program fails; of contracts, the last edge tells."""
        if self._plain.metering == STANDARD_METERING:
            return ""
        sender = self._senders[transaction.sender]
        return failure_place(self._open(position), sender, transaction, self._plain)

    # Inside

    def _engine_for(self, compare: bool) -> Pipeline:
        if not compare:
            return self._engine
        if self._coverage is None:
            raise InternalError("comparisons are noted by the covering engine only")
        return self._coverage.noting_engine

    def _run_sequence(
        self,
        position: Position,
        transactions: Sequence[CaseTransaction],
        probes: Sequence[CaseTransaction],
        options: CaseRunOptions,
    ) -> Probed:
        opened = self._open(position)
        self._counts.reset()
        mark = opened.state.snapshot()
        try:
            found = self._run_all(opened, transactions, probes, options)
        except BlockNotMade:
            opened.state.rollback(mark)
            return self._run_in_blocks(position, transactions, probes, options)
        except BaseException:
            self._drop(position)
            raise
        opened.state.rollback(mark)
        self._positions.refresh(opened)
        return found

    # Positions

    def advance(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> Position:
        """The position after blocks with these transactions; refused ones make none.

        The coverage stays that of the last run.
        """
        return self.advance_with_outcomes(position, transactions)[0]

    def advance_with_outcomes(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> tuple[Position, tuple[CaseOutcome, ...]]:
        """As `advance`, with each transaction's result."""
        opened = self._open(position)
        outcomes = []
        for transaction in transactions:
            try:
                opened, ran = self._positions.after(opened, transaction)
                outcomes.append(outcome_of(ran))
            except InvalidTransaction as reason:
                outcomes.append(refused(reason))
        self._positions.keep(opened)
        return opened.position, tuple(outcomes)

    def forget(self, position: Position) -> None:
        """Free the memory of a position; it can still be used again."""
        self._drop(position)

    def _open(self, position: Position) -> OpenPosition:
        if self._opened.position is not position:
            self._opened = self._positions.open(position)
        return self._opened

    def _drop(self, position: Position) -> None:
        self._positions.close(position)
        if self._opened.position == position:
            self._opened = self._positions.open(self.begin)

    def _run_all(
        self,
        opened: OpenPosition,
        transactions: Sequence[CaseTransaction],
        probes: Sequence[CaseTransaction],
        options: CaseRunOptions,
    ) -> Probed:
        outcomes, probed = [], []
        place = FIRST
        for transaction in transactions:
            outcome = apply_case(
                opened, self._senders, transaction, options, place, is_kept=True
            )
            outcomes.append(outcome)
            if outcome.status is not CaseStatus.REFUSED:
                place = place.after(transaction)
            probed.append(tuple(self._probe(opened, probe, place) for probe in probes))
        return tuple(outcomes), tuple(probed)

    def _probe(
        self, opened: OpenPosition, probe: CaseTransaction, place: CasePlace
    ) -> CaseOutcome:
        mark = opened.state.snapshot()
        outcome = apply_case(
            opened, self._senders, probe, CaseRunOptions(self._plain), place
        )
        opened.state.rollback(mark)
        return outcome

    def _run_in_blocks(
        self,
        position: Position,
        transactions: Sequence[CaseTransaction],
        probes: Sequence[CaseTransaction],
        options: CaseRunOptions,
    ) -> Probed:
        """The slow way, for contracts that read the hashes of blocks just made."""
        outcomes, probed = [], []
        plain = CaseRunOptions(self._plain)
        self._counts.reset()
        for transaction in transactions:
            outcomes.append(self._run_once(position, transaction, options))
            position = self.advance(position, [transaction])
            probed.append(
                tuple(self._run_once(position, probe, plain) for probe in probes)
            )
        return tuple(outcomes), tuple(probed)

    def _run_once(
        self, position: Position, transaction: CaseTransaction, options: CaseRunOptions
    ) -> CaseOutcome:
        opened = self._open(position)
        mark = opened.state.snapshot()
        try:
            outcome = apply_case(opened, self._senders, transaction, options)
        except BaseException:
            self._drop(position)
            raise
        opened.state.rollback(mark)
        self._positions.refresh(opened)
        return outcome
