"""Guest calls that are stopped on each engine: traps, out of gas, stack height."""

from typing import Any

import pytest

from contractvm.errors import Finish, InternalError, OutOfGas, Revert, Trap, TrapCode
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.runtime.engine_selection import ENGINES
from contractvm.wasm.engines.suspension import GuestCallOutcome, Suspension
from tests.helpers.guest_calls import (
    ADD,
    CALL,
    HEIGHT,
    LIMIT,
    PLENTY,
    GuestContract,
    ask_guest,
    first_result,
    write_a_byte,
)

EXHAUSTED = TrapCode.CALL_STACK_EXHAUSTED


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


# Traps


def keep_outcome(name: str, argument: int, seen: list[Any]) -> Any:
    """A host function that continues whatever the result of its guest call."""

    def ask(contract: GuestContract, value: int) -> Suspension:
        def complete(outcome: GuestCallOutcome) -> int:
            seen.append((outcome, contract.height, contract.run.meter.left))
            return 5

        return ask_guest(name, argument, complete)

    return ask


def reraise(name: str, argument: int) -> Any:
    """A host function that a stopped guest call also stops."""

    def ask(contract: GuestContract, value: int) -> Suspension:
        return ask_guest(name, argument, first_result)

    return ask


TRAPS = {
    "trap": (0, TrapCode.UNREACHABLE),
    "divide": (0, TrapCode.INTEGER_DIVIDE_BY_ZERO),
    "down": (LIMIT, TrapCode.CALL_STACK_EXHAUSTED),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_host_func_sees_a_trap_and_the_contract_goes_on(
    engine: str, name: str
) -> None:
    argument, code = TRAPS[name]
    seen: list[Any] = []
    contract = GuestContract(engine, keep_outcome(name, argument, seen))
    assert contract.call("ask") == (1_005,)
    ((outcome, height, left),) = seen
    assert isinstance(outcome.stopped, Trap)
    assert (outcome.stopped.code, outcome.values) == (code, ())
    # `down` calls itself until the heights of all calls exceed the limit.
    calls = (LIMIT - HEIGHT) // HEIGHT if name == "down" else 0
    assert (height, left) == (HEIGHT, PLENTY - (1 + calls) * CALL)
    assert contract.run.meter.left == left - ADD
    assert contract.height == 0


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_that_the_host_func_lets_pass_stops_the_contract(
    engine: str, name: str
) -> None:
    argument, code = TRAPS[name]
    contract = GuestContract(engine, reraise(name, argument))
    with pytest.raises(Trap) as raised:
        contract.call("ask")
    assert raised.value.code is code
    assert contract.call("allocate", 3) == (1_024,)
    assert contract.height == 0


def test_what_a_stopped_guest_call_did_stays_done(engine: str) -> None:
    def ask(contract: GuestContract, value: int) -> int | Suspension:
        if value == 1:
            contract.memory.write(0, b"changed")
            raise Trap(TrapCode.HOST_REFUSED, "no")
        return ask_guest("ask", 1, lambda outcome: outcome.stopped is not None)

    contract = GuestContract(engine, ask)
    assert contract.call("ask") == (1_001,)
    assert contract.memory.read(0, 7) == b"changed"
    assert contract.run.meter.left == PLENTY - 2 * CALL - ADD


def test_a_host_func_s_trap_inside_keeps_its_detail(engine: str) -> None:
    refusal = Trap(TrapCode.HOST_REFUSED, "no")

    def ask(contract: GuestContract, value: int) -> Suspension:
        if value == 1:
            raise refusal
        return ask_guest("ask", 1, first_result)

    with pytest.raises(Trap) as raised:
        GuestContract(engine, ask).call("ask")
    assert raised.value is refusal


@pytest.mark.parametrize(
    "error", [Finish(b"out"), Revert(b"out"), InternalError("ours"), KeyError("x")]
)
def test_what_is_no_stop_ends_all_calls_unseen(engine: str, error: Exception) -> None:
    seen: list[object] = []

    def ask(contract: GuestContract, value: int) -> Suspension:
        if value == 2:
            raise error
        return ask_guest("ask", value + 1, lambda outcome: seen.append(outcome) or 0)

    contract = GuestContract(engine, ask)
    with pytest.raises(type(error)) as raised:
        contract.call("ask")
    assert raised.value is error
    assert seen == []
    assert contract.run.meter.left == PLENTY - 3 * CALL
    assert contract.call("allocate", 3) == (1_024,)


# Out of gas


@pytest.mark.parametrize(("gas", "left"), [(CALL + ADD, 0), (CALL + ADD + 1, 1)])
def test_gas_is_enough_at_the_price_of_both_calls(
    engine: str, gas: int, left: int
) -> None:
    contract = GuestContract(engine, write_a_byte, gas)
    assert contract.call("load", 5) == (ord("*"),)
    assert contract.run.meter.left == left


@pytest.mark.parametrize("short", [1, ADD])
def test_gas_that_is_short_inside_stops_both_calls(engine: str, short: int) -> None:
    contract = GuestContract(engine, write_a_byte, CALL + ADD - short)
    with pytest.raises(OutOfGas) as raised:
        contract.call("load", 5)
    assert raised.value.shortfall == short
    assert contract.run.meter.left == 0


def test_a_contract_goes_on_without_gas_where_its_host_func_does(engine: str) -> None:
    seen: list[Any] = []
    contract = GuestContract(engine, keep_outcome("allocate", 1, seen), CALL + 1)
    with pytest.raises(OutOfGas) as raised:
        contract.call("ask")  # the addition after the host call
    assert raised.value.shortfall == ADD
    ((outcome, height, left),) = seen
    assert isinstance(outcome.stopped, OutOfGas)
    assert outcome.stopped.shortfall == ADD - 1
    assert (height, left) == (HEIGHT, 0)


def test_a_host_func_that_runs_out_of_gas_inside_stops_its_guest_call(
    engine: str,
) -> None:
    seen: list[Any] = []

    def ask(contract: GuestContract, value: int) -> int | Suspension:
        if value == 1:
            contract.run.meter.charge(PLENTY)
        return keep_outcome("ask", 1, seen)(contract, value)

    contract = GuestContract(engine, ask)
    with pytest.raises(OutOfGas) as raised:
        contract.call("ask")
    assert raised.value.shortfall == ADD
    ((outcome, height, left),) = seen
    assert isinstance(outcome.stopped, OutOfGas)
    assert outcome.stopped.shortfall == 2 * CALL
    assert (height, left) == (HEIGHT, 0)


def test_a_guest_call_that_never_ends_is_stopped_by_its_gas(engine: str) -> None:
    seen: list[Any] = []
    source = """(module (import "e" "ask" (func $ask (param i32) (result i32)))
      (memory 1)
      (func (export "forever") (param i32) (result i32) (local i32)
        (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br $l))
        (i32.const 0))
      (func (export "ask") (param i32) (result i32) (call $ask (local.get 0))))"""
    ask = keep_outcome("forever", 1, seen)
    contract = GuestContract(engine, ask, CALL + 1_000 * ADD + 1, source=source)
    assert contract.call("ask") == (5,)
    ((outcome, _, left),) = seen
    assert outcome.stopped.shortfall == ADD - 1
    assert (left, contract.run.meter.left) == (0, 0)


# Stack height

# This many calls of that height fit in total.
FRAMES = LIMIT // HEIGHT


def descend(depth: int) -> Any:
    def ask(contract: GuestContract, value: int) -> Suspension:
        return ask_guest("down", depth, first_result)

    return ask


@pytest.mark.parametrize("outside", [1, 2, 50, FRAMES - 1])
def test_the_stack_height_is_counted_across_both_calls(
    engine: str, outside: int
) -> None:
    inside = FRAMES - outside
    contract = GuestContract(engine, descend(inside - 1))
    assert contract.call("down and ask", outside - 1) == (0,)
    assert contract.height == 0
    contract = GuestContract(engine, descend(inside))
    with pytest.raises(Trap) as raised:
        contract.call("down and ask", outside - 1)
    assert raised.value.code is EXHAUSTED


def test_the_height_of_a_stopped_guest_call_is_given_back(engine: str) -> None:
    """What it left on the counter would otherwise take stack from its caller."""
    seen: list[Any] = []
    frames = (LIMIT - 10) // HEIGHT
    for depth, is_enough in ((frames - 1, True), (frames, False)):
        contract = GuestContract(engine, keep_outcome("down", LIMIT, seen))
        if is_enough:
            assert contract.call("ask and go down", depth) == (0,)
        else:
            with pytest.raises(Trap) as raised:
                contract.call("ask and go down", depth)
            assert raised.value.code is EXHAUSTED
    assert [outcome.stopped.code for outcome, _, _ in seen] == [EXHAUSTED] * 2
    assert [height for _, height, _ in seen] == [10, 10]


def test_guest_calls_need_no_counted_height(engine: str) -> None:
    def ask(contract: GuestContract, value: int) -> Suspension:
        return ask_guest("trap", 0, lambda outcome: outcome.stopped is not None)

    uncounted = InstrumentationOptions(max_stack_height=None)
    assert GuestContract(engine, ask, options=uncounted).call("ask") == (1_001,)
