"""Blocks by the machine's time, and what the node remembers of itself."""

from typing import Any

from tests.helpers.nodes import FIRST, SECOND, LocalClient, local_client

START = 1_700_000_000
NOBODY = "0x" + "00" * 18 + "0abc"


class Clock:
    def __init__(self, seconds: int) -> None:
        self.seconds = seconds

    def __call__(self) -> int:
        return self.seconds


def mined(client: LocalClient, *params: Any) -> int:
    """The time of a new block."""
    client.call("evm_mine", *params)
    return int(client.call("eth_getBlockByNumber", "latest")["timestamp"], 16)


def test_a_block_has_the_machines_time() -> None:
    clock = Clock(START + 1_000)
    client = local_client(now=clock)
    assert mined(client) == START + 1_000
    assert mined(client) == START + 1_001  # one after the other
    clock.seconds += 50
    assert mined(client) == START + 1_050
    clock.seconds -= 500
    assert mined(client) == START + 1_051
    assert mined(client, hex(START + 2_000)) == START + 2_000


def test_what_was_added_stays_and_what_was_set_comes_first() -> None:
    clock = Clock(START + 1_000)
    client = local_client(now=clock)
    assert mined(client) == START + 1_000
    assert client.call("evm_increaseTime", 100) == 100
    assert client.call("evm_increaseTime", 10) == 110
    assert mined(client) == START + 1_110
    clock.seconds += 20
    assert mined(client) == START + 1_130
    client.call("evm_setNextBlockTimestamp", START + 9_000)
    assert mined(client) == START + 9_000
    client.call("hardhat_reset")
    clock.seconds = START + 60
    assert mined(client) == START + 60


def test_without_the_machines_time_a_block_is_a_second_later() -> None:
    client = local_client()
    assert [mined(client), mined(client)] == [START + 1, START + 2]


def test_snapshots_are_told_with_their_blocks() -> None:
    client = local_client()
    hashes = []
    for number in range(2):
        assert client.call("evm_snapshot") == hex(number)
        hashes.append(client.call("eth_getBlockByNumber", "latest")["hash"])
        client.call("evm_mine")
    found = client.call("anvil_metadata")["snapshots"]
    assert found == {"0x0": [0, hashes[0]], "0x1": [1, hashes[1]]}


def test_a_transaction_that_cannot_be_mined_leaves_the_one_that_it_replaces() -> None:
    client = local_client()
    client.call("evm_setAutomine", False)
    first = client.transact(NOBODY, value="0x1", gasPrice="0x77359400")
    second = client.transact(NOBODY, **{"from": SECOND}, value="0x2")
    assert client.call("eth_getTransactionByHash", first)["blockNumber"] is None
    client.call("evm_setAutomine", True)
    for sent in (first, second):
        assert client.call("eth_getTransactionByHash", sent)["blockNumber"] == "0x1"


def test_edits_forget_transactions_that_they_make_stale() -> None:
    client = local_client()
    client.call("evm_setAutomine", False)
    sent = client.transact(NOBODY, value="0x1")
    assert client.call("txpool_status") == {"pending": "0x1", "queued": "0x0"}
    client.call("hardhat_setNonce", FIRST, "0x5")
    assert client.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    assert client.call("eth_getTransactionByHash", sent) is None
