"""From a recording to a gas report, under the schedule that ran or another one."""

from contractvm.errors import InternalError
from contractvm.ledger.frame_report import FrameReporter, net_units
from contractvm.ledger.recording import Recording
from contractvm.ledger.report import (
    CallReport,
    Figures,
    GasReport,
    Part,
)
from contractvm.ledger.repricing import reasons_to_run_again
from contractvm.ledger.valuation import MustRunAgain, Valuation, value_recording
from gas_schedule.schedule import GasSchedule


def explain(recording: Recording) -> GasReport:
    """The report of a run under its own schedule; it closes, or InternalError."""
    return report_of(recording, value_recording(recording, recording.schedule))


def reprice(recording: Recording, schedule: GasSchedule) -> GasReport:
    """The report that the same run would give under another schedule.

    Raises MustRunAgain where that schedule might change the run itself.
    """
    reasons = reasons_to_run_again(recording, schedule)
    if reasons:
        raise MustRunAgain(reasons)
    return report_of(recording, value_recording(recording, schedule))


def report_of(recording: Recording, valuation: Valuation) -> GasReport:
    """The report of a valued recording; checked to close."""
    schedule = valuation.schedule
    settlement = recording.settlement
    if settlement is None:
        raise InternalError("a recording of a transaction that did not end")
    call = call_reports(recording, valuation)[0]
    net = call.used_units - net_units(call.calls)
    report = GasReport(
        title=recording.title,
        schedule=schedule.name,
        schedule_hash=schedule.content_hash,
        units_per_gas=schedule.units_per_gas,
        gas_limit=settlement.gas_limit,
        gas_used=valuation.gas_used,
        figures=Figures(
            tx=valuation.gas_used,
            call=schedule.gas_from_units(call.used_units),
            net=schedule.gas_from_units(net),
        ),
        parts=transaction_parts(recording, valuation),
        call=call,
    )
    if report.remainder:
        raise InternalError(f"a gas report leaves {report.remainder} units unexplained")
    return report


def transaction_parts(recording: Recording, valuation: Valuation) -> tuple[Part, ...]:
    """The lines around the message."""
    settlement, schedule = recording.settlement, valuation.schedule
    if settlement is None:
        return ()
    costs, units = schedule.transaction, schedule.units_from_gas
    zeros, others = settlement.zero_byte_count, settlement.nonzero_byte_count
    clears, ends = valuation.clear_count, settlement.self_destruct_count
    beyond = valuation.promised_refund - valuation.refund
    given_back = [
        ("slots cleared", clears, clears * costs["storage_clear_refund"]),
        ("accounts self-destructed", ends, ends * costs["self_destruct_refund"]),
        ("beyond half of what was used", int(beyond > 0), -beyond),
    ]
    rows = [
        Part("transaction", "base", 1, units(costs["base"])),
        Part(
            "transaction",
            "create",
            int(settlement.is_creation),
            units(settlement.is_creation * costs["create"]),
        ),
        Part("calldata", "zero bytes", zeros, units(zeros * costs["data_zero_byte"])),
        Part(
            "calldata",
            "nonzero bytes",
            others,
            units(others * costs["data_nonzero_byte"]),
        ),
        *[Part("refund", name, count, -units(gas)) for name, count, gas in given_back],
        Part(
            "rounding",
            "to whole gas",
            1,
            valuation.frames[0].left % schedule.units_per_gas,
        ),
    ]
    return tuple(row for row in rows if row.count and (row.units or row.count > 1))


def call_reports(recording: Recording, valuation: Valuation) -> list[CallReport]:
    """The report of each frame by number; callees are made before their callers."""
    reporter = FrameReporter(
        valuation.schedule, valuation.schedule == recording.schedule
    )
    made: dict[int, CallReport] = {}
    for frame in reversed(recording.frames):
        calls = tuple(made[sub_call.callee] for sub_call in frame.sub_calls)
        made[frame.number] = reporter.report(
            frame, valuation.frames[frame.number], calls
        )
    return [made[frame.number] for frame in recording.frames]
