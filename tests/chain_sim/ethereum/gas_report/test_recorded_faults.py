"""Recordings that do not add up are this project's own faults, and named so."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from chain_sim.ethereum.execution.settlement import Settlement
from chain_sim.ethereum.gas_report.explanation import report_of, transaction_parts
from chain_sim.ethereum.gas_report.gas_recording import FrameRecord, Recording
from chain_sim.ethereum.gas_report.recorded_values import recorded_values
from chain_sim.ethereum.gas_report.repricing import price_refusal
from chain_sim.ethereum.gas_report.valuation import (
    Valuation,
    Walk,
    check_settlement,
)
from contractvm.errors import InternalError
from contractvm.hosts.evm.interface import CallStatus, Message, MessageKind
from contractvm.ledger.frame_value import FrameValue
from gas_schedule.loader import load_schedule

SCHEDULE = load_schedule("ewasm-metered")
CALL = Message(MessageKind.CALL, bytes(20), bytes(20), bytes(20), 0, b"", 100)
VALUATION = Valuation(SCHEDULE, (), 0, 0, 0, 0, 21_000)
SETTLEMENT = Settlement(90_000, False, 0, 0, 0, 0, 0, 0, 21_001)


def fault(run: Callable[[], object]) -> str:
    with pytest.raises(InternalError) as caught:
        run()
    assert type(caught.value) is InternalError
    return str(caught.value)


def recorded(status: CallStatus, units_left: int) -> tuple[Recording, FrameRecord]:
    recording = Recording(SCHEDULE)
    frame = recording.begin(CALL)
    frame.status, frame.units_left = status, units_left
    return recording, frame


def test_a_recording_without_an_end_has_no_report() -> None:
    recording = Recording(SCHEDULE)
    reason = "a recording of a transaction that did not end"
    parts = fault(lambda: transaction_parts(recording, VALUATION))
    report = fault(
        lambda: report_of(recording, VALUATION, lambda _: pytest.fail("no lines"))
    )
    assert parts == report == str(InternalError(reason))


def test_the_gas_of_a_recording_is_what_was_paid() -> None:
    recording = Recording(SCHEDULE)
    for settlement in (None, SETTLEMENT):
        recording.settlement = settlement
        found = fault(lambda: check_settlement(recording, VALUATION))
        reason = f"the recording gives 21000 gas: {recording.settlement}"
        assert found == str(InternalError(reason))
    check_settlement(recording, replace(VALUATION, gas_used=21_001))


def test_a_recording_is_of_one_transaction() -> None:
    recording, _ = recorded(CallStatus.SUCCESS, 0)
    recording._open.clear()
    found = fault(lambda: recording.begin(CALL))
    assert found == str(InternalError("a recording of two transactions"))


def test_a_message_is_sent_by_a_frame_that_announced_it() -> None:
    recording, _ = recorded(CallStatus.SUCCESS, 0)
    found = fault(lambda: recording.begin(CALL))
    assert found == str(InternalError("a message without a frame that sent it"))


def test_a_frame_without_an_instance_sends_nothing() -> None:
    _, frame = recorded(CallStatus.SUCCESS, 0)
    found = fault(frame._count_sites)
    assert found == str(InternalError("a frame without an instance sends messages"))


def test_what_a_frame_used_is_explained_unless_it_failed() -> None:
    recording, _ = recorded(CallStatus.FAILURE, 0)
    assert recorded_values(recording) == (FrameValue(100, 0, 0, 0, 100),)
    for status, left in ((CallStatus.SUCCESS, 0), (CallStatus.FAILURE, 1)):
        recording, _ = recorded(status, left)
        found = fault(partial(recorded_values, recording))
        reason = f"the recording of frame 0 leaves {100 - left} units unexplained"
        assert found == str(InternalError(reason))
    recording, _ = recorded(CallStatus.SUCCESS, 100)
    assert recorded_values(recording) == (FrameValue(100, 0, 100),)


def test_a_walk_under_the_same_prices_gives_what_was_recorded() -> None:
    recording, _ = recorded(CallStatus.SUCCESS, 100)
    assert Walk(recording, SCHEDULE).run(100) == (FrameValue(100, 0, 100),)
    start = "the recording of frame 0 does not add up: "
    found = fault(lambda: Walk(recording, SCHEDULE).run(99))
    assert found == str(InternalError(f"{start}given 99 units, not 100"))
    recording, _ = recorded(CallStatus.SUCCESS, 98)
    found = fault(lambda: Walk(recording, SCHEDULE).run(100))
    reason = f"{start}left at the end 100 units, not 98"
    assert found == str(InternalError(reason))


def test_every_frame_has_a_caller() -> None:
    recording, frame = recorded(CallStatus.SUCCESS, 100)
    recording.frames.append(frame)
    found = fault(lambda: Walk(recording, SCHEDULE).run(100))
    assert found == str(InternalError("frame 1 of a recording has no caller"))


def test_a_frame_does_not_exceed_its_gas() -> None:
    recording, frame = recorded(CallStatus.SUCCESS, 0)
    walk = Walk(recording, SCHEDULE)
    found = fault(lambda: walk._ran_out(frame))
    assert found == str(InternalError("the recording of frame 0 exceeds its gas"))


@pytest.mark.parametrize(
    "code", [b"", b"\0asm", bytes.fromhex("0061736d0100000003020100")]
)
def test_what_is_no_module_has_no_refusal_by_price(code: bytes) -> None:
    assert price_refusal(code, SCHEDULE) is None
