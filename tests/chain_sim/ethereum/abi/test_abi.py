"""Types, functions and ABI files; every generated value can be encoded."""

import json

import pytest
from eth_abi.abi import decode, encode

from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.abi.errors import AmbiguousFunction, InvalidAbi, UnknownFunction
from chain_sim.ethereum.abi.functions import Parameter, find_function, parse_function
from chain_sim.ethereum.abi.types import ValueType, parse_type
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.inputs.argument_values import change_value, make_value
from contract_fuzz.inputs.dictionary import EDGES, Dictionary

WORDS = Dictionary(EDGES, (b"\x11" * 20, bytes(20)), (b"some", b"\xff\xfe"))
TYPES = [
    *("uint8", "uint256", "int8", "int256", "address", "bool", "string"),
    *("bytes", "bytes1", "bytes32", "uint64[]", "uint8[3]", "string[2][]"),
    *("(uint8,string)", "(address,(bytes,int16)[])[2]", "bool[][]"),
]
OPERANDS = [(0x1122334455667788, 5), (7, 7)]


@pytest.mark.parametrize("text", TYPES)
def test_type_is_written_as_it_is_read(text: str) -> None:
    assert parse_type(text).text == text


def test_short_names_stand_for_the_canonical_ones() -> None:
    assert parse_type("uint").text == "uint256"
    assert parse_type("function") == ValueType("bytes", 24)


@pytest.mark.parametrize("text", TYPES)
def test_values_of_every_type_are_encoded_and_come_back(text: str) -> None:
    kind = parse_type(text)
    random = CaseRandom(1, 2)
    value = make_value(kind, random, WORDS)
    for number in range(300):
        (back,) = decode([text], encode([text], [value]))
        assert encode([text], [back]) == encode([text], [value])
        operands = OPERANDS if number % 2 else ()
        value = change_value(kind, value, random, WORDS, operands)


def test_changed_number_takes_what_the_contract_compared_in_both_orders() -> None:
    random = CaseRandom(3, 4)
    kind = parse_type("uint64")
    seen = {change_value(kind, 5, random, WORDS, OPERANDS) for _ in range(500)}
    assert {0x1122334455667788, 0x8877665544332211} <= seen


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("uint7", "'uint7' is no type of Solidity's ABI"),
        ("fixed128x18", "'fixed128x18' has a type that is not supported"),
        ("uint8[99999]", "'uint8[99999]' has more than 4096 values"),
        ("(" * 400 + ")" * 400, "has more than 16 nested tuples"),
        ("x" * 1_001, "a type of 1001 characters"),
    ],
)
def test_other_types_are_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidAbi) as caught:
        parse_type(text)
    assert caught.value.reason.endswith(reason)


def test_function_has_the_selector_that_everybody_knows() -> None:
    transfer = parse_function("transfer(address, uint256)(bool)")
    assert transfer.signature == "transfer(address,uint256)"
    assert transfer.selector.hex() == "a9059cbb"
    assert transfer.results == (ValueType("bool"),)
    data = transfer.encode(["0x" + "11" * 20, 5])
    assert transfer.decode(data) == ["0x" + "11" * 20, 5]
    assert transfer.decode(data[:-1]) is None
    assert transfer.decode(b"\0" + data[1:]) is None


def test_abi_file_gives_functions_with_their_tuples_and_names() -> None:
    document = {
        "abi": [
            {"type": "constructor", "inputs": []},
            {"type": "event", "name": "E"},
            {
                "type": "function",
                "name": "place",
                "stateMutability": "payable",
                "inputs": [
                    {
                        "name": "orders",
                        "type": "tuple[2][]",
                        "components": [
                            {"name": "price", "type": "uint64"},
                            {"name": "items", "type": "bytes[]"},
                        ],
                    }
                ],
                "outputs": [{"name": "", "type": "bool"}],
            },
            {"name": "all", "inputs": [], "stateMutability": "view"},
        ]
    }
    place, every = read_abi(json.dumps(document).encode())
    assert place.signature == "place((uint64,bytes[])[2][])"
    assert (place.is_payable, place.is_read_only) == (True, False)
    assert (every.is_payable, every.is_read_only) == (False, True)
    (orders,) = place.params
    order = orders.type.items[0].items[0]
    assert (orders.name, order.names) == ("orders", ("price", "items"))
    assert order.items[0] == Parameter("", parse_type("uint64")).type


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"inputs": []}, "entry 0 has no name or no list of inputs"),
        ({"name": "f", "inputs": [{}]}, "a parameter of f has no type"),
        (
            {"name": "f", "inputs": [{"type": "tuple"}]},
            "a tuple of f has no components",
        ),
        ({"type": "event", "name": "f"}, "it has no functions"),
    ],
)
def test_faults_of_an_abi_file_are_named(entry: object, reason: str) -> None:
    with pytest.raises(InvalidAbi) as caught:
        read_abi(json.dumps([entry]).encode())
    assert caught.value.reason == reason


def test_two_functions_with_one_selector_are_refused() -> None:
    """A pair that is known to have it."""
    names = ["burn(uint256)", "collate_propagate_storage(bytes16)"]
    selectors = {parse_function(name).selector for name in names}
    assert len(selectors) == 1
    entries = [
        {
            "name": name.partition("(")[0],
            "inputs": [{"type": name[name.index("(") + 1 : -1]}],
        }
        for name in names
    ]
    with pytest.raises(InvalidAbi, match="have one selector"):
        read_abi(json.dumps(entries).encode())


def test_function_is_found_by_signature_or_by_a_name_that_is_its_own() -> None:
    functions = [parse_function(text) for text in ("f(uint8)", "f(address)", "g()")]
    assert find_function(functions, "g") is functions[2]
    assert find_function(functions, "f( address )") is functions[1]
    with pytest.raises(AmbiguousFunction) as ambiguous:
        find_function(functions, "f")
    assert str(ambiguous.value) == (
        "f is one of f(uint8), f(address): give the signature"
    )
    with pytest.raises(UnknownFunction) as unknown:
        find_function(functions[2:], "f")
    assert str(unknown.value) == "no function f in the ABI: it has g()"
    with pytest.raises(UnknownFunction, match=r"it has none$"):
        find_function((), "f")
