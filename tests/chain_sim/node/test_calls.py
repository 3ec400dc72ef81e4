"""Overrides of a call: what the node does not have is named, what nobody has, too."""

from typing import Any

import pytest

from chain_sim.node.calls import NOT_SUPPORTED, parse_block_overrides
from chain_sim.node.parameters import InvalidValue


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        *(({name: "0x1"}, f"{name} is not supported") for name in NOT_SUPPORTED),
        ({"numbr": "0x1"}, "unknown override 'numbr'"),
        ({"number": "0x1", "random": None}, "random is not supported"),
    ],
)
def test_fields_of_a_block_that_cannot_be_set(given: Any, reason: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        parse_block_overrides(given)
    assert reason in str(caught.value)


def test_fields_of_a_block_that_can_be_set() -> None:
    found = parse_block_overrides({"number": "0x7", "baseFeePerGas": None})
    assert (found.number, found.base_fee) == (7, None)
