"""Gas reports of transactions that can be run again."""

from dataclasses import dataclass, replace
from functools import partial

from chain_sim.ethereum.execution.engine_choice import traced_engine
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.gas_report.explanation import explain, reprice
from chain_sim.ethereum.gas_report.frame_report import FindLines, lines_of_code
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.required_gas import search_required
from chain_sim.ethereum.primitives.errors import IntrinsicGasTooLow
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.ledger.report import GasReport
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.schedule import GasSchedule


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Options of a report.

    `find_required` searches for the smallest gas limit with which the transaction
    succeeds. With `schedule`, the same run is priced under that schedule; MustRunAgain
    if that might change the run, unless `rerun` asks to run the transaction again.
    `find_lines` returns the source lines of a contract's code.
    """

    find_required: bool = False
    schedule: GasSchedule | None = None
    rerun: bool = False
    find_lines: FindLines = lines_of_code


PLAIN_REPORT = ReportOptions()


def title_of_call(to: Address | None) -> str:
    """The title of a call's report."""
    return "call that creates a contract" if to is None else f"call of 0x{to.hex()}"


def record_transaction(
    transaction: RepeatableTransaction, engine: Pipeline, title: str
) -> tuple[TransactionResult, Recording]:
    """The result on a traced engine, and the recording of its gas."""
    recording = Recording(engine.schedule, title)
    executor = Executor(engine, transaction.open_state(WorldState))
    return executor.apply(transaction, recording), recording


def explain_recorded(
    transaction: RepeatableTransaction,
    recording: Recording,
    engine: Pipeline,
    options: ReportOptions,
) -> GasReport:
    """The report of a transaction that was recorded.

    The search for the required gas runs the transaction, so it uses the schedule of the
    run, not the one that only prices.
    """
    if options.schedule is not None:
        if not options.rerun:
            return reprice(recording, options.schedule, options.find_lines)
        engine = traced_engine(engine, options.schedule)
        _, recording = record_transaction(transaction, engine, recording.title)
    report = explain(recording, options.find_lines)
    if not options.find_required:
        return report
    found = search_required(
        partial(succeeds_with, transaction, engine),
        lowest=report.gas_used,
        gas_limit=report.gas_limit,
        greatest=greatest_limit(transaction),
    )
    figures = replace(report.figures, required=found.gas_limit)
    return replace(report, figures=figures, notes=(*report.notes, *found.notes))


def succeeds_with(
    transaction: RepeatableTransaction, engine: Pipeline, gas_limit: int
) -> bool:
    """Whether the transaction succeeds with this gas limit."""
    executor = Executor(engine, transaction.open_state(WorldState))
    try:
        return executor.call(transaction.with_gas_limit(gas_limit)).succeeded
    except IntrinsicGasTooLow:
        return False


def greatest_limit(transaction: RepeatableTransaction) -> int:
    """The most gas that is left in the block and that the sender can pay for."""
    tx, available = transaction.tx, transaction.gas_available
    if not tx.gas_price:
        return available
    balance = transaction.open_state(WorldState).get_balance(transaction.sender)
    return min(available, (balance - tx.value) // tx.gas_price)
