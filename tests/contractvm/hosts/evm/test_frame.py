"""The frame of a message call: charges, what is told of them, gas for callees."""

from types import SimpleNamespace
from typing import Any

import pytest

from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.evm.frame import Frame, slice_exactly
from contractvm.hosts.evm.interface import CREATE
from contractvm.runtime.gas_meter import GasMeter
from gas_schedule.loader import load_schedule

SCHEDULE = load_schedule("ewasm-metered")
UNITS = SCHEDULE.units_per_gas
COPY = SCHEDULE.host_costs["ethereum"]["callDataCopy"]


class Observer:
    """Keeps what it is told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *facts: self.told.append((name, *facts))


def begun(gas: int, observer: Any = None, **message: Any) -> Frame:
    given: Any = SimpleNamespace(
        **{"recipient": b"r", "kind": None, "data": b"d", "is_static": False, **message}
    )
    host: Any = None
    frame = Frame(host, given, b"code", SCHEDULE, "ethereum", observer)
    memory: Any = None
    frame.begin(memory, GasMeter(SimpleNamespace(value=gas * UNITS), UNITS))
    return frame


@pytest.mark.parametrize("observer", [None, Observer()])
def test_a_charge_is_that_of_the_bytes_and_without_bytes_the_base(
    observer: Any,
) -> None:
    frame = begun(10**6, observer)
    frame.charge("callDataCopy")
    assert frame.meter.left == (10**6 - COPY.base) * UNITS
    frame.charge("callDataCopy", 33)
    used = COPY.base + COPY.for_bytes(33)
    assert frame.meter.left == (10**6 - used) * UNITS
    frame.charge_gas("useGas", 12)
    assert frame.meter.left == (10**6 - used - 12) * UNITS


def test_an_observer_is_told_of_charges_before_they_fail() -> None:
    observer = Observer()
    frame = begun(COPY.base, observer)
    frame.charge("callDataCopy")
    with pytest.raises(OutOfGas):
        frame.charge_gas("useGas", 1)
    frame.charge_amount("callDataCopy", "no such amount", 3)
    assert frame.meter.left == 0
    assert observer.told == [
        ("host_call", "ethereum", "callDataCopy", 0),
        ("gas_named", "ethereum", "useGas", 1),
        ("charge_failed",),
        ("host_amount", "ethereum", "callDataCopy", "no such amount", 3),
    ]


def test_an_amount_is_charged_as_often_as_it_is_counted() -> None:
    name, cost = next(
        (name, cost)
        for name, cost in SCHEDULE.host_costs["ethereum"].items()
        if cost.amounts
    )
    amount, gas = next(iter(cost.amounts.items()))
    frame = begun(4 * gas)
    frame.charge_amount(name, amount)
    assert frame.meter.left == 3 * gas * UNITS
    frame.charge_amount(name, amount, 3)
    assert frame.meter.left == 0


def test_a_callee_gets_what_is_asked_for_but_a_part_stays() -> None:
    divisor = SCHEDULE.section(TransactionCosts).retained_gas_divisor
    observer = Observer()
    frame = begun(10 * divisor, observer)
    everything = 10 * divisor * UNITS
    assert frame.forward_gas("call", 5) == 5 * UNITS
    left = everything - 5 * UNITS
    assert frame.meter.left == left
    assert frame.forward_gas("call", None, has_stipend=True) == left - left // divisor
    assert frame.meter.left == left // divisor
    rest = left // divisor
    assert frame.forward_gas("call", 10**9) == rest - rest // divisor
    assert observer.told == [
        ("gas_forwarded", "call", 5, False, everything),
        ("gas_forwarded", "call", None, True, left),
        ("gas_forwarded", "call", 10**9, False, rest),
    ]


def test_a_creation_has_no_call_data() -> None:
    assert begun(0).call_data == b"d"
    assert begun(0, kind=CREATE).call_data == b""


def test_only_a_static_call_refuses_changes() -> None:
    begun(0).require_not_static("log")
    with pytest.raises(Trap, match="log in a static call") as caught:
        begun(0, is_static=True).require_not_static("log")
    assert caught.value.code is TrapCode.HOST_REFUSED


def test_a_released_frame_has_no_memory_and_no_meter() -> None:
    frame = begun(1)
    frame.release()
    for name in ("memory", "meter", "_take"):
        assert not hasattr(frame, name)


def test_a_slice_may_end_where_the_buffer_does() -> None:
    assert slice_exactly(b"abcd", 1, 3, "codeCopy") == b"bcd"
    assert slice_exactly(b"abcd", 4, 0, "codeCopy") == b""
    with pytest.raises(Trap, match="codeCopy: bytes 2 to 5 of 4 asked for"):
        slice_exactly(b"abcd", 2, 3, "codeCopy")
