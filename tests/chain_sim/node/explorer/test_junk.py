"""Whatever the parameters, a method answers or says what is wrong with them."""

from typing import Any

import pytest

from chain_sim.node.errors import INVALID_PARAMS, RpcError
from chain_sim.node.methods.explorer import METHODS
from chain_sim.node.parameters import Method
from contractvm.errors import ContractVmError, InternalError
from tests.helpers.explorers import BOB, TOKEN_ABI, TokenNode

JUNK: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    2**64,
    10**400,
    "",
    "0x",
    "0x0",
    "0xzz",
    "latest",
    "main",
    "1:1",
    "9" * 19 + ":0",
    "<b>",
    "\0",
    "\ud800",
    "x" * 100_000,
    "0x" + "f" * 64,
    "0x" + "F" * 40,
    [],
    [[]],
    {},
    {"to": 1},
    {"to": BOB, "data": "0x0"},
    {"a": {"b": [None]}},
)


@pytest.fixture(scope="module")
def token() -> TokenNode:
    made = TokenNode()
    made.transfer(BOB, 1)
    return made


def good_values(token: TokenNode, row: Method) -> list[Any]:
    """Parameters with which the method succeeds."""
    samples = {
        "transaction hash": token.creation,
        "address": token.token,
        "block": 1,
        "count": 2,
        "call": {"to": token.token, "data": "0x06fdde03"},
        "slot": 0,
        "target": token.token,
        "content": TOKEN_ABI,
        "kind": "call",
        "data": "0x06fdde03",
        "text": "1",
        "function": "name",
        "arguments": [],
    }
    return [samples[one.name] for one in row.parameters if one.is_required]


@pytest.mark.parametrize("row", METHODS, ids=lambda row: row.name)
def test_junk_is_refused_by_name(token: TokenNode, row: Method) -> None:
    good = good_values(token, row)
    name = row.name.removeprefix("contractvm_")
    token.ask(name, *good)
    filled = good + [None] * (len(row.parameters) - len(good))
    for place in range(len(row.parameters)):
        for junk in JUNK:
            given = [*filled[:place], junk, *filled[place + 1 :]]
            try:
                row.function(token.node, *row.bind(given))
            except InternalError:
                raise
            except ContractVmError:
                pass
    with pytest.raises(RpcError) as caught:
        row.bind([*filled, None])
    assert caught.value.code == INVALID_PARAMS
    token.ask("addAbi", token.token, TOKEN_ABI)
