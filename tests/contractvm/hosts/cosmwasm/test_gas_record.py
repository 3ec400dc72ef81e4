"""What is kept of host functions' charges: by name, by place and by key."""

from types import SimpleNamespace
from typing import Any

import pytest

from contractvm.hosts.cosmwasm.errors import GasDepletion
from contractvm.hosts.cosmwasm.gas import FunctionGas, GasRecord, GasReport, VmGas


def gas_of(limit: int, record: GasRecord | None = None) -> VmGas:
    counter, status = SimpleNamespace(value=limit), SimpleNamespace(value=0)
    return VmGas(limit, counter, status, record=record)


def test_a_report_has_the_calls_and_the_charges_of_each_function() -> None:
    gas = gas_of(100)
    gas.begin("db_read")
    gas.charge(10, 5)
    gas.begin("db_write")
    gas.charge(7)
    gas.begin("db_read")
    gas.charge(1, 2)
    gas.counter.value -= 20
    assert gas.report() == GasReport(
        limit=100,
        remaining=55,
        used_externally=7,
        used_internally=38,
        functions={
            "db_read": FunctionGas(2, 11, 7),
            "db_write": FunctionGas(1, 7, 0),
        },
    )
    assert [each.name for each in gas.functions.values()] == ["db_read", "db_write"]


def test_gas_used_internally_is_never_below_zero() -> None:
    gas = gas_of(10)
    with pytest.raises(GasDepletion):
        gas.charge(0, 30)
    report = gas.report()
    assert (report.remaining, report.used_externally) == (0, 30)
    assert report.used_internally == 0


def test_gas_used_externally_stops_at_the_greatest_number() -> None:
    gas = gas_of(10)
    for external in (2**64 - 2, 1, 1):
        with pytest.raises(GasDepletion):
            gas.charge(0, external)
    assert gas.external == 2**64 - 1


def test_a_record_is_by_node_of_the_trace_and_by_key() -> None:
    trace: Any = SimpleNamespace(current_node=3)
    record = GasRecord(trace)
    gas = gas_of(1_000, record)
    gas.begin("db_read")
    gas.charge(10, 20, b"key")
    gas.charge(1)
    trace.current_node = 4
    gas.begin("db_read")
    gas.charge(2, 0, b"key")
    gas.begin("db_write")
    gas.charge(3, 4, b"key")
    assert record.trace is trace
    assert record.functions == {
        (3, "db_read"): FunctionGas(1, 11, 20),
        (4, "db_read"): FunctionGas(1, 2, 0),
        (4, "db_write"): FunctionGas(1, 3, 4),
    }
    assert record.keys == {
        (b"key", "db_read"): FunctionGas(2, 12, 20),
        (b"key", "db_write"): FunctionGas(1, 3, 4),
    }


def test_a_new_limit_starts_again_without_a_record() -> None:
    trace: Any = SimpleNamespace(current_node=0)
    gas = gas_of(50, GasRecord(trace))
    gas.charge(10, 5)
    gas.status.value = 1
    assert gas.is_exhausted
    gas.set_limit(70)
    assert not gas.is_exhausted
    assert (gas.limit, gas.left, gas.external, gas.record) == (70, 70, 0, None)
    assert gas.report().used_internally == 0
