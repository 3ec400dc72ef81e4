"""Parameters of methods: what is wrong with one is said with its name."""

import pytest

from chain_sim.node.errors import LIMIT_EXCEEDED, RpcError
from chain_sim.node.parameters import Kind, method
from chain_sim.node.values import NUMBER, optional, required


def refused(_: object) -> object:
    raise RpcError(LIMIT_EXCEEDED, "limit exceeded: too many")


def nothing() -> None:
    """Does nothing.

    Not even this.
    """


ROW = method("do", nothing, required("first", NUMBER), optional("second", NUMBER, 7))


def test_parameters_left_out_have_their_default() -> None:
    assert (ROW.signature, ROW.about) == ("do(first, second?)", "Does nothing.")
    assert ROW.bind(["0x1"]) == [1, 7]
    assert ROW.bind(["0x1", None]) == [1, 7]
    assert ROW.bind(["0x1", "0x2"]) == [1, 2]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([], "first is missing"),
        ([None, "0x2"], "first is missing"),
        ([[]], "first: a number or text with one, not a list"),
        ([1, 2, 3], "3 given, do(first, second?) takes at most 2"),
    ],
)
def test_a_wrong_parameter_is_named(given: list[object], reason: str) -> None:
    with pytest.raises(RpcError) as caught:
        ROW.bind(given)
    assert caught.value.code == -32602
    assert caught.value.message == f"invalid params: {reason}"


def test_a_kind_that_answers_with_a_code_keeps_it() -> None:
    row = method("do", nothing, required("which", Kind("any", refused)))
    with pytest.raises(RpcError) as caught:
        row.bind([1])
    assert caught.value.code == LIMIT_EXCEEDED
    assert caught.value.message == "limit exceeded: too many; in which"
