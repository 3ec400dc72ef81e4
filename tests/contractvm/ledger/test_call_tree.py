"""Units by func and by stack, from trees made by hand."""

import pytest

from contractvm.ledger import call_tree
from contractvm.ledger.call_tree import CallTree, Spending
from contractvm.ledger.report import FunctionCost, Stack
from contractvm.wasm.engines.tracing import CallNode

ROOT = CallNode(None, None, 0, 0)
NAMES = {5: "main", 6: "helper"}


def test_a_func_has_its_own_units_and_those_of_its_callees() -> None:
    tree = CallTree(
        (ROOT, CallNode(0, 5, 1, 10), CallNode(1, 6, 3, 7)),
        (
            Spending(1, "getCaller", 20),
            Spending(2, "call", 100, is_sub_call=True),
            Spending(2, "call", 5),
            Spending(0, "making an instance", 1000),
        ),
        NAMES,
    )
    assert tree.functions() == (
        FunctionCost(5, "main", 1, own_units=30, inclusive_units=142),
        FunctionCost(6, "helper", 3, own_units=12, inclusive_units=112),
    )
    assert tree.stacks() == (
        Stack(("main",), 10),
        Stack(("main", "helper"), 7),
        Stack(("main", "getCaller"), 20),
        Stack(("main", "helper", "call"), 5),
        Stack(("making an instance",), 1000),
    )


def test_recursion_counts_a_func_once() -> None:
    """main(1) calls helper(2), which calls main(4), which calls helper(8)."""
    tree = CallTree(
        (
            ROOT,
            CallNode(0, 5, 1, 1),
            CallNode(1, 6, 1, 2),
            CallNode(2, 5, 1, 4),
            CallNode(3, 6, 1, 8),
        ),
        (),
        NAMES,
    )
    assert tree.functions() == (
        FunctionCost(5, "main", 2, own_units=5, inclusive_units=15),
        FunctionCost(6, "helper", 2, own_units=10, inclusive_units=14),
    )


def test_a_func_in_two_branches_counts_in_both() -> None:
    tree = CallTree(
        (ROOT, CallNode(0, 5, 1, 1), CallNode(1, 6, 1, 2), CallNode(0, 6, 1, 4)),
        (),
        NAMES,
    )
    assert tree.functions() == (
        FunctionCost(6, "helper", 2, own_units=6, inclusive_units=6),
        FunctionCost(5, "main", 1, own_units=1, inclusive_units=3),
    )


def test_what_could_not_be_paid_is_taken_from_where_it_was_charged() -> None:
    nodes = (ROOT, CallNode(0, 5, 1, 10))
    tree = CallTree(nodes, (Spending(1, "", -4),), NAMES)
    assert tree.stacks() == (Stack(("main",), 6),)
    assert tree.functions()[0].own_units == 6


def test_a_func_without_a_name_has_its_index() -> None:
    tree = CallTree((ROOT, CallNode(0, 7, 1, 1)), (), NAMES)
    assert tree.path(1) == ("func[7]",)


def chain(length: int) -> tuple[CallNode, ...]:
    """One func that calls itself `length` deep, a unit at each depth."""
    return (ROOT, *[CallNode(depth, 5, 1, 1) for depth in range(length)])


@pytest.mark.parametrize(("length", "is_cut"), [(256, False), (257, True)])
def test_stacks_are_cut_at_256_names(length: int, is_cut: bool) -> None:
    tree = CallTree(chain(length), (), NAMES)
    stacks = tree.stacks()
    assert tree.is_cut is is_cut
    assert max(len(stack.frames) for stack in stacks) == 256
    assert sum(stack.units for stack in stacks) == length
    assert stacks[-1].units == (2 if is_cut else 1)


def test_wide_trees_are_cut_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_tree, "MAX_STACK_NAMES", 2_100)
    tree = CallTree(chain(200), (), NAMES)
    assert max(len(stack.frames) for stack in tree.stacks()) == 64


def test_recursion_100_000_deep_needs_no_python_stack() -> None:
    tree = CallTree(chain(100_000), (Spending(100_000, "useGas", 9),), NAMES)
    (main,) = tree.functions()
    assert (main.own_units, main.inclusive_units) == (100_009, 100_009)
    assert sum(stack.units for stack in tree.stacks()) == 100_009
