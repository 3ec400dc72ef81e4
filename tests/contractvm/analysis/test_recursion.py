"""Cycles of calls, and the greatest stack height where there are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractvm.analysis.call_graph import (
    CallGraph,
    call_graph,
    components,
    is_cycle,
    shortest_cycle,
)
from contractvm.analysis.findings import CheckFinding, FindingKind, Severity
from contractvm.analysis.options import ANY, CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.analysis.recursion import find_recursion
from contractvm.errors import Trap, TrapCode
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.schedules import distinct_schedule
from tests.helpers.wat import wat_to_module, wat_to_wasm


def findings_of(source: str, max_stack_height: int = 65_536) -> list[CheckFinding]:
    module = wat_to_module(source)
    options = CheckOptions(ANY, "canonical", max_stack_height)
    heights = validate_module(module).operand_heights
    return list(find_recursion(module, heights, ModulePlaces(module), options))


def cycles(source: str) -> list[str]:
    return [
        finding.text.partition(";")[0].removeprefix("calls can go round: ")
        for finding in findings_of(source)
        if finding.kind is FindingKind.RECURSION
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("(module (func $a (call $a)))", ["a > a"]),
        ("(module (func $a (call $b)) (func $b))", []),
        (
            "(module (func $a (call $b)) (func $b (call $c)) (func $c (call $a)))",
            ["a > b > c > a"],
        ),
        (
            "(module (func $a (call $b)) (func $b (call $a))"
            " (func $c (call $c) (call $a)))",
            ["a > b > a", "c > c"],
        ),
        # By reference: to any func of the type that is in a table.
        (
            "(module (type $t (func)) (table funcref (elem $a))"
            " (func $a (call_indirect (type $t) (i32.const 0))))",
            ["a > a"],
        ),
        (
            "(module (type $t (func)) (table funcref (elem $b)) (func $b)"
            " (func $a (call_indirect (type $t) (i32.const 0))))",
            [],
        ),
        (
            "(module (type $t (func (param i32))) (table funcref (elem $a))"
            " (func $a (call_indirect (type $t) (i32.const 0) (i32.const 0))))",
            [],
        ),
        # A func is declared by its export, and a reference to it made in a body.
        (
            '(module (type $t (func)) (table 1 funcref) (export "a" (func $a))'
            " (func $a (table.set (i32.const 0) (ref.func $a))"
            " (call_indirect (type $t) (i32.const 0))))",
            ["a > a"],
        ),
        (
            '(module (type $t (func)) (table 1 funcref) (export "a" (func $a))'
            " (func $a (call_indirect (type $t) (i32.const 0))))",
            [],
        ),
        ('(module (import "m" "f" (func $f)) (func $a (call $f)))', []),
        # The shortest way is shown, and how many more there are.
        (
            "(module (func $a (call $b)) (func $b (call $c) (call $a))"
            " (func $c (call $a)))",
            ["a > b > a (and 1 more funcs in cycles with them)"],
        ),
    ],
)
def test_cycles_are_named_by_their_funcs(source: str, expected: list[str]) -> None:
    assert cycles(source) == expected


def test_a_cycle_is_closed_and_stands_at_its_call() -> None:
    (found,) = findings_of("(module (func $a nop (call $a)))")
    assert found.severity is Severity.CLOSED_BY_INSTRUMENTATION
    assert found.place.instruction == "call"
    assert found.place.offset == 24


def test_a_long_cycle_is_shown_in_part() -> None:
    funcs = "".join(f"(func $f{n} (call $f{(n + 1) % 30}))" for n in range(30))
    assert cycles(f"(module {funcs})") == ["f0 > f1 > f2 > f3 > f4 > ... > f0"]


STRAIGHT = """(module
  (func $leaf (param i32 i64) (result i32) (local i32) (local.get 0))
  (func $middle (param i32) (result i32)
    (drop (call $leaf (i32.const 1) (i64.const 2)))
    (i32.add (i32.const 1) (call $leaf (local.get 0) (i64.const 1))))
  (func $other)
  (func (export "run") (result i32) (call $other) (call $middle (i32.const 3)))
  (func $unused (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)))"""


@pytest.mark.parametrize(
    ("export", "height"), [("", 8), ('(export "table" (table 0))', 8 + 10)]
)
def test_funcs_of_a_table_are_called_from_outside_where_it_is_shared(
    export: str, height: int
) -> None:
    (found,) = findings_of(
        f"""(module {export} (table funcref (elem $large)) (func (export "run"))
        (func $large (param i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)))"""
    )
    assert found.text == (
        f"no recursion: the stack height is at most {height}, of 65536 allowed"
    )


@pytest.mark.parametrize(("limit", "is_stopped"), [(0, False), (-1, True)])
def test_the_greatest_height_is_the_smallest_limit_that_runs(
    limit: int, is_stopped: bool
) -> None:
    (found,) = findings_of(STRAIGHT)
    # 8 and 1 of `run`, 8 and 1 + 3 of `middle`, 8 and 3 + 1 of `leaf`.
    assert found.text == (
        "no recursion: the stack height is at most 33, of 65536 allowed"
    )
    options = InstrumentationOptions(max_stack_height=33 + limit)
    engine = Pipeline(InterpreterEngine(), distinct_schedule(), ANY, options)
    run = engine.start(engine.prepare(wat_to_wasm(STRAIGHT)), {}, 1 << 40)
    run.begin("run")
    if not is_stopped:
        assert run.resume() == (4,)
        return
    with pytest.raises(Trap) as caught:
        run.resume()
    assert caught.value.code is TrapCode.CALL_STACK_EXHAUSTED


@pytest.mark.parametrize(
    ("limit", "severity"),
    [(33, Severity.INFORMATION), (32, Severity.CLOSED_BY_INSTRUMENTATION)],
)
def test_a_height_above_the_limit_is_closed_by_it(
    limit: int, severity: Severity
) -> None:
    (found,) = findings_of(STRAIGHT, limit)
    assert found.severity is severity


def graph_of(callees: list[list[int]]) -> CallGraph:
    return CallGraph(len(callees), tuple(map(tuple, callees)), {})


def reachable(callees: list[list[int]]) -> list[set[int]]:
    """By the definition: the funcs reached by one or more calls."""
    found = [set(entry) for entry in callees]
    for _ in callees:
        for node, entry in enumerate(found):
            found[node] = entry.union(*(found[callee] for callee in entry))
    return found


@st.composite
def graphs(draw: st.DrawFn) -> list[list[int]]:
    count = draw(st.integers(1, 9))
    nodes = st.integers(0, count - 1)
    return [draw(st.lists(nodes, max_size=3, unique=True)) for _ in range(count)]


@given(graphs())
def test_components_are_what_reaches_each_other(callees: list[list[int]]) -> None:
    graph = graph_of(callees)
    found = components(graph)
    ways = reachable(callees)
    assert sorted(node for entry in found for node in entry) == list(
        range(len(callees))
    )
    place = {node: order for order, entry in enumerate(found) for node in entry}
    for node, reached in enumerate(ways):
        same = {other for other in reached if node in ways[other]} | {node}
        assert set(found[place[node]]) == same
        # Callees come before their callers.
        assert all(place[other] <= place[node] for other in reached)
        assert is_cycle(graph, found[place[node]]) == (node in reached)


@given(graphs())
def test_shortest_cycles_are_ways_back(callees: list[list[int]]) -> None:
    graph = graph_of(callees)
    for component in components(graph):
        if not is_cycle(graph, component):
            continue
        way = shortest_cycle(graph, component)
        assert way[0] == min(component)
        assert len(set(way)) == len(way)
        following = [*way[1:], way[0]]
        assert all(
            callee in callees[node] for node, callee in zip(way, following, strict=True)
        )
        assert len(way) == shortest_length(callees, way[0])


def shortest_length(callees: list[list[int]], start: int) -> int:
    reached, length = {start}, 0
    while True:
        reached = {callee for node in reached for callee in callees[node]}
        length += 1
        if start in reached:
            return length


def test_a_chain_of_calls_as_long_as_a_module_can_have_is_no_recursion_here() -> None:
    count = 50_000
    graph = graph_of([[node + 1] for node in range(count - 1)] + [[0]])
    (component,) = components(graph)
    assert len(component) == count
    assert len(shortest_cycle(graph, component)) == count


def test_sites_are_first_calls() -> None:
    module = wat_to_module("(module (func $a nop (call $b) (call $b)) (func $b))")
    graph = call_graph(module)
    assert graph.callees[0] == (1,)
    assert graph.sites == {(0, 1): (1, 0x10)}
