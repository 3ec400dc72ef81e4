"""Addresses as text, against BIP-173; and those of the stand-in chains."""

import pytest

from contractvm.hosts.cosmwasm import bech32
from contractvm.hosts.cosmwasm.backend import AddressRefused, Cost
from contractvm.hosts.cosmwasm.testing.api import (
    Bech32Api,
    PlainApi,
    make_address,
    plain_api,
    wasmvm_api,
)

# The data's numbers of 5 bits of BIP-173's valid texts, which fit whole bytes here.
VALID = [
    ("a12uel5l", "a", b""),
    (
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharacters"
        "bio1tt5tgs",
        "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharacters"
        "bio",
        b"",
    ),
    (
        "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw",
        "abcdef",
        bytes.fromhex("00443214c74254b635cf84653a56d7c675be77df"),
    ),
    ("?1ezyfcl", "?", b""),
]


@pytest.mark.parametrize(("text", "prefix", "data"), VALID)
def test_published_texts_have_their_data(text: str, prefix: str, data: bytes) -> None:
    assert bech32.decode(text) == (prefix, data)
    assert bech32.decode(text.upper()) == (prefix, data)
    assert bech32.encode(prefix, data) == text


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 20, 32, 64])
def test_data_of_any_length_comes_back(size: int) -> None:
    data = bytes(range(250 - size, 250))
    assert bech32.decode(bech32.encode("wasm", data)) == ("wasm", data)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "invalid separator index -1"),
        (" 1nwldj5", "invalid character in string: ' '"),
        ("\x7f1axkwrx", r"invalid character in string: '\x7f'"),
        ("!1nwldj5", "invalid checksum"),
        ("~1axkwrx", "invalid checksum"),
        ("pzry9x0s0muk", "invalid separator index -1"),
        ("1pzry9x0s0muk", "invalid separator index 0"),
        ("x1b4n0q5v", "invalid character not part of charset: 'b'"),
        ("li1dgmt3", "invalid separator index 2"),
        ("a1" + "q" * 5, "invalid separator index 1"),
        ("a1" + "q" * 6, "invalid checksum"),
        ("A12uel5l", "string not all lowercase or all uppercase"),
        ("a12UEL5L", "string not all lowercase or all uppercase"),
        ("a1" + "q" * 1_021, "invalid checksum"),
        ("a1" + "q" * 1_022, "invalid bech32 string length 1024"),
    ],
)
def test_what_is_malformed_says_why(text: str, reason: str) -> None:
    with pytest.raises(bech32.MalformedBech32) as caught:
        bech32.decode(text)
    assert str(caught.value) == reason


def groups(*numbers: int) -> str:
    """A text of any numbers of 5 bits, with its checksum."""
    values = bech32._expanded("a") + list(numbers)
    check = bech32._checksum([*values, *[0] * 6]) ^ 1
    numbers += tuple(check >> 5 * (5 - place) & 31 for place in range(6))
    return "a1" + "".join(bech32.LETTERS[number] for number in numbers)


@pytest.mark.parametrize(
    ("numbers", "data"),
    [
        ((31, 28), b"\xff"),
        ((31, 31, 31, 16), b"\xff\xff"),
        ((31, 29), None),
        ((31,), None),
        ((31, 28, 0), None),
        ((31, 31, 31, 17), None),
        ((0,), None),
    ],
)
def test_a_group_must_end_with_zeros_and_be_needed(
    numbers: tuple[int, ...], data: bytes | None
) -> None:
    text = groups(*numbers)
    if data is not None:
        assert bech32.decode(text) == ("a", data)
        return
    with pytest.raises(bech32.MalformedBech32, match="invalid incomplete group"):
        bech32.decode(text)


API = Bech32Api()
CANONICAL = bytes(range(32))
TEXT = bech32.encode("cosmwasm", CANONICAL)


def test_addresses_of_the_stand_in_cost_by_their_conversions() -> None:
    assert API.canonicalize(TEXT) == (CANONICAL, Cost(700_000))
    assert API.humanize(CANONICAL) == (TEXT, Cost(560_000))
    assert API.validate(TEXT) == Cost(1_260_000)
    for size in (1, 64):
        text, _ = API.humanize(bytes(size))
        assert API.canonicalize(text)[0] == bytes(size)


@pytest.mark.parametrize(
    ("text", "reason", "cost"),
    [
        (TEXT.upper(), "Address is not normalized", 1_260_000),
        ("cosmwasm", "Error decoding bech32", 700_000),
        (bech32.encode("wasm", CANONICAL), "Wrong bech32 prefix", 700_000),
        (
            bech32.encode("cosmwasm", b""),
            "Invalid canonical address length",
            700_000,
        ),
        (
            bech32.encode("cosmwasm", bytes(65)),
            "Invalid canonical address length",
            700_000,
        ),
    ],
)
def test_addresses_are_refused_with_what_it_cost(
    text: str, reason: str, cost: int
) -> None:
    with pytest.raises(AddressRefused) as caught:
        API.validate(text)
    assert (caught.value.reason, caught.value.cost) == (reason, Cost(cost))


@pytest.mark.parametrize("size", [0, 65])
def test_bytes_of_another_length_have_no_text(size: int) -> None:
    with pytest.raises(AddressRefused) as caught:
        API.humanize(bytes(size))
    assert caught.value.reason == "Invalid canonical address length"
    assert caught.value.cost == Cost(560_000)


@pytest.mark.parametrize(
    ("api", "size", "canonicalize", "humanize"),
    [(plain_api(), 90, 55, 44), (wasmvm_api(), 32, 440, 550)],
)
def test_plain_addresses_are_padded_texts(
    api: PlainApi, size: int, canonicalize: int, humanize: int
) -> None:
    data, cost = api.canonicalize("Somebody")
    assert (data, cost) == (b"somebody".ljust(size, b"\0"), Cost(canonicalize))
    assert api.humanize(data) == ("somebody", Cost(humanize))
    assert api.validate("somebody") == Cost(canonicalize + humanize)
    assert len(api.canonicalize("x" * size)[0]) == size
    faults = [
        (lambda: api.validate("Somebody"), "Address is not normalized"),
        (lambda: api.canonicalize("x" * (size + 1)), "human encoding too long"),
        (lambda: api.humanize(data[1:]), "wrong canonical address length"),
        (lambda: api.humanize(data + b"\0"), "wrong canonical address length"),
    ]
    costs = (canonicalize + humanize, canonicalize, humanize, humanize)
    for (run, reason), expected in zip(faults, costs, strict=True):
        with pytest.raises(AddressRefused) as caught:
            run()
        assert (caught.value.reason, caught.value.cost) == (reason, Cost(expected))


def test_a_name_has_an_address() -> None:
    digest = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
    assert bech32.decode(make_address("a")) == ("cosmwasm", bytes.fromhex(digest))
