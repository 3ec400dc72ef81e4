"""Pricing of recordings: the gas each frame was given, used and had left.

The frames are walked in the order in which they ran, since a callee's gas depends on
what its caller had left. The walk has its own stack, so no chain of calls is too deep.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from chain_sim.ethereum.execution.message_call import FrameRefused
from chain_sim.ethereum.execution.settlement import Settlement
from chain_sim.ethereum.gas_report.gas_recording import FrameRecord, Recording, SubCall
from chain_sim.ethereum.gas_report.recorded_values import recorded_values
from chain_sim.ethereum.primitives.access_list import access_list_gas
from chain_sim.ethereum.primitives.errors import AccessListNotPriced
from contractvm.errors import ContractVmError, InternalError
from contractvm.hosts.evm.costs import PrecompileCosts, TransactionCosts
from contractvm.hosts.evm.interface import CallStatus
from contractvm.hosts.registry import find_host
from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.quantities import Quantity, QuantityKind, price_units
from gas_schedule.schedule import GasSchedule

GREATEST_COUNT = 2**63 - 1  # units of the instrumented module's counter


class MustRunAgain(ContractVmError):
    """The run itself might differ under the other schedule, for these reasons."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("the run must be made again: " + "; ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Valuation:
    """A whole recording, priced in gas; `frames` are by number."""

    schedule: GasSchedule
    frames: tuple[FrameValue, ...]
    intrinsic_gas: int
    clear_count: int
    promised_refund: int
    refund: int
    gas_used: int


@dataclass(slots=True)
class OpenFrame:
    """A frame that the walk has entered and not left."""

    record: FrameRecord
    given: int
    stipend: int
    left: int
    segment: int = 0


class Walk:
    """A walk over a recording's frames under one schedule.

    `is_same` says that the schedule is that of the run: then every number is known
    from the run, and one that differs is an InternalError.
    """

    def __init__(self, recording: Recording, schedule: GasSchedule) -> None:
        self._frames = recording.frames
        self._schedule = schedule
        self._is_same = schedule == recording.schedule
        self._values: list[FrameValue | None] = [None] * len(recording.frames)

    def run(self, given: int) -> tuple[FrameValue, ...]:
        """The value of every frame; the first is given these units."""
        active = [self._enter(0, given, 0)]
        while active:
            frame = active[-1]
            self._pay_segment(frame)
            if frame.segment < len(frame.record.sub_calls):
                active.append(self._call(frame))
            else:
                value = self._leave(active.pop())
                if active:
                    self._return(active[-1], value)
        return tuple(self._finished())

    def _finished(self) -> Iterator[FrameValue]:
        for number, value in enumerate(self._values):
            if value is None:
                raise InternalError(f"frame {number} of a recording has no caller")
            yield value

    def _enter(self, number: int, given: int, stipend: int) -> OpenFrame:
        record = self._frames[number]
        if self._is_same and given != record.message.gas:
            self._differs(record, "given", given, record.message.gas)
        return OpenFrame(record, given, stipend, given)

    def _pay_segment(self, frame: OpenFrame) -> None:
        frame.left -= price_units(
            frame.record.counted(frame.segment).items(), self._schedule
        )
        is_last = frame.segment == len(frame.record.sub_calls)
        if frame.left < 0 and not (is_last and self._may_fall_short(frame.record)):
            self._ran_out(frame.record)

    def _call(self, frame: OpenFrame) -> OpenFrame:
        sub_call = frame.record.sub_calls[frame.segment]
        if self._is_same and frame.left != sub_call.units_left:
            self._differs(frame.record, "left", frame.left, sub_call.units_left)
        forwarded = forwarded_units(sub_call, frame.left, self._schedule)
        frame.left -= forwarded
        stipend = 0
        if sub_call.has_stipend:
            gas = self._schedule.section(TransactionCosts).call_stipend
            stipend = self._schedule.units_from_gas(gas)
        return self._enter(sub_call.callee, forwarded + stipend, stipend)

    def _return(self, frame: OpenFrame, callee: FrameValue) -> None:
        frame.left += callee.left
        frame.segment += 1

    def _leave(self, frame: OpenFrame) -> FrameValue:
        record = frame.record
        left = frame.left - self._other_units(record)
        if left < 0 and not self._may_fall_short(record):
            self._ran_out(record)
        value = settle_frame(record, frame, left)
        if self._is_same:
            self._check(record, value)
        self._values[record.number] = value
        return value

    def _other_units(self, record: FrameRecord) -> int:
        """The charges after the code has ended, or if there is none."""
        units = price_units(record.deposit.items(), self._schedule)
        if record.precompile is not None:
            gas = record.precompile.price(self._schedule.section(PrecompileCosts))
            units += self._schedule.units_from_gas(gas)
        return units

    def _may_fall_short(self, record: FrameRecord) -> bool:
        return self._is_same and record.shortfall is not None

    def _ran_out(self, record: FrameRecord) -> None:
        if self._is_same:
            raise InternalError(
                f"the recording of frame {record.number} exceeds its gas"
            )
        raise MustRunAgain((f"{name_of(record)} would run out of gas",))

    def _check(self, record: FrameRecord, value: FrameValue) -> None:
        if value.left != record.units_left:
            self._differs(record, "left at the end", value.left, record.units_left)
        if value.unpaid != (record.shortfall or 0):
            self._differs(record, "unpaid", value.unpaid, record.shortfall)

    def _differs(
        self, record: FrameRecord, what: str, booked: int, actual: int | None
    ) -> None:
        raise InternalError(
            f"the recording of frame {record.number} does not add up: "
            f"{what} {booked} units, not {actual}"
        )


def forwarded_units(sub_call: SubCall, left: int, schedule: GasSchedule) -> int:
    """The units that a caller with `left` units gives (EIP-150)."""
    most = left - left // schedule.section(TransactionCosts).retained_gas_divisor
    if sub_call.gas is None:
        return most
    return min(schedule.units_from_gas(sub_call.gas), most)


def settle_frame(record: FrameRecord, frame: OpenFrame, left: int) -> FrameValue:
    """The frame's end: a failure keeps nothing, unless the frame never began."""
    is_failure = record.status is CallStatus.FAILURE
    if not is_failure or isinstance(record.error, FrameRefused):
        return FrameValue(frame.given, frame.stipend, left)
    unpaid, forfeited = max(-left, 0), max(left, 0)
    return FrameValue(frame.given, frame.stipend, 0, unpaid, forfeited)


def name_of(record: FrameRecord) -> str:
    """A frame, as text."""
    if record.precompile is not None:
        return f"precompile {record.precompile.name}"
    kind = record.message.kind.value
    return f"{kind} 0x{record.message.recipient.hex()} (frame {record.number})"


def value_recording(recording: Recording, schedule: GasSchedule) -> Valuation:
    """Price a complete recording; under the run's own schedule, all numbers must match.

    Raises MustRunAgain if another schedule would stop a frame that continued.
    """
    settlement = recording.settlement
    if not recording.is_complete or settlement is None:
        raise InternalError("a recording of a transaction that did not end")
    costs = schedule.section(TransactionCosts)
    intrinsic = costs.base + settlement.is_creation * costs.create
    intrinsic += settlement.zero_byte_count * costs.data_zero_byte
    intrinsic += settlement.nonzero_byte_count * costs.data_nonzero_byte
    if settlement.is_creation:
        intrinsic += costs.init_code_word * settlement.init_code_words
    if settlement.access_list_address_count:
        intrinsic += price_access_list(settlement, costs)
    if intrinsic > settlement.gas_limit:
        raise MustRunAgain(("the gas limit is below the intrinsic gas",))
    given = schedule.units_from_gas(settlement.gas_limit - intrinsic)
    if given > GREATEST_COUNT and schedule != recording.schedule:
        raise MustRunAgain(("the gas limit is more than the gas counter holds",))
    clear_count = 0
    if find_host(schedule.interface).charges_amounts:
        given = recording.frames[0].message.gas
        frames = recorded_values(recording)
        promised = settlement.refund
    else:
        frames = Walk(recording, schedule).run(given)
        clear_count = lasting_clear_count(recording)
        promised = clear_count * costs.storage_clear_refund
    promised += settlement.self_destruct_count * costs.self_destruct_refund
    used = intrinsic + schedule.gas_from_units(given - frames[0].left)
    refund = min(promised, used // costs.max_refund_divisor)
    valuation = Valuation(
        schedule, frames, intrinsic, clear_count, promised, refund, used - refund
    )
    if schedule == recording.schedule:
        check_settlement(recording, valuation)
    return valuation


def price_access_list(settlement: Settlement, costs: TransactionCosts) -> int:
    """Its gas; raises MustRunAgain under a schedule that has no prices for it."""
    try:
        return access_list_gas(
            settlement.access_list_address_count,
            settlement.access_list_key_count,
            costs,
        )
    except AccessListNotPriced as refusal:
        raise MustRunAgain(("access lists have no prices",)) from refusal


def check_settlement(recording: Recording, valuation: Valuation) -> None:
    """Raise InternalError unless the recording adds up to what the transaction paid."""
    settlement = recording.settlement
    if settlement is None or valuation.gas_used != settlement.gas_used:
        raise InternalError(
            f"the recording gives {valuation.gas_used} gas: {settlement}"
        )


def lasting_clear_count(recording: Recording) -> int:
    """Slots cleared by frames that were not reverted, and neither was any caller."""
    clearing = [
        Quantity(QuantityKind.EFFECT, function.name, effect, function.module)
        for function in find_host(recording.schedule.interface).functions
        for effect in function.refunded
    ]
    is_kept = [False] * len(recording.frames)
    is_kept[0] = True
    total = 0
    for frame in recording.frames:  # a caller comes before its callees
        is_kept[frame.number] &= frame.status is CallStatus.SUCCESS
        if not is_kept[frame.number]:
            continue
        total += sum(
            counted.get(cleared, 0)
            for segment in frame.segments
            for counted in segment.host.values()
            for cleared in clearing
        )
        for sub_call in frame.sub_calls:
            is_kept[sub_call.callee] = True
    return total
