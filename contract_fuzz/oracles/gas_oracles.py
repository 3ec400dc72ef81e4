"""Oracles of gas: the report adds up, and just enough gas does what ample gas does."""

from functools import partial

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
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cases.case_files import CaseReplays
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.oracles.observations import OutcomeDifference, difference_in
from contract_fuzz.oracles.oracle import MILLION
from contract_fuzz.oracles.twin_oracle import RanCase, TwinOracle
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.loader import load_schedule


class LedgerOracle(TwinOracle):
    """Each transaction's gas report adds up to the gas used, and prices the same.

    The run is recorded on the tracing interpreter, and priced again under a
    separately loaded schedule of the same content.
    """

    def __init__(
        self, share: int, executor: CaseExecutor, *, share_of_new: int = MILLION
    ) -> None:
        super().__init__("ledger", share, share_of_new)
        self._replays = CaseReplays(executor.start)
        self._traced = traced_engine(self._replays.engine)
        self._schedule = load_schedule(executor.start.genesis.schedule)

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle; a report that does not add up is an InternalError."""
        position = case.position
        for place, transaction in enumerate(case.transactions):
            outcome = case.outcomes[place]
            if outcome.status is CaseStatus.REFUSED:
                continue
            placed = self._replays.place(position, transaction)
            result, recording = record_transaction(placed, self._traced, "a case")
            found = difference_in(
                place,
                {
                    "gas_used": outcome.gas_used,
                    "units_left": outcome.units_left,
                    "gas_explained": outcome.gas_used,
                    "gas_priced_again": outcome.gas_used,
                },
                {
                    "gas_used": result.gas_used,
                    "units_left": result.units_left,
                    "gas_explained": explain(recording).gas_used,
                    "gas_priced_again": reprice(recording, self._schedule).gas_used,
                },
            )
            if found is not None:
                return found
            if place < len(case.transactions) - 1:
                position = case.executor.advance(position, [transaction])
        return None


class TightGasOracle(TwinOracle):
    """The last transaction with just enough gas: all the same; one less: none of it.

    Transactions that may behave differently with other gas are exempt: those where a
    contract read its gas (getGasLeft), or gave some of it to a call.
    """

    def __init__(
        self, share: int, executor: CaseExecutor, *, share_of_new: int = MILLION
    ) -> None:
        super().__init__("tight-gas", share, share_of_new)
        self._replays = CaseReplays(executor.start)
        self._traced = traced_engine(self._replays.engine)

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle."""
        if not case.outcomes[-1].succeeded:
            return None
        position = case.executor.advance(case.position, case.transactions[:-1])
        placed = self._replays.place(position, case.transactions[-1])
        _, recording = record_transaction(placed, self._traced, "a case")
        if depends_on_gas(recording):
            return None
        place = len(case.transactions) - 1
        return tight_difference(place, self._replays.engine, placed)


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
