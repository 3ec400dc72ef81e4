"""Oracles of gas: the books close, and just enough gas does what ample gas does."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from msgspec import structs

from chain_sim.ethereum.execution.engine_choice import traced_engine
from chain_sim.ethereum.gas_report.chain_reports import Replay, succeeds_with
from chain_sim.ethereum.gas_report.explanation import explain, reprice
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.repricing import gas_seen_by
from chain_sim.ethereum.gas_report.required_gas import search_required
from contract_fuzz.cases.case import CaseStatus, CaseTransaction, Outcome, Position
from contract_fuzz.cases.case_files import CaseReplays
from contract_fuzz.cases.executor import Executor
from contract_fuzz.oracles.observations import Difference, difference_in
from contract_fuzz.oracles.oracle import Oracle
from contract_fuzz.oracles.twin_oracle import TwinOracle
from gas_schedule.loader import load_schedule


@dataclass(frozen=True, slots=True)
class LedgerOracleFactory:
    """Makes the oracle in a worker."""

    share: int

    def __call__(self, executor: Executor) -> Oracle:
        """See OracleFactory."""
        return LedgerOracle(self.share, executor)


class LedgerOracle(TwinOracle):
    """Each transaction's gas report closes, says what was used, and prices the same.

    The run is recorded on the interpreter that traces, and priced anew under a schedule
    of the same content that was read for this alone.
    """

    def __init__(self, share: int, executor: Executor) -> None:
        super().__init__("ledger", share)
        self._replays = CaseReplays(executor.start)
        self._traced = traced_engine(self._replays.engine)
        self._schedule = load_schedule(executor.start.genesis.schedule)

    def difference(
        self,
        executor: Executor,
        position: Position,
        transactions: Sequence[CaseTransaction],
        outcomes: Sequence[Outcome],
    ) -> Difference | None:
        """See TwinOracle; a report that does not close is an InternalError."""
        for place, transaction in enumerate(transactions):
            outcome = outcomes[place]
            if outcome.status is CaseStatus.REFUSED:
                continue
            replay = self._replays.replay(position, transaction)
            result, recording = replay.record(self._traced, "a case")
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
            if place < len(transactions) - 1:
                position = executor.advance(position, [transaction])
        return None


@dataclass(frozen=True, slots=True)
class TightGasOracleFactory:
    """Makes the oracle in a worker."""

    share: int

    def __call__(self, executor: Executor) -> Oracle:
        """See OracleFactory."""
        return TightGasOracle(self.share, executor)


class TightGasOracle(TwinOracle):
    """The last transaction with just enough gas: all the same; one less: none of it.

    A transaction that may do something else with other gas is exempt: where a contract
    asked how much it has (getGasLeft), or gave some of it to a call.
    """

    def __init__(self, share: int, executor: Executor) -> None:
        super().__init__("tight-gas", share)
        self._replays = CaseReplays(executor.start)
        self._traced = traced_engine(self._replays.engine)

    def difference(
        self,
        executor: Executor,
        position: Position,
        transactions: Sequence[CaseTransaction],
        outcomes: Sequence[Outcome],
    ) -> Difference | None:
        """See TwinOracle."""
        if not outcomes[-1].succeeded:
            return None
        position = executor.advance(position, transactions[:-1])
        last = transactions[-1]
        replay = self._replays.replay(position, last)
        _, recording = replay.record(self._traced, "a case")
        if depends_on_gas(recording):
            return None
        place = len(transactions) - 1
        return tight_difference(place, self._replays, replay)


def depends_on_gas(recording: Recording) -> bool:
    """Whether the run may be another one with other gas."""
    return any(
        gas_seen_by(frame, recording.schedule) or frame.sub_calls
        for frame in recording.frames
    )


def tight_difference(
    place: int, replays: CaseReplays, replay: Replay
) -> Difference | None:
    """Whether just enough gas gives something else than the transaction's own."""
    engine = replays.engine
    ample_state, tight_state = replay.open_state(), replay.open_state()
    ample = replay.run_on(ample_state, engine, replay.tx)
    required = search_required(
        partial(succeeds_with, replay, engine),
        lowest=ample.gas_used,
        gas_limit=replay.tx.gas_limit,
        greatest=replay.tx.gas_limit,
    )
    if required.gas_limit is None or required.notes:
        return Difference(place, ("success with less gas",), required.notes)
    tight = replay.run_on(
        tight_state, engine, structs.replace(replay.tx, gas_limit=required.gas_limit)
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
