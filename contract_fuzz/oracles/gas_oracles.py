"""Oracles of gas: the report adds up, and just enough gas does what ample gas does."""

from functools import partial, singledispatch
from typing import Any, Protocol

from chain_sim.ethereum.execution.engine_choice import traced_engine
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.execution.state_transition import apply_transaction
from chain_sim.ethereum.gas_report.chain_reports import (
    record_transaction,
    succeeds_with,
)
from chain_sim.ethereum.gas_report.explanation import explain, reprice
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.repricing import gas_seen_by
from chain_sim.ethereum.gas_report.required_gas import search_required
from chain_sim.ethereum.state.world_state import WorldState
from contract_fuzz.cases.case import (
    CaseOutcome,
    CaseStatus,
    CaseTransaction,
    Position,
    StartState,
)
from contract_fuzz.cases.case_files import CaseReplays
from contract_fuzz.oracles.observations import OutcomeDifference, difference_in
from contract_fuzz.oracles.oracle import MILLION, Executor
from contract_fuzz.oracles.twin_oracle import RanCase, TwinOracle
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.loader import load_schedule


class GasChecks(Protocol):
    """Checks of one transaction's gas, by the rules of a host."""

    def report(
        self, position: Any, transaction: Any, outcome: Any
    ) -> tuple[dict[str, object], dict[str, object]]:
        """What the outcome says of gas, and what a gas report does.

        Raises InternalError for a report that does not add up.
        """

    def tight(
        self, place: int, position: Any, transaction: Any
    ) -> OutcomeDifference | None:
        """Whether just enough gas gives another result than ample gas.

        None, too, where the host lets the code depend on its gas.
        """


@singledispatch
def gas_checks_of(start: Any) -> GasChecks:
    """The checks of a start state's transactions.

    This is for a StartState; a host with starts of another class registers its own.
    """
    return CallChecks(start)


class CallChecks:
    """Checks of calls on a chain of accounts."""

    def __init__(self, start: StartState) -> None:
        self._replays = CaseReplays(start)
        self._traced = traced_engine(self._replays.engine)
        self._schedule = load_schedule(start.genesis.schedule)

    def report(
        self, position: Position, transaction: CaseTransaction, outcome: CaseOutcome
    ) -> tuple[dict[str, object], dict[str, object]]:
        """See GasChecks.

        The run is recorded on the tracing interpreter, and priced again under a
        separately loaded schedule of the same content.
        """
        placed = self._replays.place(position, transaction)
        result, recording = record_transaction(placed, self._traced, "a case")
        return {
            "gas_used": outcome.gas_used,
            "units_left": outcome.units_left,
            "gas_explained": outcome.gas_used,
            "gas_priced_again": outcome.gas_used,
        }, {
            "gas_used": result.gas_used,
            "units_left": result.units_left,
            "gas_explained": explain(recording).gas_used,
            "gas_priced_again": reprice(recording, self._schedule).gas_used,
        }

    def tight(
        self, place: int, position: Position, transaction: CaseTransaction
    ) -> OutcomeDifference | None:
        """See GasChecks.

        Exempt are those where a contract read its gas (getGasLeft), or gave some of it
        to a call.
        """
        placed = self._replays.place(position, transaction)
        _, recording = record_transaction(placed, self._traced, "a case")
        if depends_on_gas(recording):
            return None
        return tight_difference(place, self._replays.engine, placed)


class LedgerOracle(TwinOracle):
    """Each transaction's gas report adds up to the gas used."""

    def __init__(
        self, share: int, executor: Executor, *, share_of_new: int = MILLION
    ) -> None:
        super().__init__("ledger", share, share_of_new)
        self._checks = gas_checks_of(executor.start)

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle; a report that does not add up is an InternalError."""
        position = case.position
        for place, transaction in enumerate(case.transactions):
            outcome = case.outcomes[place]
            if outcome.status is CaseStatus.REFUSED:
                continue
            here, there = self._checks.report(position, transaction, outcome)
            found = difference_in(place, here, there)
            if found is not None:
                return found
            if place < len(case.transactions) - 1:
                position = case.executor.advance(position, [transaction])
        return None


class TightGasOracle(TwinOracle):
    """The last transaction with just enough gas: all the same; one less: none of it."""

    def __init__(
        self, share: int, executor: Executor, *, share_of_new: int = MILLION
    ) -> None:
        super().__init__("tight-gas", share, share_of_new)
        self._checks = gas_checks_of(executor.start)

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle."""
        if not case.outcomes[-1].succeeded:
            return None
        position = case.executor.advance(case.position, case.transactions[:-1])
        place = len(case.transactions) - 1
        return self._checks.tight(place, position, case.transactions[-1])


def depends_on_gas(recording: Recording) -> bool:
    """Whether the run may differ with other gas."""
    return any(
        gas_seen_by(frame, recording.schedule) or frame.sub_calls
        for frame in recording.frames
    )


def tight_difference(
    place: int, engine: Pipeline, placed: RepeatableTransaction
) -> OutcomeDifference | None:
    """Whether just enough gas gives a result other than the transaction's own."""
    ample_state = placed.open_state(WorldState)
    tight_state = placed.open_state(WorldState)
    ample = apply_transaction(placed, ample_state, engine)
    required = search_required(
        partial(succeeds_with, placed, engine),
        lowest=ample.gas_used,
        gas_limit=placed.tx.gas_limit,
        greatest=placed.tx.gas_limit,
    )
    if required.gas_limit is None or required.notes:
        return OutcomeDifference(place, ("success with less gas",), required.notes)
    tight = apply_transaction(
        placed.with_gas_limit(required.gas_limit), tight_state, engine
    )
    here = {
        "status": ample.status,
        "gas_used": ample.gas_used,
        "output": ample.output,
        "logs": ample.logs,
        "error": ample.error,
        "root": ample_state.compute_root(),
    }
    there = {name: getattr(tight, name) for name in here if name != "root"}
    return difference_in(place, here, {**there, "root": tight_state.compute_root()})
