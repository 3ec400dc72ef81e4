"""Meters of the SDK: what is left, and what one takes over from another."""

import pytest

from chain_sim.cosmos.errors import SdkOutOfGas
from chain_sim.cosmos.gas import INFINITE, SdkGasMeter
from chain_sim.cosmos.gas_ledger import GasLedger


def test_a_meter_that_is_filled_counts_all_that_is_left() -> None:
    meter = SdkGasMeter(100, ledger=GasLedger("step"))
    meter.consume(60, "work")
    assert (meter.left, meter.is_full) == (40, False)
    meter.fill()
    assert (meter.used, meter.left, meter.is_full) == (100, 0, True)
    assert meter.by_descriptor == {"work": 60}
    assert meter.ledger.root.gas == {"work": 60, "out of gas": 40}
    meter.fill()
    assert (meter.used, meter.ledger.root.total_gas) == (100, 100)


def test_a_meter_beyond_its_limit_is_full_already() -> None:
    meter = SdkGasMeter(100, ledger=GasLedger("step"))
    meter.consume(100, "work")
    with pytest.raises(SdkOutOfGas) as caught:
        meter.consume(7, "more")
    assert str(caught.value) == str(SdkOutOfGas("more"))
    meter.fill()
    assert (meter.used, meter.used_to_limit) == (107, 100)
    assert meter.ledger.root.gas == {"work": 100, "more": 7}


def test_a_meter_takes_over_up_to_its_limit() -> None:
    parent = SdkGasMeter(100, ledger=GasLedger("step"))
    parent.consume(70, "work")
    first = parent.below(50)
    first.consume(30, "asked")
    parent.take_over(first)
    assert (parent.used, parent.left) == (100, 0)
    second = parent.below(50)
    second.consume(1, "asked")
    with pytest.raises(SdkOutOfGas) as caught:
        parent.take_over(second)
    assert str(caught.value) == str(SdkOutOfGas("consume gas from submessage"))
    assert parent.used == 101
    assert parent.by_descriptor == {"work": 70, "asked": 31}


def test_what_went_beyond_a_limit_is_not_taken_over() -> None:
    parent = SdkGasMeter(ledger=GasLedger("step"))
    assert (parent.limit, parent.is_infinite) == (INFINITE, True)
    meter = parent.below(50)
    meter.consume(40, "first")
    with pytest.raises(SdkOutOfGas):
        meter.consume(15, "second")
    parent.take_over(meter)
    assert parent.used == 50
    assert parent.by_descriptor == {"first": 35, "second": 15}
    assert parent.ledger.root.gas == {
        "first": 40,
        "second": 15,
        "beyond the limit": -5,
    }
