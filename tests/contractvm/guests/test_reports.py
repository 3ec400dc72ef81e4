"""Reports of traced guests: every unit has a func or a host function."""

import asyncio

import pytest

from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import host_function
from contractvm.guests.limits import Limits
from contractvm.guests.outcomes import RanOutOfGas
from contractvm.guests.result import Result
from contractvm.ledger.report import Stack
from tests.helpers.examples import example
from tests.helpers.guest_programs import SCHEDULE, UNITS_PER_GAS
from tests.helpers.wat import wat_to_wasm

ASKS = """
  (import "env" "price" (func $price (param i64) (result i64)))
  (func $twice (param i64) (result i64)
    (i64.add (call $price (local.get 0)) (call $price (local.get 0))))
  (func (export "total") (param i64) (result i64)
    (i64.add (call $twice (local.get 0)) (i64.const 1)))
"""


@host_function(charge=3)
def price(article: int) -> int:
    return article * 10


@host_function(charge=3, name="price")
async def slow_price(article: int) -> int:
    await asyncio.sleep(0)
    return article * 10


def traced(source: str = ASKS, host: object = price, *, traced: bool = True) -> Guest:
    return Guest.load(
        wat_to_wasm(f"(module {source})"),
        host=[host],  # type: ignore[list-item]
        schedule=SCHEDULE,
        traced=traced,
    )


HOST = 2 * 3 * UNITS_PER_GAS


def check_total(result: Result) -> None:
    report = result.report()
    assert report.used_units == result.units_used == HOST + 2
    assert report.units_per_gas == UNITS_PER_GAS
    assert report.making_units == 0
    assert report.host_functions == {"price": HOST}
    assert [
        (cost.name, cost.calls, cost.own_units, cost.inclusive_units)
        for cost in report.functions
    ] == [("total", 1, 1, HOST + 2), ("twice", 1, HOST + 1, HOST + 1)]
    assert sorted(report.stacks, key=lambda stack: stack.frames) == [
        Stack(("total",), 1),
        Stack(("total", "twice"), 1),
        Stack(("total", "twice", "price"), HOST),
    ]
    assert not report.is_cut
    assert report.lines == ()


def test_a_report_has_every_unit_by_func_and_host_function() -> None:
    result = traced().run("total", (4,))
    assert result.value == 81
    check_total(result)
    assert result == traced(traced=False).run("total", (4,))


def test_an_awaited_host_function_is_charged_where_it_was_called() -> None:
    check_total(asyncio.run(traced(host=slow_price).arun("total", (4,))))


def test_of_an_instance_it_covers_all_calls_so_far() -> None:
    with traced().instance() as instance:
        first = instance.call("total", 4)
        second = instance.call("total", 4)
    check_total(first)
    assert second.units_used == HOST + 2
    assert second.report().used_units == 2 * (HOST + 2)


@pytest.mark.parametrize(
    ("gas", "short"),
    [
        (0, 3 * UNITS_PER_GAS),
        (3, 3 * UNITS_PER_GAS),
        (5, UNITS_PER_GAS),
        (6, 1),
    ],
)
def test_what_could_not_be_paid_is_left_out(gas: int, short: int) -> None:
    """The last case runs out in the code, at the addition; the others in calls."""
    result = traced().run("total", (4,), limits=Limits(gas=gas))
    assert result.outcome == RanOutOfGas(short)
    report = result.report()
    assert report.used_units == result.units_used == gas * UNITS_PER_GAS
    assert report.host_functions == {"price": gas * UNITS_PER_GAS}
    assert sum(stack.units for stack in report.stacks) == report.used_units
    assert [cost.inclusive_units for cost in report.functions] == 2 * [
        gas * UNITS_PER_GAS
    ]


def test_the_making_of_an_instance_has_its_own_part() -> None:
    shout = Guest.load(example("guests/shout.wasm"), traced=True)
    report = shout.run(stdin=b"hello").report()
    assert report.making_units == 4_000 * report.units_per_gas
    funcs = sum(cost.own_units for cost in report.functions)
    assert funcs + report.making_units == report.used_units
    assert {cost.name: cost.calls for cost in report.functions} == {
        "_start": 1,
        "capitals": 1,
        "check": 3,
    }
    refused = shout.run(stdin=b"hello", limits=Limits(gas=1)).report()
    assert refused.making_units == refused.used_units == refused.units_per_gas
    assert refused.functions == ()


def test_an_instance_that_cannot_be_made_took_all() -> None:
    guest = traced('(memory 1) (data (i32.const 65536) "x") (func (export "go"))')
    result = guest.run("go", limits=Limits(gas=7))
    assert str(result.outcome) == "trapped: out of bounds memory access"
    assert result.report().making_units == 7 * UNITS_PER_GAS


def test_a_replay_has_a_report_too() -> None:
    guest = traced()
    tape = guest.run("total", (4,), record=True).tape
    assert tape is not None
    check_total(guest.replay(tape))


def test_without_tracing_there_is_no_report() -> None:
    result = traced(traced=False).run("total", (4,))
    with pytest.raises(ValueError, match="traced=True"):
        result.report()


def test_compiled_code_is_not_traced() -> None:
    with pytest.raises(ValueError, match="the engine wasmtime records no traces"):
        Guest.load(example("guests/shout.wasm"), engine="wasmtime", traced=True)
