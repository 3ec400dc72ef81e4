"""Strategies for ABI types: all their values can be encoded, and edges occur."""

from typing import Any

import pytest
from eth_abi.abi import decode, encode
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from chain_sim.ethereum.abi.errors import InvalidAbi
from contract_testing.properties.named_address import (
    ZERO_ADDRESS,
    NamedAddress,
    of_account,
)
from contract_testing.properties.strategies import numbers, strategy_for

KNOWN = (of_account(0, b"\1" * 20), of_account(1, b"\2" * 20), ZERO_ADDRESS)
TYPES = (
    *("uint8", "uint64", "uint256", "int8", "int256", "address", "bool", "bytes"),
    *("bytes1", "bytes32", "string", "uint256[]", "address[3]", "(bool,int16)"),
    *("(uint8,(string,bytes)[])[2]", "bytes4[][]"),
)
QUICK = settings(
    max_examples=2_000, derandomize=True, database=None, phases=[Phase.generate]
)


@given(st.data(), st.sampled_from(TYPES))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_every_value_is_one_of_its_type(data: st.DataObject, abi_type: str) -> None:
    value = data.draw(strategy_for(abi_type, KNOWN))
    encoded = encode([abi_type], [value])
    assert encode([abi_type], decode([abi_type], encoded)) == encoded


def is_found(strategy: st.SearchStrategy[Any], wanted: Any) -> bool:
    try:
        find(strategy, lambda value: value == wanted, settings=QUICK)
    except NoSuchExample:
        return False
    return True


@pytest.mark.parametrize(
    "value", [0, 1, 10, 10**18, 2**255 - 1, 2**255, 2**256 - 2, 2**256 - 1]
)
def test_edges_of_numbers_come_up(value: int) -> None:
    assert is_found(strategy_for("uint256"), value)


@pytest.mark.parametrize("value", [-128, -127, -1, 0, 1, 126, 127])
def test_edges_of_signed_numbers_come_up(value: int) -> None:
    assert is_found(strategy_for("int8"), value)


@given(numbers(5, 9))
def test_numbers_stay_in_their_range(number: int) -> None:
    assert 5 <= number <= 9


@pytest.mark.parametrize("address", KNOWN)
def test_known_addresses_come_up_with_their_names(address: NamedAddress) -> None:
    found = find(strategy_for("address", KNOWN), address.__eq__, settings=QUICK)
    assert repr(found) == repr(address)


def test_other_addresses_come_up_too_and_print_as_hex() -> None:
    other = find(
        strategy_for("address", KNOWN),
        lambda value: value not in KNOWN,
        settings=settings(derandomize=True, database=None),
    )
    assert repr(other) == "0x" + "00" * 19 + "01"


@pytest.mark.parametrize("abi_type", ["uint7", "fixed", "", "uint256)"])
def test_what_is_no_type_is_refused(abi_type: str) -> None:
    with pytest.raises(InvalidAbi):
        strategy_for(abi_type)
