"""Numbers and bytes of other tools' dumps: each form, and both sides of each edge."""

from collections.abc import Callable
from typing import Any

import pytest

from chain_sim.ethereum.dumps.edit_documents import edit_documents, read_edits
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.values import any_data, any_number, any_word
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.edits import AccountEdit

WORD = 2**256 - 1


def reason_of(read: Callable[[], object]) -> str:
    with pytest.raises(MalformedDump) as caught:
        read()
    assert caught.value.place == "here"
    return caught.value.reason


@pytest.mark.parametrize(
    ("value", "maximum", "number"),
    [
        (0, 5, 0),
        (5, 5, 5),
        ("5", 5, 5),
        ("0x5", 5, 5),
        ("0X5", 5, 5),
        ("007", 7, 7),
        ("0x" + "f" * 64, WORD, WORD),
        ("1" + "0" * 77, 10**78, 10**77),
    ],
)
def test_a_number_in_any_form(value: object, maximum: int, number: int) -> None:
    assert any_number(value, "here", maximum) == number


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (True, "not a number: True"),
        (None, "not a number: None"),
        (1.0, "not a number: 1.0"),
        ("", "not a number: ''"),
        ("-1", "not a number: '-1'"),
        ("0x", "not a number: '0x'"),
        ("f", "not a number: 'f'"),
        ("0x" + "0" * 65, f"not a number: '0x{'0' * 37}..."),
        ("1" * 79, f"not a number: '{'1' * 39}..."),
        ("1" * 38, f"not between 0 and {WORD // 2**200}"),
        (-1, f"not between 0 and {WORD // 2**200}"),
        (WORD // 2**200 + 1, f"not between 0 and {WORD // 2**200}"),
    ],
)
def test_what_is_no_number_of_the_range(value: object, reason: str) -> None:
    assert reason_of(lambda: any_number(value, "here", WORD // 2**200)) == reason


@pytest.mark.parametrize(
    ("text", "data"), [("0xAb", b"\xab"), ("ab", b"\xab"), ("", b"")]
)
def test_bytes_with_and_without_their_prefix(text: str, data: bytes) -> None:
    assert any_data(text, "here") == data
    assert any_data(text, "here", len(data)) == data
    reason = reason_of(lambda: any_data(text, "here", len(data) + 1))
    assert reason == f"{len(data)} bytes, not {len(data) + 1}"


@pytest.mark.parametrize("value", ["a", "0xabc", "0x0g", "ab\n", 5, None])
def test_what_is_no_bytes(value: object) -> None:
    wanted = f"not bytes in hex digits: {value!r}"
    assert reason_of(lambda: any_data(value, "here")) == wanted


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("0xf", 15), ("abc", 0xABC), ("f" * 64, WORD)]
)
def test_a_word_may_lack_its_leading_zeros(text: str, number: int) -> None:
    assert any_word(text, "here") == number.to_bytes(32, "big")


@pytest.mark.parametrize("value", ["", "0x", "0" * 65, "g", 5])
def test_what_is_no_word(value: object) -> None:
    reason = reason_of(lambda: any_word(value, "here"))
    assert reason.startswith("not 32 bytes in hex digits: ")


# Edits

FIRST, SECOND = Address(b"\1" * 20), Address(b"\2" * 20)
WHOLE = AccountEdit(
    FIRST,
    balance=5,
    nonce=2**64 - 2,
    code=b"\xab",
    clears_storage=True,
    slots=((bytes(32), b"\7" * 32), (b"\1" * 32, bytes(32))),
)
DOCUMENT: dict[str, Any] = {
    "address": "0x" + "01" * 20,
    "balance": "0x5",
    "nonce": "0xfffffffffffffffe",
    "code": "0xab",
    "clearsStorage": "0x1",
    "storage": {"0x" + "00" * 32: "0x" + "07" * 32, "0x" + "01" * 32: "0x" + "00" * 32},
}


def test_edits_are_written_and_read_with_what_they_change_only() -> None:
    nothing = AccountEdit(SECOND)
    documents = [DOCUMENT, {"address": "0x" + "02" * 20}]
    assert edit_documents((WHOLE, nothing)) == documents
    assert read_edits(documents, "here") == (WHOLE, nothing)
    assert read_edits([], "here") == ()


@pytest.mark.parametrize(
    ("documents", "reason"),
    [
        ([{**DOCUMENT, "more": 1}], "has something that no edit has"),
        ([{**DOCUMENT, "storage": {}}], "has something that no edit has"),
        ([DOCUMENT, DOCUMENT], "not one edit of each account, in order"),
    ],
)
def test_other_edits_are_refused(documents: object, reason: str) -> None:
    with pytest.raises(MalformedDump) as caught:
        read_edits(documents, "here")
    assert (caught.value.place, caught.value.reason) == ("here", reason)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("address", "0x" + "01" * 19),
        ("balance", hex(2**256)),
        ("nonce", hex(2**64 - 1)),
        ("clearsStorage", "0x0"),
        ("clearsStorage", "0x2"),
        ("storage", {"0x" + "00" * 31: "0x" + "07" * 32}),
        ("storage", {"0x" + "00" * 32: "0x" + "07" * 31}),
    ],
)
def test_values_of_edits_have_bounds(key: str, value: object) -> None:
    with pytest.raises(MalformedDump):
        read_edits([{**DOCUMENT, key: value}], "here")


def test_edits_come_in_the_order_of_their_accounts() -> None:
    with pytest.raises(MalformedDump) as caught:
        read_edits(
            edit_documents((AccountEdit(SECOND, 1), AccountEdit(FIRST, 1))), "here"
        )
    assert caught.value.reason == "not one edit of each account, in order"
