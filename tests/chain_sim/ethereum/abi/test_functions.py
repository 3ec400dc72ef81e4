"""Functions of a contract: their call data, and texts that are no signatures."""

import pytest

from chain_sim.ethereum.abi.functions import AbiFunction, Parameter, parse_function
from chain_sim.ethereum.abi.types import parse_type
from chain_sim.ethereum.primitives.text import InvalidText
from tests.helpers.solidity_abi import word

TRANSFER = parse_function("transfer(address,uint256)")


def test_call_data_is_the_selector_and_the_values() -> None:
    to = b"\x07" * 20
    data = bytes.fromhex("a9059cbb") + to.rjust(32, b"\0") + word(5)
    assert TRANSFER.encode([to, 5]) == data
    assert TRANSFER.encode_text(["0x" + "07" * 20, "5"]) == data


@pytest.mark.parametrize("arguments", [[], ["0x" + "07" * 20], ["1", "2", "3"]])
def test_as_many_arguments_as_parameters_are_needed(arguments: list[str]) -> None:
    with pytest.raises(InvalidText) as caught:
        TRANSFER.encode_text(arguments)
    reason = f"2 arguments needed, {len(arguments)} given"
    assert str(caught.value) == str(
        InvalidText("a call of transfer(address,uint256)", " ".join(arguments), reason)
    )


@pytest.mark.parametrize(
    ("name", "params", "is_invariant"),
    [
        ("invariant_sum", (), True),
        ("invariant_", (), True),
        ("invariant", (), False),
        ("an_invariant_sum", (), False),
        ("invariant_sum", (Parameter("a", parse_type("uint256")),), False),
    ],
)
def test_an_invariant_is_named_so_and_takes_nothing(
    name: str, params: tuple[Parameter, ...], is_invariant: bool
) -> None:
    assert AbiFunction(name, params).is_invariant is is_invariant


@pytest.mark.parametrize("text", ["f((uint256)", "f(((a,b),c)"])
def test_brackets_of_a_signature_match(text: str) -> None:
    with pytest.raises(InvalidText, match="brackets do not match"):
        parse_function(text)


def test_results_stand_in_brackets_of_their_own() -> None:
    found = parse_function("f((uint256,bool),bytes)(address)")
    assert found.signature == "f((uint256,bool),bytes)"
    assert found.result_texts == ["address"]
    assert parse_function("f()").result_texts == []
    assert parse_function("f()").results is None
