"""Traces of guest calls: call trees that go through the host, and where they stop."""

from typing import Any

import pytest

from contractvm.errors import OutOfGas, Trap
from contractvm.wasm.engines.suspension import Suspension
from tests.helpers.guest_calls import (
    ADD,
    CALL,
    PLENTY,
    GuestContract,
    HostFunction,
    ask_guest,
    first_result,
    write_a_byte,
)

# Func indices: `ask` of the host is 0, and the contract's follow in their order.
ALLOCATE, ASK, LOAD, TRAP = 1, 2, 3, 11


def traced(ask: HostFunction, gas: int = PLENTY) -> tuple[GuestContract, Any]:
    contract = GuestContract("interpreter", ask, gas, is_traced=True)
    return contract, contract.run.instance.trace  # type: ignore[attr-defined]


def path_to(trace: Any, number: int) -> list[int]:
    """The func indices from the outermost func to that of a node."""
    found: list[int] = []
    while number:
        found.insert(0, trace.nodes[number].func_index)
        number = trace.nodes[number].parent
    return found


def test_a_guest_call_is_a_call_of_the_func_that_waits_for_the_host() -> None:
    contract, trace = traced(write_a_byte)
    assert contract.call("load", 5) == (ord("*"),)
    assert contract.call("allocate", 5) == (1_029,)
    seen = [
        (path_to(trace, number), node.calls, node.own_units)
        for number, node in enumerate(trace.nodes)
    ]
    assert seen == [
        ([], 0, 0),
        ([LOAD], 1, CALL),
        ([LOAD, ALLOCATE], 1, ADD),
        ([ALLOCATE], 1, ADD),
    ]
    assert trace.current_node == 0


def nested_trap(contract: GuestContract, value: int) -> Suspension:
    name = "ask" if value else "trap"
    return ask_guest(name, max(value - 1, 0), first_result)


def test_a_trap_inside_stops_the_innermost_func_and_all_are_left() -> None:
    contract, trace = traced(nested_trap)
    for _ in range(2):
        with pytest.raises(Trap):
            contract.call("ask", 2)
        assert path_to(trace, trace.stopped_node) == [ASK, ASK, ASK, TRAP]
        assert trace.current_node == 0
    contract.call("allocate", 5)
    assert path_to(trace, trace.stopped_node) == [ASK, ASK, ASK, TRAP]


@pytest.mark.parametrize(
    ("gas", "path"), [(CALL - 1, [LOAD]), (CALL, [LOAD, ALLOCATE])]
)
def test_out_of_gas_stops_the_func_whose_charge_it_was(
    gas: int, path: list[int]
) -> None:
    contract, trace = traced(write_a_byte, gas)
    with pytest.raises(OutOfGas):
        contract.call("load", 5)
    assert path_to(trace, trace.stopped_node) == path
    assert trace.current_node == 0


def test_calls_that_are_left_open_are_left_in_the_trace_too() -> None:
    def ask(contract: GuestContract, value: int) -> Suspension:
        if value == 0:
            return Suspension("message", lambda answer: answer)
        return ask_guest("ask", value - 1, first_result)

    contract, trace = traced(ask)
    contract.call("ask", 2)
    assert path_to(trace, trace.current_node) == [ASK, ASK, ASK]
    contract.run.begin("allocate", 5)
    assert trace.current_node == 0
    assert contract.run.resume() == (1_024,)
    assert path_to(trace, len(trace.nodes) - 1) == [ALLOCATE]
