"""Times of blocks on a node whose clock is the machine's, as anvil's is."""

from typing import Any

import pytest

from tests.helpers.nodes import LocalClient, local_client

START = 5_000_000_000


class Now:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> int:
        return self.time


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def client(now: Now) -> LocalClient:
    return local_client(now=now)


def mined(client: LocalClient, *params: Any) -> int:
    """The timestamp of a new block."""
    client.call("evm_mine", *params)
    return int(client.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)


def test_added_time_counts_from_the_wall_and_not_from_the_head(
    client: LocalClient, now: Now
) -> None:
    assert mined(client) == START
    now.time += 3_600
    assert client.call("evm_increaseTime", 100) == 100
    assert client.call("evm_increaseTime", 50) == 150
    assert mined(client) == START + 3_750
    now.time += 2
    assert mined(client) == START + 3_752


def test_a_time_that_is_set_comes_first_and_the_clock_goes_on_from_setting(
    client: LocalClient, now: Now
) -> None:
    client.call("evm_setNextBlockTimestamp", START + 1_000)
    assert client.call("evm_increaseTime", 10) == 10
    assert mined(client) == START + 1_000
    now.time += 2_000
    assert mined(client) == START + 2_010
    assert client.call("evm_setTime", START + 9_010) == 7_000
    assert mined(client) == START + 9_010
    now.time += 5
    assert mined(client) == START + 9_015


@pytest.mark.parametrize("prefix", ["evm", "contractvm"])
def test_a_revert_takes_back_what_was_added(client: LocalClient, prefix: str) -> None:
    client.call("evm_increaseTime", 7)
    snapshot = client.call(f"{prefix}_snapshot")
    client.call("evm_increaseTime", 500)
    assert client.call(f"{prefix}_revert", snapshot) is True
    assert mined(client) == START + 7
    assert client.call("evm_increaseTime", 0) == 7


def test_time_never_stands_still(client: LocalClient) -> None:
    assert [mined(client) for _ in range(3)] == [START, START + 1, START + 2]
