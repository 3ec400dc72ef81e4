"""The graph of values: levels that rise along it, and where an open one began."""

import pytest

from contractvm.analysis.nan_levels import FLOAT_RULES, JOIN, Level
from contractvm.analysis.value_graph import ValueGraph
from contractvm.wasm.structure.opcodes import BY_MNEMONIC

ADD, ABS, SQRT, COPYSIGN = (
    FLOAT_RULES[BY_MNEMONIC[f"f64.{name}"].opcode]
    for name in ("add", "abs", "sqrt", "copysign")
)
NEVER, NONZERO, FINITE, NUMBER, FIXED, OPEN = Level


def test_values_are_numbered_and_start_at_their_level() -> None:
    graph = ValueGraph()
    assert [graph.value(level) for level in (NEVER, OPEN, FIXED)] == [0, 1, 2]
    graph.settle()
    assert list(graph.levels) == [NEVER, OPEN, FIXED]


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (NONZERO, FINITE, NUMBER),
        (NUMBER, NUMBER, OPEN),
        (NEVER, OPEN, NEVER),
        (OPEN, NEVER, NEVER),
    ],
)
def test_a_computed_value_has_the_level_of_its_rule(
    left: int, right: int, level: int
) -> None:
    graph = ValueGraph()
    inputs = graph.value(left), graph.value(right)
    total = graph.computed(ADD, inputs)
    graph.settle()
    assert graph.levels[total] == level


def test_an_input_that_rises_later_raises_what_is_computed_from_it() -> None:
    graph = ValueGraph()
    variable = graph.value(NEVER)
    chain = [graph.computed(ABS, [variable])]
    chain.append(graph.computed(ABS, chain))
    total = graph.computed(ADD, [chain[1], variable])
    graph.join(variable, graph.value(NONZERO))
    graph.join(variable, graph.value(FINITE))
    graph.settle()
    assert [graph.levels[value] for value in (variable, *chain, total)] == [
        *(FINITE, FINITE, FINITE, NUMBER),
    ]


def test_a_value_may_be_computed_from_itself() -> None:
    """A loop that adds to a variable: finite, then infinite, then no number."""
    graph = ValueGraph()
    variable = graph.value(FINITE)
    total = graph.computed(ADD, [variable, graph.value(NONZERO)])
    graph.join(variable, total)
    graph.settle()
    assert graph.levels[variable] == graph.levels[total] == NUMBER
    graph.join(variable, graph.value(FIXED))
    graph.settle()
    assert graph.levels[variable] == graph.levels[total] == OPEN
    assert graph.origin(variable) == graph.origin(total) == total


def test_the_origin_is_where_a_new_nan_is_made() -> None:
    graph = ValueGraph()
    root = graph.computed(SQRT, [graph.value(NUMBER)])
    passed = graph.computed(ABS, [root])
    joined = graph.value(NEVER)
    graph.join(joined, passed)
    signed = graph.computed(COPYSIGN, [graph.value(NONZERO), joined])
    total = graph.computed(ADD, [joined, graph.value(NONZERO)])
    graph.settle()
    for value in (root, passed, joined, signed, total):
        assert graph.levels[value] == OPEN
        assert graph.origin(value) == root
        assert graph.origin(value) == root


def test_what_is_open_from_the_start_is_its_own_origin() -> None:
    graph = ValueGraph()
    given = graph.value(OPEN)
    joined = graph.value(NEVER)
    graph.join(joined, given)
    graph.settle()
    assert graph.origin(given) == given
    assert graph.origin(joined) == given


def test_joins_have_the_greatest_level_of_any_order() -> None:
    for levels in ((NONZERO, FIXED, FINITE), (FIXED, NEVER), (NEVER, NEVER)):
        graph = ValueGraph()
        joined = graph.value(NEVER)
        for level in levels:
            graph.join(joined, graph.value(level))
        graph.settle()
        assert graph.levels[joined] == max(levels)
        assert JOIN(*sorted(levels)[-2:]) == max(levels)
