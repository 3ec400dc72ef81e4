"""Runs cases: transactions on positions, thousands in a second, nothing kept.

    executor = Executor(start_from_code(wasm))
    outcome = executor.run(executor.begin, CaseTransaction(contract, data))
    position = executor.advance(executor.begin, [transaction])

A run gives what the chain gives for the same transaction in the same place: status,
gas, output, logs. It signs and hashes nothing, and is undone by rolling back.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chain_sim.chain_setup import engine_for
from chain_sim.database.interface import KeyValueStore
from chain_sim.database.memory import MemoryDatabase
from chain_sim.errors import InvalidTransaction
from chain_sim.state_transition import (
    RanTransaction,
    run_transaction,
    settle_accounts,
)
from chain_sim.transactions import Transaction, check_field_sizes
from contract_fuzz.cases import (
    CaseStatus,
    CaseTransaction,
    Outcome,
    Position,
    StartState,
    error_kind_of,
    refused,
)
from contract_fuzz.positions import (
    BlockNotMade,
    OpenPosition,
    OpenPositions,
    chain_transaction,
)
from contractvm.engine import MeteredEngine
from contractvm.engines.selection import DEFAULT_ENGINE
from contractvm.host.interface import CallStatus

CHECKED_ABOVE = 1 << 63  # numbers below it fit every field of a transaction


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
    """How an executor runs; plain data, as a start state.

    `engine` is "interpreter" or "wasmtime". Coverage is the interpreter's alone.
    """

    engine: str = DEFAULT_ENGINE
    has_coverage: bool = True


class Executor:
    """One process's means to run the cases of one start state.

    Positions that it has not met are worked out from their transactions, so they may
    come from another executor of the same start state. Its memory is bounded.
    """

    def __init__(
        self,
        start: StartState,
        options: ExecutorOptions | None = None,
        *,
        database: KeyValueStore | None = None,
    ) -> None:
        """`database` has the state where `start` has no entries; it is only read.

        Raises UnknownEngine, UnknownSchedule, ScheduleChanged, UnknownProfile,
        InstrumentationChanged and MissingNode.
        """
        self.start = start
        self.options = options or ExecutorOptions()
        if database is None:
            database = MemoryDatabase()
            database.write_batch(dict(start.entries))
        self._plain = engine_for(start.genesis, self.options.engine).engine
        self._engine = self._plain
        self._positions = OpenPositions(start, database, self._plain)
        self.begin = self._positions.begin
        self._opened = self._positions.open(self.begin)

    # Cases

    def run(self, position: Position, transaction: CaseTransaction) -> Outcome:
        """What the transaction comes to in a block behind the position."""
        return self._run(position, transaction, self._engine)

    def run_sequence(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> tuple[Outcome, ...]:
        """What each comes to, one block after the other; nothing is kept.

        A refused transaction makes no block, and the next one stands in its place.
        """
        return self.probe(position, transactions, ())[0]

    def probe(
        self,
        position: Position,
        transactions: Sequence[CaseTransaction],
        probes: Sequence[CaseTransaction],
    ) -> tuple[tuple[Outcome, ...], tuple[tuple[Outcome, ...], ...]]:
        """As `run_sequence`, and what each probe would come to after each of them.

        Probes leave nothing behind, not in the coverage either.
        """
        opened = self._open(position)
        mark = opened.state.snapshot()
        try:
            found = self._run_all(opened, transactions, probes)
        except BlockNotMade:
            opened.state.rollback(mark)
            return self._run_in_blocks(position, transactions, probes)
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
        """The position behind blocks with these transactions; refused ones make none.

        The coverage stays that of the last run.
        """
        return self.advance_with_outcomes(position, transactions)[0]

    def advance_with_outcomes(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> tuple[Position, tuple[Outcome, ...]]:
        """As `advance`, and what each transaction came to."""
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
        """Free the memory of a position; it can be used again all the same."""
        self._drop(position)

    # Inside

    def _open(self, position: Position) -> OpenPosition:
        if self._opened.position is not position:
            self._opened = self._positions.open(position)
        return self._opened

    def _drop(self, position: Position) -> None:
        self._positions.close(position)
        if self._opened.position == position:
            self._opened = self._positions.open(self.begin)

    def _run(
        self, position: Position, transaction: CaseTransaction, engine: MeteredEngine
    ) -> Outcome:
        opened = self._open(position)
        mark = opened.state.snapshot()
        try:
            outcome = self._run_one(opened, transaction, engine)
        except BaseException:
            self._drop(position)
            raise
        opened.state.rollback(mark)
        self._positions.refresh(opened)
        return outcome

    def _run_one(
        self,
        opened: OpenPosition,
        transaction: CaseTransaction,
        engine: MeteredEngine,
        place: tuple[int, int] = (0, 1),
    ) -> Outcome:
        """Run it `place[1]` blocks later than the position, the clock at `place[0]`."""
        return self._apply(opened, transaction, engine, place, is_kept=False)

    def _apply(
        self,
        opened: OpenPosition,
        transaction: CaseTransaction,
        engine: MeteredEngine,
        place: tuple[int, int],
        *,
        is_kept: bool,
    ) -> Outcome:
        seconds, blocks = place
        state = opened.state
        sender = self.start.senders[transaction.sender].address
        context = opened.context(seconds + transaction.seconds, blocks)
        tx = chain_transaction(transaction, state.get_nonce(sender))
        try:
            check_range(tx)
            ran = run_transaction(state, engine, tx, sender, context)
        except InvalidTransaction as reason:
            return refused(reason)
        if is_kept:
            settle_accounts(state, tx, sender, context, ran)
            state.begin_next_transaction()
        return outcome_of(ran)

    def _run_all(
        self,
        opened: OpenPosition,
        transactions: Sequence[CaseTransaction],
        probes: Sequence[CaseTransaction],
    ) -> tuple[tuple[Outcome, ...], tuple[tuple[Outcome, ...], ...]]:
        outcomes, probed = [], []
        seconds, blocks = 0, 1
        for transaction in transactions:
            outcome = self._apply(
                opened, transaction, self._engine, (seconds, blocks), is_kept=True
            )
            outcomes.append(outcome)
            if outcome.status is not CaseStatus.REFUSED:
                seconds, blocks = seconds + transaction.seconds, blocks + 1
            probed.append(
                tuple(self._probe(opened, probe, (seconds, blocks)) for probe in probes)
            )
        return tuple(outcomes), tuple(probed)

    def _probe(
        self, opened: OpenPosition, probe: CaseTransaction, place: tuple[int, int]
    ) -> Outcome:
        mark = opened.state.snapshot()
        outcome = self._run_one(opened, probe, self._plain, place)
        opened.state.rollback(mark)
        return outcome

    def _run_in_blocks(
        self,
        position: Position,
        transactions: Sequence[CaseTransaction],
        probes: Sequence[CaseTransaction],
    ) -> tuple[tuple[Outcome, ...], tuple[tuple[Outcome, ...], ...]]:
        """The slow way, for contracts that look at the hashes of blocks just made."""
        outcomes, probed = [], []
        for transaction in transactions:
            outcomes.append(self._run(position, transaction, self._engine))
            position = self.advance(position, [transaction])
            probed.append(
                tuple(self._run(position, probe, self._plain) for probe in probes)
            )
        return tuple(outcomes), tuple(probed)


STATUSES = {
    CallStatus.SUCCESS: CaseStatus.SUCCESS,
    CallStatus.FAILURE: CaseStatus.FAILURE,
    CallStatus.REVERTED: CaseStatus.REVERTED,
}


def outcome_of(ran: RanTransaction) -> Outcome:
    """The outcome of a transaction that has run."""
    result = ran.result
    error = result.error
    return Outcome(
        STATUSES[result.status],
        error_kind_of(error),
        None if error is None else str(error),
        result.output,
        tuple(ran.host.substate.logs),
        ran.gas_used,
        result.gas_left,
    )


def check_range(tx: Transaction) -> None:
    """Raise InvalidTransaction for numbers that a transaction has no form for."""
    if not (0 <= tx.value < CHECKED_ABOVE and 0 <= tx.gas_limit < CHECKED_ABOVE):
        check_field_sizes(tx)
