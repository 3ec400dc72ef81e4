"""Numbers, amounts and addresses as users type them."""

from collections.abc import Callable

import click
import pytest

from chain_sim.ethereum.abi.numbers import parse_integer
from chain_sim.ethereum.primitives.text import InvalidText
from contractvm_cli.parameters import ACCOUNT, GAS, HASH, PRIVATE_KEY, SLOT, WEI
from contractvm_cli.places import BLOCK

ETHER = 10**18


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        ("-5", -5),
        ("0x10", 16),
        ("-0x10", -16),
        ("3wei", 3),
        ("2gwei", 2_000_000_000),
        ("1ether", ETHER),
        ("1 ether", ETHER),
        ("1.5ether", ETHER * 3 // 2),
        ("0.000000000000000001ether", 1),
        ("1.000000001gwei", 1_000_000_001),
        ("-0.5gwei", -500_000_000),
    ],
)
def test_a_number_is_read_exactly(text: str, number: int) -> None:
    assert parse_integer(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "x", "1e18", "1.5", "0.5wei", "1.0000000001gwei", "1 000", "0x", "1_000",
     "٣", "1.ether", "9" * 79, "9" * 5_000, "0x" + "f" * 65, "1finney"],
)  # fmt: skip
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(InvalidText):
        parse_integer(text)


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        (WEI, [("0", 0), (str(2**256 - 1), 2**256 - 1)], ["-1", str(2**256)]),
        (SLOT, [("0", 0), ("0x" + "f" * 64, 2**256 - 1)], ["-1", str(2**256)]),
        (GAS, [("1", 1), (str(2**63 - 1), 2**63 - 1)], ["0", "-1", str(2**63)]),
        (BLOCK, [("latest", None), ("7", 7)], ["a b", "0x07", "-1", "9" * 20]),
        (HASH, [("0x" + "ab" * 32, b"\xab" * 32)], ["0x" + "ab" * 31, "ab" * 32, ""]),
        (ACCOUNT, [("3", 3), ("0x" + "11" * 20, b"\x11" * 20)], ["x", "-1", "0x11"]),
        (PRIVATE_KEY, [("0x" + "11" * 32, b"\x11" * 32)], ["0x11", "zz" * 32]),
    ],
)
def test_parameters_take_what_is_in_range_and_nothing_else(
    parameter: click.ParamType,
    good: list[tuple[str, object]],
    bad: list[str],
) -> None:
    assert [parameter.convert(text, None, None) for text, _ in good] == [
        value for _, value in good
    ]
    for text in bad:
        with pytest.raises(click.BadParameter):
            parameter.convert(text, None, None)


def test_a_wrong_private_key_is_not_repeated(error_of: Callable[..., str]) -> None:
    line = error_of("deploy", "x.wasm", "--private-key", "deadbeef" * 7, code=2)
    assert "deadbeef" not in line
    assert "give 64 hex digits" in line


def test_a_wrong_checksum_is_refused(error_of: Callable[..., str]) -> None:
    wrong = "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
    assert "wrong checksum" in error_of("balance", wrong, code=2)
