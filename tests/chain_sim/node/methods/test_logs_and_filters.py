"""Logs, filters and what they say after a revert."""

from typing import Any

import pytest

from chain_sim.node.events.filters import MAX_FILTERS
from chain_sim.node.methods import logs as logs_module
from tests.helpers.nodes import FIRST, SECOND, LocalClient, RpcFailed, local_client
from tests.helpers.probe_contract import INCREMENT, SIGNATURE, set_data

TOPIC = "0x" + SIGNATURE.hex()
UNKNOWN = "0x" + "11" * 32


def word(number: int) -> str:
    return f"0x{number:064x}"


def padded(address: str) -> str:
    return "0x" + "00" * 12 + address[2:]


@pytest.fixture
def client() -> LocalClient:
    return local_client()


@pytest.fixture
def contract(client: LocalClient) -> str:
    """A contract with a log in each of the blocks 1 to 4."""
    found = client.deploy()
    for number in (7, 8):
        client.transact(found, set_data(number))
    fields = {"from": SECOND, "to": found, "data": INCREMENT}
    client.call("eth_sendTransaction", fields)
    return found


@pytest.mark.parametrize(
    ("query", "blocks"),
    [
        ({}, [4]),
        ({"fromBlock": "earliest"}, [1, 2, 3, 4]),
        ({"fromBlock": "0x2", "toBlock": "0x3"}, [2, 3]),
        ({"fromBlock": "0x3", "toBlock": "0x2"}, []),
        ({"fromBlock": "0x0", "toBlock": "0x1000"}, [1, 2, 3, 4]),
        ({"fromBlock": "0x0", "topics": [TOPIC]}, [1, 2, 3, 4]),
        ({"fromBlock": "0x0", "topics": [None, padded(SECOND)]}, [4]),
        ({"fromBlock": "0x0", "topics": [[UNKNOWN, TOPIC], padded(FIRST)]}, [1, 2, 3]),
        ({"fromBlock": "0x0", "topics": [[], []]}, [1, 2, 3, 4]),
        ({"fromBlock": "0x0", "topics": [None, None, None]}, []),
        ({"fromBlock": "0x0", "topics": [UNKNOWN]}, []),
        ({"fromBlock": "0x0", "address": FIRST}, []),
        ({"fromBlock": "0x0", "address": [FIRST, "CONTRACT"]}, [1, 2, 3, 4]),
    ],
)
def test_query_finds(
    client: LocalClient, contract: str, query: dict[str, Any], blocks: list[int]
) -> None:
    if isinstance(query.get("address"), list):
        query = {**query, "address": [FIRST, contract]}
    found = client.call("eth_getLogs", query)
    assert [int(log["blockNumber"], 16) for log in found] == blocks


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"fromBlock": "0x5"}, -32602, "block height is 4 but requested was 5"),
        ({"blockHash": UNKNOWN}, -32000, "unknown block"),
        ({"blockHash": UNKNOWN, "fromBlock": "0x0"}, -32602, "either blockHash"),
        ({"topics": [None] * 5}, -32602, "exceeded maximum topics len"),
        ({"address": "0x12"}, -32602, "not an address"),
    ],
)
def test_wrong_query_is_refused(
    client: LocalClient, contract: str, query: dict[str, Any], code: int, message: str
) -> None:
    with pytest.raises(RpcFailed, match=message) as caught:
        client.call("eth_getLogs", query)
    assert caught.value.code == code


def test_log_has_its_place(client: LocalClient, contract: str) -> None:
    block = client.call("eth_getBlockByNumber", "0x2")
    (log,) = client.call("eth_getLogs", {"blockHash": block["hash"]})
    assert log == {
        "address": contract,
        "topics": [TOPIC, padded(FIRST)],
        "data": word(7),
        "blockNumber": "0x2",
        "blockHash": block["hash"],
        "blockTimestamp": block["timestamp"],
        "transactionHash": block["transactions"][0],
        "transactionIndex": "0x0",
        "logIndex": "0x0",
        "removed": False,
    }
    (receipt,) = client.call("eth_getBlockReceipts", "0x2")
    assert receipt["logs"] == [log]


def test_log_index_counts_in_the_block(client: LocalClient, contract: str) -> None:
    client.call("evm_setAutomine", False)
    for number in (1, 2):
        client.transact(contract, set_data(number), gas="0x30d40")
    client.call("evm_mine")
    logs = client.call("eth_getLogs", {})
    assert [log["logIndex"] for log in logs] == ["0x0", "0x1"]
    assert [log["transactionIndex"] for log in logs] == ["0x0", "0x1"]
    receipts = client.call("eth_getBlockReceipts", "latest")
    assert [log for receipt in receipts for log in receipt["logs"]] == logs


@pytest.mark.parametrize(("most", "is_answered"), [(4, True), (3, False)])
def test_logs_are_limited(
    client: LocalClient,
    contract: str,
    most: int,
    is_answered: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs_module, "MAX_LOGS", most)
    answer = client.send("eth_getLogs", {"fromBlock": "0x0", "address": contract})
    assert ("result" in answer) is is_answered
    assert answer.get("error", {"code": -32005})["code"] == -32005


def test_filters_tell_what_is_new(client: LocalClient, contract: str) -> None:
    every = client.call("eth_newFilter", {"address": contract})
    blocks = client.call("eth_newBlockFilter")
    pending = client.call("eth_newPendingTransactionFilter")
    assert [every, blocks, pending] == ["0x1", "0x2", "0x3"]
    sent = client.transact(contract, set_data(9))
    client.call("evm_mine")
    (log,) = client.call("eth_getFilterChanges", every)
    assert log["data"] == word(9)
    assert client.call("eth_getFilterChanges", every) == []
    hashes = [
        client.call("eth_getBlockByNumber", number)["hash"] for number in ("0x5", "0x6")
    ]
    assert client.call("eth_getFilterChanges", blocks) == hashes
    assert client.call("eth_getFilterChanges", pending) == [sent]
    assert client.call("eth_uninstallFilter", every) is True
    assert client.call("eth_uninstallFilter", every) is False


@pytest.mark.parametrize("method", ["eth_getFilterChanges", "eth_getFilterLogs"])
def test_unknown_filter_is_not_found(client: LocalClient, method: str) -> None:
    blocks = client.call("eth_newBlockFilter")
    wrong = "0x7" if method == "eth_getFilterChanges" else blocks
    with pytest.raises(RpcFailed, match="filter not found") as caught:
        client.call(method, wrong)
    assert caught.value.code == -32000


def test_filter_tells_lost_logs_after_a_revert(
    client: LocalClient, contract: str
) -> None:
    every = client.call("eth_newFilter", {"address": contract})
    snapshot = client.call("evm_snapshot")
    client.transact(contract, set_data(9))
    (log,) = client.call("eth_getFilterChanges", every)
    client.call("evm_revert", snapshot)
    client.transact(contract, set_data(10))
    lost, new = client.call("eth_getFilterChanges", every)
    assert lost == {**log, "removed": True}
    assert (new["data"], new["removed"]) == (word(10), False)


def test_filter_that_was_not_read_longest_goes_first(client: LocalClient) -> None:
    first = client.call("eth_newBlockFilter")
    second = client.call("eth_newBlockFilter")
    client.call("eth_getFilterChanges", first)
    for _ in range(MAX_FILTERS - 1):
        client.call("eth_newBlockFilter")
    assert client.call("eth_getFilterChanges", first) == []
    with pytest.raises(RpcFailed, match="filter not found"):
        client.call("eth_getFilterChanges", second)
