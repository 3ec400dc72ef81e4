"""Guest calls on each engine: results, gas to the unit, nesting, memory, refusals."""

import pytest

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.runtime.engine_selection import ENGINES
from contractvm.runtime.metered_run import MAX_OPEN_GUEST_CALLS
from contractvm.wasm.engines.suspension import GuestCallOutcome, Suspension
from contractvm.wasm.structure.types import FuncType, ValType
from tests.helpers.guest_calls import (
    ADD,
    CALL,
    HEIGHT,
    I32,
    PAGE_GAS,
    PLENTY,
    UNARY,
    GuestContract,
    ask_guest,
    first_result,
    write_a_byte,
)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


# Results and gas


def test_a_host_func_writes_to_what_the_contract_allocates(engine: str) -> None:
    contract = GuestContract(engine, write_a_byte)
    assert contract.call("load", 5) == (ord("*"),)
    assert contract.memory.read(1_024, 1) == b"*"
    assert contract.run.meter.left == PLENTY - CALL - ADD
    assert contract.call("ask", 7) == (1_029 + 1_000,)
    assert contract.run.meter.left == PLENTY - 2 * (CALL + ADD) - ADD
    assert contract.height == 0


def test_a_loop_with_guest_calls_goes_on_with_the_gas_that_they_left(
    engine: str,
) -> None:
    """The loop keeps the counter in a local, which it reads again after each call."""
    contract = GuestContract(engine, write_a_byte)
    assert contract.call("loop", 4) == (1_024 + 1_028 + 1_031 + 1_033,)
    assert contract.run.meter.left == PLENTY - 4 * (CALL + ADD + ADD)


def test_the_host_sees_the_gas_exact_before_and_after_a_guest_call(engine: str) -> None:
    seen = []

    def ask(contract: GuestContract, value: int) -> Suspension:
        def complete(outcome: GuestCallOutcome) -> int:
            seen.append(contract.run.meter.left)
            contract.run.meter.charge(5)
            return first_result(outcome)

        seen.append(contract.run.meter.left)
        contract.run.meter.charge(20)
        return ask_guest("allocate", value, complete)

    contract = GuestContract(engine, ask)
    contract.call("load", 5)
    before = PLENTY - CALL
    assert seen == [before, before - 20 - ADD]
    assert contract.run.meter.left == before - 20 - ADD - 5


def test_a_host_func_may_ask_for_several_guest_calls_in_a_row(engine: str) -> None:
    pointers = []

    def ask(contract: GuestContract, value: int) -> Suspension:
        def complete(outcome: GuestCallOutcome) -> int | Suspension:
            pointers.append(first_result(outcome))
            if len(pointers) < 40:
                return ask_guest("allocate", value, complete)
            return sum(pointers) & 0xFF

        return ask_guest("allocate", value, complete)

    contract = GuestContract(engine, ask)
    assert contract.call("ask", 16) == (sum(pointers) % 256 + 1_000,)
    assert pointers == [1_024 + 16 * n for n in range(40)]
    assert contract.run.meter.left == PLENTY - CALL - ADD - 40 * ADD


def test_a_guest_call_of_an_imported_func_is_a_host_call(engine: str) -> None:
    source = """(module (import "e" "ask" (func $ask (param i32) (result i32)))
      (export "ask" (func $ask)) (memory 1)
      (func (export "call") (param i32) (result i32) (call $ask (local.get 0))))"""

    def ask(contract: GuestContract, value: int) -> int | Suspension:
        if value == 0:
            return 9
        return ask_guest("ask", value - 1, lambda outcome: first_result(outcome) + 1)

    contract = GuestContract(engine, ask, source=source)
    assert contract.call("call", 3) == (12,)
    assert contract.run.meter.left == PLENTY - CALL


# Nested calls


def test_a_guest_call_may_itself_ask_for_guest_calls(engine: str) -> None:
    seen = []

    def ask(contract: GuestContract, value: int) -> int | Suspension:
        def complete(outcome: GuestCallOutcome) -> int:
            seen.append((-value, contract.height, contract.run.meter.left))
            return first_result(outcome) + value

        seen.append((value, contract.height, contract.run.meter.left))
        return 500 if value == 0 else ask_guest("ask", value - 1, complete)

    contract = GuestContract(engine, ask)
    assert contract.call("ask", 3) == (500 + 4 * 1_000 + 1 + 2 + 3,)
    down = [(3 - n, HEIGHT * (n + 1), PLENTY - CALL * (n + 1)) for n in range(4)]
    up = [(-n, HEIGHT * (4 - n), PLENTY - 4 * CALL - n * ADD) for n in (1, 2, 3)]
    # The block that the addition is in begins after the call.
    assert seen == down + up
    assert contract.run.meter.left == PLENTY - 4 * (CALL + ADD)
    assert contract.height == 0


def nesting(contract: GuestContract, value: int) -> int | Suspension:
    """As many nested guest calls as the argument says."""
    if value == 0:
        return 0
    return ask_guest("ask", value - 1, lambda outcome: first_result(outcome) + 1)


def test_as_many_guest_calls_are_open_as_the_limit_allows(engine: str) -> None:
    contract = GuestContract(engine, nesting)
    most = MAX_OPEN_GUEST_CALLS
    assert most == 8
    assert contract.call("ask", most) == (1_000 * (most + 1) + most,)
    assert contract.run.meter.left == PLENTY - (most + 1) * (CALL + ADD)


def test_one_guest_call_more_is_stopped_before_it_begins(engine: str) -> None:
    contract = GuestContract(engine, nesting)
    with pytest.raises(Trap) as raised:
        contract.call("ask", MAX_OPEN_GUEST_CALLS + 1)
    assert raised.value.code is TrapCode.CALL_STACK_EXHAUSTED
    assert contract.run.meter.left == PLENTY - (MAX_OPEN_GUEST_CALLS + 1) * CALL
    assert contract.call("ask", 0) == (1_000,)


def test_the_host_func_that_asks_for_one_more_may_go_on(engine: str) -> None:
    stops = []

    def ask(contract: GuestContract, value: int) -> Suspension:
        def complete(outcome: GuestCallOutcome) -> int:
            if outcome.stopped is not None:
                stops.append((value, str(outcome.stopped)))
                return 0
            return first_result(outcome)

        return ask_guest("ask", value + 1, complete)

    contract = GuestContract(engine, ask)
    most = MAX_OPEN_GUEST_CALLS
    assert contract.call("ask", 0) == (1_000 * (most + 1),)
    assert stops == [(most, "call stack exhausted")]
    assert contract.run.meter.left == PLENTY - (most + 1) * (CALL + ADD)


# What the driver serves


def test_a_guest_call_waits_for_what_the_driver_serves(engine: str) -> None:
    def ask(contract: GuestContract, value: int) -> Suspension:
        if value == 0:
            return Suspension("message", lambda answer: answer + 1)
        return ask_guest("ask", value - 1, lambda outcome: first_result(outcome) * 2)

    contract = GuestContract(engine, ask)
    waiting = contract.call("ask", 2)
    assert isinstance(waiting, Suspension)
    assert waiting.request == "message"
    assert contract.height == 3 * HEIGHT
    assert contract.run.meter.left == PLENTY - 3 * CALL
    value = waiting.complete(6)
    expected = ((7 + 1_000) * 2 + 1_000) * 2 + 1_000
    assert contract.run.resume(value) == (expected,)
    assert contract.run.meter.left == PLENTY - 3 * (CALL + ADD)


def test_a_guest_call_may_follow_what_the_driver_serves(engine: str) -> None:
    """Like a query's result, which is written to memory that the contract allocates."""

    def ask(contract: GuestContract, value: int) -> Suspension:
        def answered(data: bytes) -> Suspension:
            def complete(outcome: GuestCallOutcome) -> Suspension:
                contract.memory.write(first_result(outcome), data)
                return Suspension("done", lambda _: first_result(outcome))

            return ask_guest("allocate", len(data), complete)

        return Suspension("query", answered)

    contract = GuestContract(engine, ask)
    query = contract.call("load", 5)
    done = contract.run.resume(query.complete(b"xyz"))
    assert isinstance(done, Suspension)
    assert (query.request, done.request) == ("query", "done")
    assert contract.memory.read(1_024, 4) == b"xyz\0"
    assert contract.run.resume(done.complete(None)) == (ord("x"),)
    assert contract.run.meter.left == PLENTY - CALL - ADD


# Memory


def test_memory_that_a_guest_call_grows_is_there_for_the_caller_and_the_host(
    engine: str,
) -> None:
    def ask(contract: GuestContract, value: int) -> Suspension:
        def complete(outcome: GuestCallOutcome) -> int:
            assert first_result(outcome) == 1
            contract.memory.write(2 * 65_536 - 1, b"!")
            return contract.memory.pages

        assert contract.memory.pages == 1
        return ask_guest("grow", value, complete)

    contract = GuestContract(engine, ask)
    assert contract.call("grow by ask", 1) == (2,)
    assert contract.memory.read(65_536, 1) == b"\7"
    assert contract.memory.read(2 * 65_536 - 1, 1) == b"!"
    assert contract.run.meter.left == PLENTY - CALL - PAGE_GAS


# What the contract does not export


@pytest.mark.parametrize(
    ("name", "func_type"),
    [
        ("nothing", UNARY),
        ("memory", UNARY),
        ("contractvm.gas", UNARY),
        ("none", UNARY),
        ("wide", UNARY),
        ("allocate", FuncType((I32,), ())),
        ("allocate", FuncType((I32, I32), (I32,))),
        ("allocate", FuncType((ValType.I64,), (I32,))),
    ],
)
def test_a_func_that_the_contract_lacks_is_refused_to_the_host_func(
    engine: str, name: str, func_type: FuncType
) -> None:
    stops = []

    def ask(contract: GuestContract, value: int) -> Suspension:
        def complete(outcome: GuestCallOutcome) -> int:
            stops.append(outcome.stopped)
            return 5

        return ask_guest(name, 1, complete, func_type)

    contract = GuestContract(engine, ask)
    assert contract.call("ask") == (1_005,)
    (stop,) = stops
    assert isinstance(stop, Trap)
    assert stop.code is TrapCode.HOST_REFUSED
    assert stop.detail == (
        f"the contract exports no func {name!r} of the type asked for"
    )
    assert contract.run.meter.left == PLENTY - CALL - ADD


@pytest.mark.parametrize(
    ("name", "func_type", "values"),
    [("none", FuncType((), ()), ()), ("wide", FuncType((ValType.I64,), (I32,)), (0,))],
)
def test_a_func_of_any_type_can_be_called(
    engine: str, name: str, func_type: FuncType, values: tuple[int, ...]
) -> None:
    def ask(contract: GuestContract, value: int) -> Suspension:
        return ask_guest(
            name, 1, lambda outcome: outcome.results() == values, func_type
        )

    assert GuestContract(engine, ask).call("ask") == (1_001,)


def test_a_wrong_argument_of_a_guest_call_is_our_bug(engine: str) -> None:
    def ask(contract: GuestContract, value: int) -> Suspension:
        return ask_guest("allocate", -1, first_result)

    contract = GuestContract(engine, ask)
    with pytest.raises(InternalError):
        contract.call("ask")
    assert contract.call("allocate", 3) == (1_024,)
