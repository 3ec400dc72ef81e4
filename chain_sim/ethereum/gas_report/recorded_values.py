"""Values of recordings whose charges are amounts, known from the run alone.

Nothing is priced again: what a frame explains is compared with what it used.
"""

from chain_sim.ethereum.gas_report.gas_recording import FrameRecord, Recording
from contractvm.errors import InternalError
from contractvm.hosts.evm.costs import PrecompileCosts
from contractvm.hosts.evm.interface import CallStatus
from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.quantities import price_units
from gas_schedule.schedule import GasSchedule


def recorded_values(recording: Recording) -> tuple[FrameValue, ...]:
    """The value of every frame; InternalError if one does not add up."""
    used = [frame.message.gas - frame.units_left for frame in recording.frames]
    return tuple(_value(frame, recording.schedule, used) for frame in recording.frames)


def _value(frame: FrameRecord, schedule: GasSchedule, used: list[int]) -> FrameValue:
    """What a frame that failed did not explain was left to it, or fell short."""
    explained = _own_units(frame, schedule)
    explained += sum(used[sub_call.callee] for sub_call in frame.sub_calls)
    rest = used[frame.number] - explained
    if rest and (frame.status is CallStatus.SUCCESS or frame.units_left):
        raise InternalError(
            f"the recording of frame {frame.number} leaves {rest} units unexplained"
        )
    return FrameValue(
        frame.message.gas, 0, frame.units_left, max(-rest, 0), max(rest, 0)
    )


def _own_units(frame: FrameRecord, schedule: GasSchedule) -> int:
    units = price_units(frame.deposit.items(), schedule)
    if frame.precompile is not None:
        gas = frame.precompile.price(schedule.section(PrecompileCosts))
        units += schedule.units_from_gas(gas)
    return units + sum(
        price_units(frame.counted(segment).items(), schedule)
        for segment in range(len(frame.segments))
    )
