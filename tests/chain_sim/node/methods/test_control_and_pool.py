"""Snapshots, edits, the clock, mining, the pool and fees: exact values."""

from typing import Any

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.node.node import Node
from contractvm.errors import InternalError
from tests.chain_sim.ethereum.dumps.test_round_trip import dump_of, loaded
from tests.helpers.chains import chain_with_history
from tests.helpers.nodes import (
    FIRST,
    KEYS,
    SECOND,
    THIRD,
    LocalClient,
    RpcFailed,
    local_client,
)
from tests.helpers.probe_contract import GET, probe_runtime, set_data

NOBODY = "0x" + "00" * 18 + "0abc"
GWEI = 10**9
START = 1_700_000_000


@pytest.fixture
def client() -> LocalClient:
    return local_client()


def word(number: int) -> str:
    return f"0x{number:064x}"


def head(client: LocalClient) -> dict[str, Any]:
    found: dict[str, Any] = client.call("eth_getBlockByNumber", "latest")
    return found


def refused(client: LocalClient, method: str, *params: Any) -> int:
    with pytest.raises(RpcFailed) as caught:
        client.call(method, *params)
    return int(caught.value.code)


def test_snapshot_is_used_up_with_all_later_ones(client: LocalClient) -> None:
    first, second = client.call("evm_snapshot"), client.call("anvil_snapshot")
    assert (first, second) == ("0x0", "0x1")
    client.call("evm_mine")
    assert client.call("evm_revert", first) is True
    assert head(client)["number"] == "0x0"
    assert client.call("evm_revert", first) is False
    assert client.call("evm_revert", second) is False
    assert client.call("evm_revert", "0x1000") is False
    assert client.call("evm_snapshot") == "0x2"


def test_revert_restores_what_was_set(client: LocalClient) -> None:
    client.call("hardhat_setBalance", NOBODY, "0x5")
    client.call("evm_setNextBlockTimestamp", START + 500)
    client.call("hardhat_setNextBlockBaseFeePerGas", hex(7 * GWEI))
    snapshot = client.call("evm_snapshot")
    client.call("hardhat_setBalance", NOBODY, "0x6")
    client.call("evm_mine")
    client.call("evm_revert", snapshot)
    assert client.call("eth_getBalance", NOBODY) == "0x5"
    client.call("evm_mine")
    assert int(head(client)["timestamp"], 16) == START + 500
    assert int(head(client)["baseFeePerGas"], 16) == 7 * GWEI


def test_edits_are_seen_at_once_and_in_the_next_block(client: LocalClient) -> None:
    before = head(client)
    client.call("hardhat_setBalance", NOBODY, "0x64")
    client.call("anvil_addBalance", NOBODY, "0x1")
    client.call("evm_setAccountNonce", NOBODY, "0x7")
    client.call("hardhat_setCode", NOBODY, "0x" + probe_runtime().hex())
    assert client.call("hardhat_setStorageAt", NOBODY, "0x0", word(11)) is True
    assert head(client) == before
    assert client.call("eth_getBalance", NOBODY) == "0x65"
    assert client.call("eth_getBalance", NOBODY, "0x0") == "0x65"
    assert client.call("eth_getTransactionCount", NOBODY) == "0x7"
    assert client.call("eth_call", {"to": NOBODY, "data": GET}) == word(11)
    client.call("evm_mine")
    proof = client.call("eth_getProof", NOBODY, ["0x0"])
    assert (proof["balance"], proof["nonce"]) == ("0x65", "0x7")
    assert proof["storageProof"][0]["value"] == "0xb"
    assert client.call("eth_getBalance", NOBODY, "0x0") == "0x0"
    assert refused(client, "hardhat_setStorageAt", NOBODY, "0x0", "0x1") == -32602
    assert refused(client, "hardhat_setNonce", NOBODY, hex(2**64 - 1)) == -32602


def test_clock_is_set_and_goes_on(client: LocalClient) -> None:
    def mined() -> int:
        client.call("evm_mine")
        return int(head(client)["timestamp"], 16)

    assert mined() == START + 1
    assert client.call("evm_increaseTime", "0x3c") == 60
    assert client.call("evm_increaseTime", 60) == 120
    assert mined() == START + 122
    client.call("evm_setNextBlockTimestamp", START + 200)
    assert mined() == START + 200
    assert mined() == START + 201
    assert client.call("evm_setTime", START + 302) == 100
    assert mined() == START + 302
    client.call("anvil_setBlockTimestampInterval", 5)
    assert mined() == START + 307
    assert client.call("anvil_removeBlockTimestampInterval") is True
    assert client.call("anvil_removeBlockTimestampInterval") is False
    assert mined() == START + 308
    for method in ("evm_setTime", "evm_setNextBlockTimestamp"):
        assert refused(client, method, START + 308) == -32602
    client.call("evm_mine", START + 400)
    assert int(head(client)["timestamp"], 16) == START + 400


def test_mining_of_several_blocks(client: LocalClient) -> None:
    client.call("hardhat_mine", "0x3", "0x3c")
    times = [
        int(client.call("eth_getBlockByNumber", hex(number))["timestamp"], 16)
        for number in (1, 2, 3)
    ]
    assert times == [START + 60, START + 120, START + 180]
    client.call("hardhat_mine", "0x0")
    client.call("anvil_mine")
    client.call("evm_mine", {"blocks": 3})
    assert head(client)["number"] == "0x7"
    (block,) = client.call("anvil_mine_detailed")
    assert block["number"] == "0x8"
    assert refused(client, "hardhat_mine", 1_000_001) == -32602


def test_next_block_has_what_was_set(client: LocalClient) -> None:
    client.call("hardhat_setCoinbase", NOBODY)
    client.call("evm_setBlockGasLimit", 10_000_000)
    client.transact(SECOND, value="0x1")
    block = head(client)
    assert (block["miner"], block["gasLimit"]) == (NOBODY, hex(10_000_000))
    assert client.number("eth_getBalance", NOBODY) == 21_000 * GWEI
    assert refused(client, "hardhat_setMinGasPrice", "0x1") == -32602
    assert refused(client, "anvil_setChainId", 5) == -32602
    assert client.call("anvil_setChainId", 31337) is None


def test_rollback_reset_and_reorganisation(client: LocalClient) -> None:
    contract = client.deploy()
    client.transact(contract, set_data(7))
    old = head(client)
    client.call("anvil_reorg", 1, [[{"to": contract, "data": set_data(8)}, 0]])
    assert head(client)["number"] == old["number"]
    assert head(client)["hash"] != old["hash"]
    assert client.call("eth_call", {"to": contract, "data": GET}) == word(8)
    client.call("anvil_reorg", 2, [])
    assert client.call("eth_getCode", contract) == "0x"
    assert head(client)["number"] == "0x2"
    assert client.call("hardhat_getAutomine") is True
    client.call("anvil_rollback")
    assert head(client)["number"] == "0x1"
    assert refused(client, "anvil_rollback", 2) == -32602
    assert refused(client, "anvil_reorg", 2, []) == -32602
    assert refused(client, "anvil_reorg", 1, [["0x", 1]]) == -32602
    client.call("anvil_reset")
    assert head(client)["number"] == "0x0"


def test_dump_is_loaded_by_another_node(client: LocalClient) -> None:
    contract = client.deploy()
    dump = client.call("anvil_dumpState")
    assert dump.startswith("0x1f8b")
    other = local_client()
    assert other.call("hardhat_loadState", dump) is True
    assert other.call("eth_blockNumber") == "0x0"
    assert other.call("eth_call", {"to": contract, "data": GET}) == word(42)
    assert other.call("eth_getTransactionCount", FIRST) == "0x1"
    assert refused(other, "anvil_loadState", "0x1234") == -32602


def test_pool_waits_replaces_and_orders_by_fees(client: LocalClient) -> None:
    client.call("evm_setAutomine", False)
    fees = {"maxFeePerGas": hex(3 * GWEI), "maxPriorityFeePerGas": hex(GWEI)}
    first = client.transact(NOBODY, gas="0x5208", **fees)
    assert refused_message(client, fees) == "replacement transaction underpriced"
    better = {"maxFeePerGas": hex(3 * GWEI + 1), "maxPriorityFeePerGas": hex(GWEI)}
    second = client.transact(NOBODY, gas="0x5208", nonce="0x0", **better)
    assert client.call("eth_getTransactionByHash", first) is None
    queued = client.transact(NOBODY, gas="0x5208", nonce="0x5", **fees)
    more = {"maxFeePerGas": hex(9 * GWEI), "maxPriorityFeePerGas": hex(5 * GWEI)}
    fields = {"from": THIRD, "to": NOBODY, "gas": "0x5208", **more}
    generous = client.call("eth_sendTransaction", fields)
    assert client.call("txpool_status") == {"pending": "0x2", "queued": "0x1"}
    assert client.call("eth_getTransactionCount", FIRST, "pending") == "0x1"
    assert client.call("eth_getTransactionCount", FIRST, "latest") == "0x0"
    content = client.call("txpool_content")
    assert content["queued"] == {FIRST: {"5": content["queued"][FIRST]["5"]}}
    assert content["queued"][FIRST]["5"]["hash"] == queued
    line = client.call("txpool_inspect")["pending"][THIRD]["0"]
    assert line == f"{NOBODY}: 0 wei + 21000 gas \u00d7 {9 * GWEI} wei"
    pending = client.call("eth_getBlockByNumber", "pending")
    assert pending["transactions"] == [generous, second]
    assert (pending["hash"], pending["nonce"]) == (None, None)
    client.call("evm_mine")
    assert head(client)["transactions"] == [generous, second]
    assert head(client)["stateRoot"] == pending["stateRoot"]
    assert client.call("anvil_dropTransaction", queued) == queued
    assert client.call("anvil_dropTransaction", queued) is None
    assert client.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}


def refused_message(client: LocalClient, fees: dict[str, str]) -> str:
    fields = {"from": FIRST, "to": SECOND, "gas": "0x5208", "nonce": "0x0", **fees}
    with pytest.raises(RpcFailed) as caught:
        client.call("eth_sendTransaction", fields)
    return str(caught.value.message).partition(":")[0]


def test_order_fifo_is_the_order_of_arrival() -> None:
    client = local_client(order="fifo", automines=False)
    hashes = [
        client.call(
            "eth_sendTransaction",
            {"from": sender, "to": NOBODY, "gas": "0x5208", "gasPrice": hex(price)},
        )
        for sender, price in ((FIRST, 2 * GWEI), (SECOND, 9 * GWEI), (THIRD, 5 * GWEI))
    ]
    client.call("evm_mine")
    assert head(client)["transactions"] == hashes


def test_queued_transactions_go_with_the_one_that_closes_the_gap(
    client: LocalClient,
) -> None:
    fields = {"gas": "0x5208", "value": "0x1"}
    later = client.transact(NOBODY, nonce="0x1", **fields)
    assert client.call("eth_getTransactionReceipt", later) is None
    first = client.transact(NOBODY, nonce="0x0", **fields)
    assert head(client)["transactions"] == [first, later]
    assert head(client)["number"] == "0x1"


def test_replacement_that_cannot_be_mined_leaves_what_it_replaces(
    client: LocalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    base_fee = GWEI * 7 // 8
    client.call("evm_setAutomine", False)
    fees = {"maxFeePerGas": hex(base_fee), "maxPriorityFeePerGas": "0x0"}
    waiting = client.transact(NOBODY, gas="0x5208", **fees)
    client.node.automines = True

    def fail(_timestamp: int | None) -> None:
        raise InternalError("the disk is full")

    monkeypatch.setattr(client.node, "_make_block", fail)
    better = {"maxFeePerGas": hex(5 * GWEI), "nonce": "0x0", "gas": "0x5208"}
    better |= {"from": FIRST, "to": NOBODY}
    assert refused(client, "eth_sendTransaction", better) == -32603
    assert client.call("eth_getTransactionByHash", waiting)["hash"] == waiting
    assert client.call("txpool_status") == {"pending": "0x1", "queued": "0x0"}


def test_interval_of_a_chain_stays_with_it() -> None:
    client = local_client(block_time_step=12)
    client.call("evm_mine")
    assert int(head(client)["timestamp"], 16) == START + 12
    other = LocalClient(Node(client.node.chain, {}))
    other.call("evm_mine")
    assert int(head(other)["timestamp"], 16) == START + 24


def test_automine_on_mines_what_waits(client: LocalClient) -> None:
    client.call("evm_setIntervalMining", 0)
    assert client.call("anvil_getAutomine") is False
    assert client.call("anvil_getIntervalMining") is None
    sent = client.transact(NOBODY)
    client.call("evm_setAutomine", True)
    assert client.call("eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_fee_history_is_exact(client: LocalClient) -> None:
    client.call("evm_setAutomine", False)
    for sender, tip in ((FIRST, 1), (SECOND, 2), (THIRD, 5)):
        fields = {"maxFeePerGas": hex(90 * GWEI), "maxPriorityFeePerGas": hex(tip)}
        client.call(
            "eth_sendTransaction",
            {"from": sender, "to": NOBODY, "gas": "0x5208"} | fields,
        )
    client.call("evm_mine")
    found = client.call("eth_feeHistory", 5, "latest", [0, 33.4, 66.7, 100])
    base = GWEI * 7 // 8
    after = base - base * (15_000_000 - 63_000) // 15_000_000 // 8
    assert found["oldestBlock"] == "0x0"
    assert [int(fee, 16) for fee in found["baseFeePerGas"]] == [GWEI, base, after]
    assert found["gasUsedRatio"] == [0.0, 0.0021]
    assert found["reward"] == [["0x0"] * 4, ["0x1", "0x2", "0x5", "0x5"]]
    assert client.call("eth_feeHistory", "0x1", "latest")["reward"] == []
    for params in (
        (0, "latest"),
        (1, "0x9"),
        (1, "latest", [2, 1]),
        (1, "latest", [101]),
    ):
        assert refused(client, "eth_feeHistory", *params) == -32602


def test_block_parameters(client: LocalClient) -> None:
    client.call("hardhat_mine", 2)
    block = client.call("eth_getBlockByNumber", "0x1")
    by_hash = {"blockHash": block["hash"], "requireCanonical": True}
    for choice in ("latest", "Latest", "safe", "finalized", "pending", "earliest"):
        assert client.call("eth_getBalance", NOBODY, choice) == "0x0"
    for choice in ("0x01", {"blockNumber": "0x1"}, by_hash, block["hash"]):
        assert client.call("eth_getBalance", NOBODY, choice) == "0x0"
    assert refused(client, "eth_getBalance", NOBODY, "0x3") == -32602
    assert refused(client, "eth_getBalance", NOBODY, {"blockHash": word(1)}) == -32001
    assert refused(client, "eth_getBalance", NOBODY, 1) == -32602
    assert client.call("eth_getBlockByNumber", "0x3") is None
    assert client.call("eth_getBlockReceipts", "0x3") is None
    snapshot = client.call("evm_snapshot")
    client.call("evm_mine")
    other = head(client)["hash"]
    client.call("evm_revert", snapshot)
    assert client.call("eth_getBalance", NOBODY, {"blockHash": other}) == "0x0"
    off_chain = {"blockHash": other, "requireCanonical": True}
    assert refused(client, "eth_getBalance", NOBODY, off_chain) == -32001


def test_pruned_states_are_not_kept(client: LocalClient) -> None:
    client.node.chain.prune(2)
    client.call("hardhat_mine", 600)
    with pytest.raises(RpcFailed, match="state of block 1 is not kept") as caught:
        client.call("eth_getBalance", NOBODY, "0x1")
    assert caught.value.code == -32001
    assert client.call("eth_getBalance", NOBODY) == "0x0"


def test_states_that_a_dump_left_out_are_not_kept() -> None:
    chain, _ = loaded(dump_of(chain_with_history(MemoryDatabase(), 3)))
    client = LocalClient(Node(chain, KEYS))
    for number in range(3):
        with pytest.raises(RpcFailed, match=f"state of block {number} is not kept"):
            client.call("eth_getBalance", NOBODY, hex(number))
        assert client.call("eth_getBlockByNumber", hex(number))["number"] == hex(number)
    assert client.number("eth_getBalance", SECOND, "0x3") == 10_000 * 10**18


def test_receipt_details_are_added_on_request() -> None:
    client = local_client(has_receipt_details=True)
    contract = client.deploy()
    sent = client.transact(contract, "0xa9cc4718", gas="0x30d40")
    details = client.call("eth_getTransactionReceipt", sent)["contractvm"]
    assert details["output"].startswith("0x08c379a0")


def test_revert_forgets_what_it_makes_stale(client: LocalClient) -> None:
    send = {"from": FIRST, "to": SECOND}
    client.call("eth_sendTransaction", send | {"value": "0x1"})
    snapshot = client.call("evm_snapshot")
    client.call("anvil_rollback", 1)
    client.call("evm_setAutomine", False)
    waiting = client.call(
        "eth_sendTransaction", send | {"nonce": "0x0", "value": "0x2"}
    )
    later = client.call("eth_sendTransaction", send | {"nonce": "0x2"})
    assert client.call("txpool_status") == {"pending": "0x1", "queued": "0x1"}
    assert client.call("evm_revert", snapshot) is True
    assert client.call("eth_getTransactionCount", FIRST, "latest") == "0x1"
    assert client.call("eth_getTransactionByHash", waiting) is None
    assert client.call("txpool_status") == {"pending": "0x0", "queued": "0x1"}
    assert client.call("eth_getTransactionByHash", later)["blockHash"] is None
