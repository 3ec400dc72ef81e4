"""Charges of host functions: what they take, and where they stop."""

from types import SimpleNamespace

import pytest

from contractvm.hosts.cosmwasm.errors import GasDepletion
from contractvm.hosts.cosmwasm.gas import GREATEST_GAS, VmGas


def gas_of(limit: int, *, is_exhausted: bool = False) -> VmGas:
    counter = SimpleNamespace(value=limit)
    return VmGas(limit, counter, SimpleNamespace(value=int(is_exhausted)))


def test_internal_charges_stop_one_unit_after_nothing_is_left() -> None:
    gas = gas_of(100)
    left = []
    for cost in (70, 4, 6, 20):
        gas.charge(cost)
        left.append(gas.left)
    assert left == [30, 26, 20, 0]
    with pytest.raises(GasDepletion):
        gas.charge(1)


def test_external_charges_are_counted_apart() -> None:
    gas = gas_of(100)
    found = []
    for cost, external in ((17, 4), (9, 0), (0, 70)):
        gas.charge(cost, external)
        found.append((gas.left, gas.external))
    assert found == [(79, 4), (70, 4), (0, 74)]
    with pytest.raises(GasDepletion):
        gas.charge(0, 1)
    assert (gas.left, gas.external) == (0, 75)


def test_too_much_external_gas_leaves_nothing_and_is_noted_whole() -> None:
    gas = gas_of(100)
    with pytest.raises(GasDepletion):
        gas.charge(0, 120)
    assert (gas.left, gas.external, gas.status.value) == (0, 120, 0)


def test_a_charge_after_exhaustion_fails_and_clears_the_flag() -> None:
    gas = gas_of(50, is_exhausted=True)
    assert gas.left == 0
    with pytest.raises(GasDepletion):
        gas.charge(1)
    assert gas.status.value == 0


@pytest.mark.parametrize(("cost", "left"), [(GREATEST_GAS, 0), (GREATEST_GAS - 1, 1)])
def test_the_limit_can_be_the_greatest_number(cost: int, left: int) -> None:
    gas = gas_of(GREATEST_GAS)
    gas.charge(cost)
    assert gas.left == left


def test_a_sum_beyond_64_bits_does_not_fit() -> None:
    gas = gas_of(GREATEST_GAS)
    with pytest.raises(GasDepletion):
        gas.charge(1, GREATEST_GAS)
    assert gas.external == GREATEST_GAS


def test_what_is_neither_left_nor_external_was_used_internally() -> None:
    gas = gas_of(1_000)
    gas.begin("db_read")
    gas.charge(300, 20)
    report = gas.report()
    assert (report.remaining, report.used_externally, report.used_internally) == (
        *(680, 20, 300),
    )
    read = report.functions["db_read"]
    assert (read.calls, read.internal, read.external) == (1, 300, 20)
