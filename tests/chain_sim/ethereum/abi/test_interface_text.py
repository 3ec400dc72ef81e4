"""Solidity interfaces as text: declarations outside of them, and faulty arrays."""

import pytest

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.interface_text import read_interface


def test_abstract_contracts_and_enums_outside_are_read() -> None:
    text = b"enum Kind { A, B } abstract contract C { function f(Kind kind) external; }"
    name, (entry,) = read_interface(text)
    assert (name, entry["name"]) == ("C", "f")
    assert [item["type"] for item in entry["inputs"]] == ["uint8"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "abstract interface I { }",
            "line 1, column 10: 'contract' was expected, not 'interface'",
        ),
        (
            "interface I {\n function f(uint[n] a) external; }",
            "line 2, column 13: the length of an array is a number, not 'uint'",
        ),
        ("uint a;", "line 1, column 1: an interface was expected, not 'uint'"),
        ("enum Kind { A }", "no interface in the text"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, reason: str) -> None:
    with pytest.raises(InvalidAbi) as caught:
        read_interface(text.encode())
    assert caught.value.reason == reason
