"""Signatures, arguments and outputs, checked against the tests' own ABI coder."""

import pytest

from chain_sim.ethereum.abi.functions import parse_function, revert_reason
from chain_sim.ethereum.primitives.text import InvalidText

ONE = (1).to_bytes(32, "big")
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def word(number: int) -> bytes:
    return (number % 2**256).to_bytes(32, "big")


@pytest.mark.parametrize(
    ("signature", "selector"),
    [
        ("transfer(address,uint256)", "a9059cbb"),
        ("balanceOf(address)(uint256)", "70a08231"),
        ("totalSupply()", "18160ddd"),
        ("increment()()", "d09de08a"),
        ("transfer(address, uint)", "a9059cbb"),
        ("transfer( address,uint256 ) (bool)", "a9059cbb"),
    ],
)
def test_the_selector_is_that_of_the_canonical_signature(
    signature: str, selector: str
) -> None:
    assert parse_function(signature).selector.hex() == selector


def test_tuples_and_short_type_names_are_spelled_out() -> None:
    function = parse_function("f((uint,int)[], bytes32)")
    assert function.signature == "f((uint256,int256)[],bytes32)"


@pytest.mark.parametrize(
    ("kind", "text", "encoded"),
    [
        ("uint256", "1ether", word(10**18)),
        ("uint8", "255", word(255)),
        ("int8", "-128", word(-128)),
        ("bool", "true", ONE),
        ("address", ALICE, bytes(12) + bytes.fromhex(ALICE[2:])),
        ("bytes4", "0x01020304", bytes([1, 2, 3, 4]) + bytes(28)),
        ("bytes", "0x0102", word(32) + word(2) + b"\x01\x02" + bytes(30)),
        ("string", "a,b", word(32) + word(3) + b"a,b" + bytes(29)),
        ("uint8[2]", "[1, 2]", word(1) + word(2)),
        ("uint8[]", "[]", word(32) + word(0)),
        ("uint8[1][]", "[[1],[3]]", b"".join(map(word, (32, 2, 1, 3)))),
        ("(uint8,bool)", "(1,true)", ONE + ONE),
        (
            "string[]",
            '["a,]\\"b",c]',
            b"".join(map(word, (32, 2, 64, 128, 5))) + b'a,]"b' + bytes(27)
            + word(1) + b"c" + bytes(31),
        ),
    ],
)  # fmt: skip
def test_arguments_are_encoded_by_their_types(
    kind: str, text: str, encoded: bytes
) -> None:
    assert parse_function(f"f({kind})").encode_text([text])[4:] == encoded


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("uint8", "256"),
        ("uint8", "-1"),
        ("int8", "128"),
        ("int8", "-129"),
        ("uint256", "ten"),
        ("bool", "1"),
        ("address", "0x12"),
        ("bytes4", "0x010203"),
        ("bytes", "0x1"),
        ("bytes", "0102"),
        ("uint8[2]", "[1]"),
        ("uint8[]", "1,2"),
        ("uint8[]", "[1,2"),
        ("uint8[]", "[1,]"),
        ("uint8[]", "[[1]]"),
        ("(uint8,bool)", "(1)"),
        ("(uint8,bool)", "[1,true]"),
        ("string[]", '["a]'),
    ],
)
def test_arguments_that_do_not_fit_are_refused(kind: str, text: str) -> None:
    with pytest.raises(InvalidText):
        parse_function(f"f({kind})").encode_text([text])


def test_the_number_of_arguments_must_fit() -> None:
    function = parse_function("f(uint8,uint8)")
    with pytest.raises(InvalidText) as caught:
        function.encode_text(["1"])
    assert caught.value.reason == "2 arguments needed, 1 given"


@pytest.mark.parametrize(
    "text",
    ["", "f", "f(", "f)", "(uint8)", "f(foo)", "f(uint257)", "f(uint8", "f(uint8))",
     "f()()()", "f(uint8)x", "f(fixed128x18)", "f((foo))", "1f()", "f(,)",
     "f" * 1_001 + "()"],
)  # fmt: skip
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(InvalidText):
        parse_function(text)


def test_outputs_are_decoded_for_json() -> None:
    function = parse_function("f()(uint256,int8,bool,address,bytes2,(uint8,string)[])")
    output = b"".join(
        (
            word(2**255), word(-1), ONE, bytes(12) + bytes.fromhex(ALICE[2:]),
            b"\x01\x02" + bytes(30), word(192), word(1), word(32), word(7), word(64),
            word(2), b"hi" + bytes(30),
        )
    )  # fmt: skip
    assert function.decode_output(output) == [
        2**255, -1, True, ALICE, "0x0102", [[7, "hi"]],
    ]  # fmt: skip


def test_without_result_types_nothing_is_decoded() -> None:
    assert parse_function("f()").decode_output(b"anything") is None
    assert parse_function("f()()").decode_output(b"") == []


@pytest.mark.parametrize(
    ("signature", "output"),
    [
        ("f()(uint256)", b""),
        ("f()(uint8)", word(256)),
        ("f()(string)", word(32) + word(1) + b"\xff" + bytes(31)),
        ("f()(bytes)", word(2**256 - 1)),
        ("f()(uint8[])", word(32) + word(2**64)),
    ],
)
def test_output_of_another_form_is_an_error(signature: str, output: bytes) -> None:
    with pytest.raises(InvalidText):
        parse_function(signature).decode_output(output)


def test_the_reason_of_a_revert_is_read() -> None:
    data = bytes.fromhex("08c379a0") + word(32) + word(2) + b"no" + bytes(30)
    assert revert_reason(data) == "no"
    assert revert_reason(data[:40]) is None
    assert revert_reason(b"") is None


def test_nothing_follows_the_types_of_a_signature() -> None:
    text = "f(uint256)(bool)[](bool)"
    with pytest.raises(InvalidText, match="bad types: ") as caught:
        parse_function(text)
    assert str(caught.value).startswith(f"not a signature: {text!r}: bad types: ")
