"""ABIs from each of their sources, and what is refused with its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.interface_text import MAX_MEMBERS, MAX_TEXT_BYTES
from contract_testing import Abi, UnfitValue, ether, gwei
from contract_testing.contracts.abi import MAX_ENTRIES
from contract_testing.contracts.values import wei

TEXT = """
// SPDX-License-Identifier: CC0-1.0
pragma solidity ^0.8.0;
interface IErc20 {
  struct Pair { uint64 x; address[] who; }
  enum Kind { A, B }
  event Transfer(address indexed from, address indexed to, uint256 value);
  event Plain(bytes data) anonymous;
  error TooLittle(uint64 have, uint64 want);
  function totalSupply() external view returns (uint256);
}
interface IVault is IErc20 {
  function deposit() external payable returns (uint64 amount, IErc20.Pair memory p);
  function f(Kind kind, Pair[2] calldata pairs, IErc20 token) external;
  function totalSupply() external view override(IErc20) returns (uint256);
}
"""


def test_interface_text_has_all_that_it_inherits() -> None:
    abi = Abi.read(TEXT)
    assert abi.name == "IVault"
    assert [function.shown for function in abi.functions] == [
        "totalSupply() view -> uint256",
        "deposit() payable -> uint64 amount, (uint64,address[]) p",
        "f(uint8 kind, (uint64,address[])[2] pairs, address token)",
    ]
    assert abi.functions[2].signature == "f(uint8,(uint64,address[])[2],address)"
    transfer, plain = abi.events
    assert (transfer.signature, transfer.indexed) == (
        "Transfer(address,address,uint256)",
        (True, True, False),
    )
    assert plain.is_anonymous
    assert [error.signature for error in abi.errors] == ["TooLittle(uint64,uint64)"]
    assert abi.functions[1].outputs[1].struct == "Pair"


ENTRIES: list[dict[str, Any]] = [
    {"type": "constructor", "inputs": [{"name": "start", "type": "uint64"}]},
    {
        "type": "function",
        "name": "get",
        "inputs": [],
        "outputs": [{"name": "value", "type": "uint256"}],
        "stateMutability": "view",
    },
    {"type": "receive", "stateMutability": "payable"},
]


@pytest.mark.parametrize("wrap", [lambda found: found, lambda found: {"abi": found}])
def test_json_is_the_array_or_an_object_with_one(tmp_path: Path, wrap: Any) -> None:
    path = tmp_path / "vault.json"
    path.write_text(json.dumps(wrap(ENTRIES)))
    abi = Abi.read(path)
    assert abi.name == "vault"
    assert [function.shown for function in abi.functions] == [
        "get() view -> uint256 value"
    ]
    assert abi.constructor is not None
    assert [shape.shown for shape in abi.constructor.inputs] == ["uint64 start"]
    assert Abi.read(path.read_bytes()).functions == abi.functions
    assert Abi.read(path.read_text()).functions == abi.functions
    assert Abi.read(abi) is abi


def test_signatures_are_an_abi() -> None:
    abi = Abi.read(["f(uint8)(bool)", "g((uint8,bool[2])[3][])"])
    assert [function.shown for function in abi.functions] == [
        "f(uint8) -> bool",
        "g((uint8,bool[2])[3][])",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "interface X { function f() { } }",
            "line 1, column 28: ';' was expected: interfaces have no bodies, not '{'",
        ),
        ("interface X {", "line 1, column 14: a declaration was expected"),
        (
            "interface X is X { }\n",
            "line 1, column 16: an interface inherits from itself, not 'X'",
        ),
        (
            "interface A is B { }\ninterface B is A { }",
            "line 1, column 16: an interface inherits from itself, not 'B'",
        ),
        ("interface X is Y { }\n", "line 1, column 16: no such interface, not 'Y'"),
        (
            "interface X {\n  function f(Foo x) external;\n}",
            "line 2, column 14: no such type, not 'Foo'",
        ),
        (
            "struct A { A a; }\ninterface X { function f(A a) external; }",
            "line 1, column 12: a struct within itself, or too deep, not 'A'",
        ),
        ("interface é { }\n", "line 1, column 11: this letter has no place here"),
        ("x;", "line 1, column 1: an interface was expected, not 'x'"),
        ("// nothing\n", "no interface in the text"),
        ("interface X { function f(uint7 x) external; }", "'uint7' is no type of"),
        ("struct E { }\ninterface X { }", "line 1, column 8: a struct has fields"),
    ],
)
def test_a_fault_in_the_text_has_line_and_column(text: str, reason: str) -> None:
    with pytest.raises(InvalidAbi) as raised:
        Abi.read(text)
    assert raised.value.reason.startswith(reason)


@pytest.mark.parametrize("source", [b"[1", b"{}", b"\xff;", [5], ["f(uint8"]])
def test_anything_else_is_no_abi(source: Any) -> None:
    with pytest.raises(InvalidAbi):
        Abi.read(source)
    with pytest.raises(TypeError):
        Abi.read(5)


def test_a_file_is_named_by_its_fault(tmp_path: Path) -> None:
    path = tmp_path / "bad.sol"
    path.write_text("interface X { ; }")
    with pytest.raises(InvalidAbi, match=r"bad\.sol: line 1, column 15"):
        Abi.read(path)


def test_text_is_bounded() -> None:
    head = "interface X { function f() external; }\n//"
    room = MAX_TEXT_BYTES - len(head)
    assert Abi.read(head + "x" * room).name == "X"
    with pytest.raises(InvalidAbi, match=f"at most {MAX_TEXT_BYTES}"):
        Abi.read(head + "x" * (room + 1))


def test_structs_that_multiply_are_refused_soon() -> None:
    structs = ["struct S0 { uint8 x; }"]
    structs += [
        f"struct S{depth} {{ " + "".join(f"S{depth - 1} a{i};" for i in range(9)) + " }"
        for depth in range(1, 12)
    ]
    text = "\n".join([*structs, "interface X { function f(S11 a) external; }"])
    with pytest.raises(InvalidAbi, match=f"more than {MAX_MEMBERS} values in all"):
        Abi.read(text)


def test_interfaces_that_inherit_twice_are_read_once() -> None:
    lines = ["interface I0 { function f() external; }"]
    lines += [
        f"interface A{n} is I{n - 1} {{ }}\ninterface I{n} is I{n - 1}, A{n} {{ }}"
        for n in range(1, 60)
    ]
    assert [each.signature for each in Abi.read("\n".join(lines)).functions] == ["f()"]


@pytest.mark.parametrize("count", [MAX_ENTRIES, MAX_ENTRIES + 1])
def test_entries_are_bounded(count: int) -> None:
    signatures = [f"f{number}()" for number in range(count)]
    if count == MAX_ENTRIES:
        assert len(Abi.read(signatures).functions) == count
        return
    with pytest.raises(InvalidAbi, match="2001 entries, at most 2000"):
        Abi.read(signatures)


def test_an_event_has_three_indexed_parameters_at_most() -> None:
    three = "uint8 indexed a, uint8 indexed b, uint8 indexed c"
    read = Abi.read(f"interface X {{ event E({three}); }}\n")
    assert sum(read.events[0].indexed) == 3
    with pytest.raises(InvalidAbi, match="more than 3 indexed"):
        Abi.read(f"interface X {{ event E({three}, uint8 indexed d); }}\n")


# Amounts


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (0, 0),
        ("1.5 ether", 1_500_000_000_000_000_000),
        ("2gwei", 2_000_000_000),
        ("7", 7),
    ],
)
def test_amounts_are_exact(given: int | str, expected: int) -> None:
    assert wei(given) == expected
    assert (ether("0.000000000000000001"), gwei(2)) == (1, 2_000_000_000)


@pytest.mark.parametrize("given", [1.5, True, -1, "x", "1.0000000001 gwei", None])
def test_what_is_no_amount_is_refused(given: Any) -> None:
    with pytest.raises(UnfitValue):
        wei(given)
