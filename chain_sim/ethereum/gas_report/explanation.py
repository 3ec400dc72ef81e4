"""Gas reports of recordings, under the schedule of the run or another one."""

from collections.abc import Iterator

from chain_sim.ethereum.gas_report.frame_report import (
    FindLines,
    FrameReporter,
    lines_of_code,
    net_units,
)
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.repricing import gas_seen_by, reasons_to_run_again
from chain_sim.ethereum.gas_report.valuation import (
    MustRunAgain,
    Valuation,
    value_recording,
)
from contractvm.errors import InternalError
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.registry import find_host
from contractvm.ledger.report import (
    CallReport,
    Figures,
    GasReport,
    Part,
)
from gas_schedule.schedule import GasSchedule


def explain(recording: Recording, find_lines: FindLines = lines_of_code) -> GasReport:
    """The report of a run under its own schedule; InternalError unless it adds up."""
    valuation = value_recording(recording, recording.schedule)
    return report_of(recording, valuation, find_lines)


def reprice(
    recording: Recording,
    schedule: GasSchedule,
    find_lines: FindLines = lines_of_code,
) -> GasReport:
    """The report of the same run under another schedule.

    Raises MustRunAgain if that schedule might change the run itself.
    """
    reasons = reasons_to_run_again(recording, schedule)
    if reasons:
        raise MustRunAgain(reasons)
    valuation = value_recording(recording, schedule)
    return report_of(recording, valuation, find_lines)


def report_of(
    recording: Recording, valuation: Valuation, find_lines: FindLines
) -> GasReport:
    """The report of a valued recording; checked to add up."""
    schedule = valuation.schedule
    settlement = recording.settlement
    if settlement is None:
        raise InternalError("a recording of a transaction that did not end")
    call = call_reports(recording, valuation, find_lines)[0]
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
        notes=tuple(report_notes(recording, schedule)),
        host_functions=frozenset(
            function.name for function in find_host(schedule.interface).functions
        ),
    )
    if report.remainder:
        raise InternalError(f"a gas report leaves {report.remainder} units unexplained")
    return report


def report_notes(recording: Recording, schedule: GasSchedule) -> Iterator[str]:
    """What a reader should know about the figures."""
    if schedule != recording.schedule:
        yield (
            f"run under {recording.schedule.name}, priced under {schedule.name}; "
            "units by function and by stack are known for the run only"
        )
    seen = (gas_seen_by(frame, schedule) for frame in recording.frames)
    if function := next(filter(None, seen), None):
        yield (
            f"the contract looks at its gas ({function}): "
            "with another gas limit it may do something else"
        )


def transaction_parts(recording: Recording, valuation: Valuation) -> tuple[Part, ...]:
    """The lines around the message."""
    settlement, schedule = recording.settlement, valuation.schedule
    if settlement is None:
        raise InternalError("a recording of a transaction that did not end")
    costs = schedule.section(TransactionCosts)
    zeros, others = settlement.zero_byte_count, settlement.nonzero_byte_count
    clears, ends = valuation.clear_count, settlement.self_destruct_count
    storage_refund = 0
    if find_host(schedule.interface).charges_amounts:
        storage_refund = settlement.refund
    beyond = valuation.promised_refund - valuation.refund
    rounded_up = valuation.frames[0].left % schedule.units_per_gas
    in_gas = (
        ("transaction", "base", 1, costs.base),
        ("transaction", "create", int(settlement.is_creation), costs.create),
        (
            "transaction",
            "init code words",
            settlement.init_code_words
            * bool(costs.init_code_word * settlement.is_creation),
            settlement.init_code_words * costs.init_code_word,
        ),
        ("calldata", "zero bytes", zeros, zeros * costs.data_zero_byte),
        ("calldata", "nonzero bytes", others, others * costs.data_nonzero_byte),
        (
            "access list",
            "addresses",
            settlement.access_list_address_count,
            settlement.access_list_address_count * (costs.access_list_address or 0),
        ),
        (
            "access list",
            "keys",
            settlement.access_list_key_count,
            settlement.access_list_key_count * (costs.access_list_key or 0),
        ),
        ("refund", "slots cleared", clears, -clears * costs.storage_clear_refund),
        ("refund", "storage", int(storage_refund > 0), -storage_refund),
        (
            "refund",
            "accounts self-destructed",
            ends,
            -ends * costs.self_destruct_refund,
        ),
        ("refund", "beyond the cap", int(beyond > 0), beyond),
    )
    parts = [
        Part(group, name, count, schedule.units_from_gas(gas))
        for group, name, count, gas in in_gas
        if count
    ]
    if rounded_up:
        parts.append(Part("rounding", "to whole gas", 1, rounded_up))
    return tuple(parts)


def call_reports(
    recording: Recording, valuation: Valuation, find_lines: FindLines
) -> list[CallReport]:
    """The report of each frame by number; callees come before their callers."""
    reporter = FrameReporter(
        valuation.schedule, valuation.schedule == recording.schedule, find_lines
    )
    made: dict[int, CallReport] = {}
    for frame in reversed(recording.frames):
        calls = tuple(made[sub_call.callee] for sub_call in frame.sub_calls)
        made[frame.number] = reporter.report(
            frame, valuation.frames[frame.number], calls
        )
    return [made[frame.number] for frame in recording.frames]
