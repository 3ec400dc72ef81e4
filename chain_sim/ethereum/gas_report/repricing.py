"""Check whether a recorded run would be the same under another schedule.

A schedule changes what a contract does only if the contract reads its gas, runs out of
it, or is refused for an instruction without a price. Whether a frame would run out of
gas under the other schedule is found when the recording is priced; the rest here.
"""

from collections.abc import Iterator

from chain_sim.ethereum.gas_report.gas_recording import FrameRecord, Recording
from chain_sim.ethereum.gas_report.valuation import name_of
from contractvm.errors import InvalidModule, MalformedModule, RefusedModule
from contractvm.hosts.registry import find_host
from contractvm.ledger.quantities import Quantity, QuantityKind, unit_price
from contractvm.metering.plan import plan_module
from contractvm.runtime.pipeline import profile_under
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.profile import check_profile
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.schedule import GasSchedule


def reasons_to_run_again(
    recording: Recording, schedule: GasSchedule
) -> tuple[str, ...]:
    """Why another schedule might change this run; empty for the schedule of the run."""
    if schedule == recording.schedule:
        return ()
    if find_host(recording.schedule.interface).charges_amounts:
        return (f"{recording.schedule.interface} code is not priced by quantities",)
    verdicts = PriceVerdicts(recording.schedule, schedule)
    found: dict[str, None] = {}
    for frame in recording.frames:
        for reason in frame_reasons(frame, schedule, verdicts):
            found[reason] = None
    return tuple(found)


def frame_reasons(
    frame: FrameRecord, schedule: GasSchedule, verdicts: "PriceVerdicts"
) -> Iterator[str]:
    """The reasons in one frame."""
    name = name_of(frame)
    if frame.shortfall is not None:
        yield f"{name} ran out of gas"
    for code in (frame.code, frame.returned_code):
        if code and verdicts.differ(code):
            yield f"{name}: {verdicts.reason(code)}"
    if seen := gas_seen_by(frame, schedule):
        yield f"{name} looked at its gas ({seen})"
    for quantity in host_quantities(frame):
        if not is_priced(quantity, schedule):
            words = " ".join(part for part in (quantity.name, quantity.detail) if part)
            yield f"{name}: {words} has no cost in gas schedule {schedule.name}"


def host_quantities(frame: FrameRecord) -> Iterator[Quantity]:
    """What the frame's host functions charged for; may have repetitions."""
    for segment in frame.segments:
        for counted in segment.host.values():
            yield from counted


def gas_seen_by(frame: FrameRecord, schedule: GasSchedule) -> str | None:
    """The host function that told the code its gas left, if any did."""
    called = set(host_quantities(frame))
    paid = {each.module for each in called if each.kind is QuantityKind.AMOUNT}
    for function in find_host(schedule.interface).functions:
        call = Quantity(QuantityKind.HOST_CALL, function.name, module=function.module)
        if function.sees_gas and (call in called or function.name in paid):
            return function.name
    return None


def is_priced(quantity: Quantity, schedule: GasSchedule) -> bool:
    """Whether the schedule has a price for it."""
    try:
        unit_price(quantity, schedule)
    except KeyError:
        return False
    return True


class PriceVerdicts:
    """Whether two schedules accept the same modules; each module is checked once."""

    def __init__(self, before: GasSchedule, after: GasSchedule) -> None:
        self._before = before
        self._after = after
        self._reasons: dict[bytes, tuple[str | None, str | None]] = {}

    def differ(self, code: bytes) -> bool:
        """True if one schedule refuses a module that the other accepts."""
        before, after = self._both(code)
        return (before is None) != (after is None)

    def reason(self, code: bytes) -> str:
        """Why one of them refuses the module."""
        before, after = self._both(code)
        return after or before or ""

    def _both(self, code: bytes) -> tuple[str | None, str | None]:
        if code not in self._reasons:
            self._reasons[code] = (
                price_refusal(code, self._before),
                price_refusal(code, self._after),
            )
        return self._reasons[code]


def price_refusal(code: bytes, schedule: GasSchedule) -> str | None:
    """Why a schedule cannot meter a module; None if it can.

    Also None for an invalid module, which is refused under every schedule.
    """
    try:
        module = decode_module(code)
        validate_module(module)
    except (MalformedModule, InvalidModule):
        return None
    try:
        profile = find_host(schedule.interface).profile
        check_profile(module, profile_under(profile, schedule))
        plan_module(module, schedule)
    except RefusedModule as refusal:
        return refusal.reason
    return None
