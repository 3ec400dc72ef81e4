"""Lists of values in requests: their elements, and how many they may be."""

import pytest

from chain_sim.node.parameters import InvalidValue
from chain_sim.node.values import NUMBER, list_of, parse_number


def test_a_list_holds_up_to_its_number_of_values() -> None:
    kind = list_of(NUMBER, 2)
    assert kind.name == "list of number"
    assert kind.parse([]) == []
    assert kind.parse(["0x1", "0x2"]) == [1, 2]
    with pytest.raises(InvalidValue) as caught:
        kind.parse(["0x1", "0x2", "0x3"])
    assert str(caught.value) == "3 elements, more than 2"
    with pytest.raises(InvalidValue) as caught:
        kind.parse("0x1")
    assert str(caught.value) == "a list, not text"


def test_a_list_holds_ten_thousand_values_where_nothing_else_is_said() -> None:
    kind = list_of(NUMBER)
    assert len(kind.parse([1] * 10_000)) == 10_000
    with pytest.raises(InvalidValue) as caught:
        kind.parse([1] * 10_001)
    assert str(caught.value) == "10001 elements, more than 10000"


def test_a_number_of_json_is_below_two_to_the_256() -> None:
    assert parse_number(0) == 0
    assert parse_number(2**256 - 1) == 2**256 - 1
    for given in (-1, 2**256):
        with pytest.raises(InvalidValue) as caught:
            parse_number(given)
        assert str(caught.value) == f"{given} is not between 0 and 2^256"
    with pytest.raises(InvalidValue) as caught:
        parse_number(True)
    assert str(caught.value) == "a number or text with one, not a boolean"
