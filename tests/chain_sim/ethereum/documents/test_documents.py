"""Documents of transactions and blocks: amounts, failures and logs, exactly."""

import pytest

from chain_sim.ethereum.documents.documents import (
    address_text,
    amount_text,
    error_text,
    failure_text,
    log_document,
    log_documents,
    log_lines,
)
from contractvm.hosts.evm.interface import Log
from tests.helpers.solidity_abi import selector, word

ADDRESS = bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
CHECKED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.mark.parametrize(
    ("wei", "text"),
    [
        (0, "0 wei (0 ether)"),
        (1, "1 wei (0.000000000000000001 ether)"),
        (10**17, "100000000000000000 wei (0.1 ether)"),
        (10**18 - 1, "999999999999999999 wei (0.999999999999999999 ether)"),
        (10**18, "1000000000000000000 wei (1 ether)"),
        (15 * 10**17, "1500000000000000000 wei (1.5 ether)"),
        (10**19, "10000000000000000000 wei (10 ether)"),
    ],
)
def test_amounts_are_shown_in_wei_and_exactly_in_ether(wei: int, text: str) -> None:
    assert amount_text(wei) == text


def test_addresses_have_their_checksum() -> None:
    assert address_text(ADDRESS) == CHECKED
    assert address_text(None) is None


def test_a_contract_that_failed_without_an_error_reverted() -> None:
    assert error_text(True, None) is None
    assert error_text(False, None) == "reverted"
    assert error_text(False, "out of gas") == "out of gas"


REASON = selector("Error(string)") + word(32) + word(3) + b"why".ljust(32, b"\0")


@pytest.mark.parametrize(
    ("error", "output", "text"),
    [
        ("out of gas", b"abc", "out of gas"),
        (None, REASON, "reverted: why"),
        (None, b"", "reverted without a reason"),
        (None, b"\1\2", "reverted with 0x0102"),
        (None, b"\1" * 68, "reverted with 0x" + "01" * 68),
        (None, b"\1" * 69, "reverted with 0x" + "01" * 68 + "..."),
    ],
)
def test_why_a_contract_failed(error: str | None, output: bytes, text: str) -> None:
    assert failure_text(error, output) == text


def test_a_log_has_all_its_topics_and_data() -> None:
    assert log_document(Log(ADDRESS, (b"\1" * 32, b"\2" * 32), b"\3")) == {
        "address": CHECKED,
        "topics": ["0x" + "01" * 32, "0x" + "02" * 32],
        "data": "0x03",
    }


def test_logs_are_numbered_and_an_event_s_name_stands_for_its_bytes() -> None:
    logs = [
        Log(ADDRESS, (b"\x01" * 32, b"\x02" * 32), b"\x05"),
        Log(ADDRESS, (), b""),
    ]
    lines = [
        f"0: from {CHECKED}",
        "   topic 0x" + "01" * 32,
        "   topic 0x" + "02" * 32,
        "   data 0x05",
        f"1: from {CHECKED}",
        "   data 0x",
    ]
    assert log_lines(logs) == lines
    named = log_lines(logs, lambda log: "Sent(1)" if log.topics else None)
    assert named == [lines[0], "   Sent(1)", *lines[4:]]
    assert [found["logIndex"] for found in log_documents(logs)] == [0, 1]
    assert log_documents(logs)[1] == {"logIndex": 1, **log_document(logs[1])}
