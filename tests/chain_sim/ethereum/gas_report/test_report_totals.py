"""Sums over a report whose calls are made by hand."""

from chain_sim.ethereum.gas_report.report_totals import (
    GROUPS,
    STIPENDS,
    ContractFunction,
    GroupTotal,
    costly_first,
    every_call,
    function_totals,
    group_totals,
    line_totals,
    used_units,
)
from contractvm.hosts.evm.interface import CallStatus
from contractvm.ledger.report import (
    CallReport,
    Figures,
    FunctionCost,
    GasReport,
    LineCost,
    Part,
)

HERE, THERE = b"\x01" * 20, b"\x02" * 20


def call(
    address: bytes,
    *calls: CallReport,
    parts: tuple[Part, ...] = (),
    functions: tuple[FunctionCost, ...] = (),
    lines: tuple[LineCost, ...] = (),
    stipend: int = 0,
) -> CallReport:
    return CallReport(
        kind="call",
        sender=bytes(20),
        recipient=address,
        code_address=address,
        status=CallStatus.SUCCESS,
        error=None,
        given_units=100,
        stipend_units=stipend,
        used_units=0,
        parts=parts,
        functions=functions,
        lines=lines,
        stacks=(),
        calls=calls,
        calls_at=(),
    )


def report(root: CallReport, *parts: Part) -> GasReport:
    return GasReport("a", "b", b"", 10, 100, 7, Figures(7, 7, 7), parts, root)


def test_each_call_comes_before_those_that_it_makes() -> None:
    third, fourth = call(b"3"), call(b"4")
    second = call(b"2", third)
    first = call(b"1", second, fourth)
    assert [*every_call(report(first))] == [first, second, third, fourth]


def test_parts_of_one_name_are_added_up_in_the_order_of_the_groups() -> None:
    inner = call(THERE, parts=(Part("host", "log", 2, 30), Part("new", "x", 1, 1)))
    outer = call(
        HERE, inner, parts=(Part("host", "log", 1, 12), Part("host", "call", 1, 70))
    )
    found = group_totals(
        report(outer, Part("refund", "r", 1, -5), Part("transaction", "base", 1, 9))
    )
    assert found == (
        GroupTotal("transaction", (Part("transaction", "base", 1, 9),), 9),
        GroupTotal(
            "host", (Part("host", "call", 1, 70), Part("host", "log", 3, 42)), 112
        ),
        GroupTotal("refund", (Part("refund", "r", 1, -5),), -5),
        GroupTotal("new", (Part("new", "x", 1, 1),), 1),
    )
    assert len(GROUPS) == len(set(GROUPS)) == 14


def test_stipends_are_subtracted_and_counted_where_there_are_any() -> None:
    inner = (call(THERE, stipend=23), call(THERE), call(THERE, stipend=4))
    found = group_totals(report(call(HERE, *inner)))
    assert found == (GroupTotal("value", (Part("value", STIPENDS, 2, -27),), -27),)
    assert STIPENDS == "stipends, paid by nobody"
    assert group_totals(report(call(HERE, call(THERE)))) == ()


def test_equal_costs_are_in_the_order_of_their_names() -> None:
    parts = [
        Part("g", name, 1, units) for name, units in (("b", 1), ("a", 1), ("c", 2))
    ]
    assert [part.name for part in costly_first(parts)] == ["c", "a", "b"]


def test_a_contract_below_itself_is_counted_once() -> None:
    again = call(HERE, functions=(FunctionCost(0, "f", 1, 5, 5),))
    middle = call(THERE, again, functions=(FunctionCost(0, "g", 1, 2, 2),))
    beside = call(THERE, functions=(FunctionCost(0, "g", 3, 4, 6),))
    outer = call(
        HERE,
        middle,
        beside,
        functions=(FunctionCost(1, "h", 1, 1, 8), FunctionCost(0, "f", 2, 10, 20)),
    )
    assert function_totals(report(outer)) == (
        ContractFunction(HERE, FunctionCost(0, "f", 3, 15, 20)),
        ContractFunction(HERE, FunctionCost(1, "h", 1, 1, 8)),
        ContractFunction(THERE, FunctionCost(0, "g", 4, 6, 8)),
    )


def test_lines_are_added_up_over_all_calls() -> None:
    inner = call(THERE, lines=(LineCost("a.c", 2, 1, 5), LineCost("a.c", 1, 1, 7)))
    outer = call(
        HERE, inner, lines=(LineCost("b.c", 1, 4, 7), LineCost("a.c", 2, 2, 6))
    )
    assert line_totals(report(outer)) == (
        LineCost("a.c", 2, 3, 11),
        LineCost("a.c", 1, 1, 7),
        LineCost("b.c", 1, 4, 7),
    )


def test_what_is_paid_is_in_units() -> None:
    assert used_units(report(call(HERE))) == 70
