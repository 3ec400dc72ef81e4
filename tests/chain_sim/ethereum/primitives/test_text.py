import pytest
from eth_utils import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    Address,
    InvalidText,
    format_address,
    format_data,
    format_quantity,
    keccak256,
    parse_address,
    parse_data,
    parse_quantity,
)

CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
PLAIN = CHECKSUMMED.lower()


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
        (b"\x80", "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
    ],
)
def test_keccak256_has_the_original_padding(data: bytes, digest: str) -> None:
    assert keccak256(data).hex() == digest


def test_the_hashes_of_nothing_are_ethereums() -> None:
    assert EMPTY_CODE_HASH.hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
    assert EMPTY_TRIE_ROOT.hex() == (
        "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
    )


@settings(deadline=None)
@given(st.binary(max_size=70))
def test_data_is_read_as_it_is_written(data: bytes) -> None:
    assert parse_data(format_data(data)) == data


@settings(deadline=None)
@given(st.integers(0, 2**256))
def test_quantities_are_read_as_they_are_written(number: int) -> None:
    assert parse_quantity(format_quantity(number)) == number


@settings(deadline=None)
@given(st.binary(min_size=20, max_size=20).map(Address))
def test_addresses_have_the_checksum_that_others_compute(address: Address) -> None:
    text = format_address(address)
    assert text == to_checksum_address(address)
    for written in (text, text.lower(), "0x" + text[2:].upper()):
        assert parse_address(written) == address


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not start with 0x"),
        ("00", "does not start with 0x"),
        ("0X00", "does not start with 0x"),
        (" 0x00", "does not start with 0x"),
        ("0x0", "odd number of digits"),
        ("0x0g", "'g' at 3 is not a hexadecimal digit"),
        ("0x 00", "' ' at 2 is not a hexadecimal digit"),
        ("0x00 ", "' ' at 4 is not a hexadecimal digit"),
        ("0x00\n", "'\\n' at 4 is not a hexadecimal digit"),
        ("0x_0", "'_' at 2 is not a hexadecimal digit"),
        ("0x\u0660\u0660", "'\u0660' at 2 is not a hexadecimal digit"),
    ],
)
def test_what_is_not_data_is_named(text: str, reason: str) -> None:
    with pytest.raises(InvalidText) as caught:
        parse_data(text)
    facts = caught.value.kind, caught.value.text, caught.value.reason
    assert facts == ("data", text, reason)
    assert str(caught.value) == f"not data: {text!r}: {reason}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1", "does not start with 0x"),
        ("0x", "no digits after 0x"),
        ("0x01", "leading zero"),
        ("0x00", "leading zero"),
        ("0x-1", "'-' at 2 is not a hexadecimal digit"),
    ],
)
def test_what_is_not_a_quantity_is_named(text: str, reason: str) -> None:
    with pytest.raises(InvalidText) as caught:
        parse_quantity(text)
    assert (caught.value.kind, caught.value.reason) == ("a quantity", reason)


@pytest.mark.parametrize(("text", "number"), [("0x0", 0), ("0xa", 10), ("0xFf", 255)])
def test_quantities_have_no_leading_zeros(text: str, number: int) -> None:
    assert parse_quantity(text) == number


def test_no_quantity_is_negative() -> None:
    with pytest.raises(InvalidText) as caught:
        format_quantity(-1)
    assert caught.value.reason == "negative"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (PLAIN[:-1], "39 hexadecimal digits, not 40"),
        (PLAIN + "0", "41 hexadecimal digits, not 40"),
        ("0x", "0 hexadecimal digits, not 40"),
        (PLAIN[2:], "does not start with 0x"),
        (CHECKSUMMED.replace("aA", "AA"), "wrong checksum"),
        (CHECKSUMMED.replace("Aed", "AeD"), "wrong checksum"),
    ],
)
def test_what_is_not_an_address_is_named(text: str, reason: str) -> None:
    with pytest.raises(InvalidText) as caught:
        parse_address(text)
    assert (caught.value.kind, caught.value.reason) == ("an address", reason)


def test_the_message_shows_the_start_of_a_long_text() -> None:
    with pytest.raises(InvalidText) as caught:
        parse_data("0y" + "0" * 1000)
    assert len(str(caught.value)) < 200
    assert "(1002 characters)" in str(caught.value)
    assert len(caught.value.text) == 1002
