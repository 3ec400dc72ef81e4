"""Calls of a module as a graph, its components, and its shortest cycles."""

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
from contractvm.errors import InternalError
from contractvm.wasm.structure.opcodes import BY_MNEMONIC
from tests.helpers.wat import wat_to_module

CALL, CALL_INDIRECT = (BY_MNEMONIC[name].opcode for name in ("call", "call_indirect"))


def graph_of(*callees: tuple[int, ...]) -> CallGraph:
    return CallGraph(len(callees), callees, {})


def test_calls_are_edges_and_types_are_nodes_after_the_funcs() -> None:
    module = wat_to_module(
        """(module
          (type $a (func)) (type $b (func (param i32))) (type $again (func))
          (import "m" "f" (func $0 (type $a)))
          (table 3 funcref) (elem (i32.const 0) $0 $2)
          (func $1 (type $a)
            (call $2 (i32.const 1)) nop (call $2 (i32.const 2)) (call $0))
          (func $2 (type $b)
            (call_indirect (type $again) (i32.const 0))
            (call_indirect (type $b) (i32.const 0) (i32.const 0)))
          (func $3 (type $b)))"""
    )
    found = call_graph(module)
    # Funcs 0 to 3, then the types $a (as $again) and $b.
    assert found.func_count == 4
    assert found.callees == ((), (2, 0), (4, 5), (), (0,), (2,))
    # Positions count from the start of the body: of each edge, its first call.
    assert found.sites == {
        (1, 2): (2, CALL),
        (1, 0): (9, CALL),
        (2, 4): (2, CALL_INDIRECT),
        (2, 5): (9, CALL_INDIRECT),
    }


@pytest.mark.parametrize(
    ("callees", "found"),
    [
        (((),), [[0]]),
        (((1,), ()), [[1], [0]]),
        (((1,), (0,)), [[0, 1]]),
        (((1,), (2,), (1, 3), ()), [[3], [1, 2], [0]]),
        (((), (0,)), [[0], [1]]),
    ],
)
def test_components_come_after_what_they_call(
    callees: tuple[tuple[int, ...], ...], found: list[list[int]]
) -> None:
    assert [sorted(each) for each in components(graph_of(*callees))] == found


graphs = st.integers(1, 9).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, size - 1), max_size=3, unique=True).map(tuple),
        min_size=size,
        max_size=size,
    )
)


def reached(callees: list[tuple[int, ...]], start: int) -> set[int]:
    """What `start` may call, by any way."""
    found: set[int] = set()
    waiting = list(callees[start])
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting.extend(callees[node])
    return found


@given(graphs)
def test_components_are_the_nodes_that_reach_each_other(
    callees: list[tuple[int, ...]],
) -> None:
    graph = graph_of(*callees)
    found = components(graph)
    assert sorted(node for each in found for node in each) == list(range(len(callees)))
    seen: set[int] = set()
    for component in found:
        first = component[0]
        assert set(component) == {first} | {
            node for node in reached(callees, first) if first in reached(callees, node)
        }
        assert reached(callees, first) <= seen | set(component)
        seen |= set(component)
        assert is_cycle(graph, component) == (first in reached(callees, first))


def length_of_cycle(callees: list[tuple[int, ...]], start: int) -> int:
    length, layer = 1, set(callees[start])
    while start not in layer:
        length += 1
        layer = {callee for node in layer for callee in callees[node]}
    return length


@given(graphs)
def test_a_shortest_cycle_begins_with_the_first_func(
    callees: list[tuple[int, ...]],
) -> None:
    graph = graph_of(*callees)
    for component in components(graph):
        if not is_cycle(graph, component):
            with pytest.raises(InternalError, match="a component without a cycle"):
                shortest_cycle(graph, component)
            continue
        way = shortest_cycle(graph, component)
        assert way[0] == min(component)
        assert set(way) <= set(component)
        for node, callee in zip(way, [*way[1:], way[0]], strict=True):
            assert callee in callees[node]
        assert len(way) == length_of_cycle(callees, way[0])


def test_a_path_of_any_length_needs_no_python_stack() -> None:
    length = 20_000
    graph = graph_of(*((node + 1,) for node in range(length)), (0,))
    (component,) = components(graph)
    assert sorted(component) == list(range(length + 1))
    assert shortest_cycle(graph, component) == list(range(length + 1))
