"""Transactions by their place or sender, whole and as bytes, also while they wait."""

from chain_sim.ethereum.primitives.text import keccak256
from tests.helpers.nodes import FIRST, SECOND, LocalClient, local_client
from tests.helpers.probe_contract import INCREMENT, probe_init_code

NOBODY = "0x" + "00" * 18 + "0abc"


def hash_of(raw: str) -> str:
    return "0x" + keccak256(bytes.fromhex(raw[2:])).hex()


def with_transactions() -> tuple[LocalClient, str, list[str]]:
    """A contract, and a block with a call of it by two senders."""
    client = local_client()
    contract = client.deploy()
    client.call("evm_setAutomine", False)
    sent = [
        client.transact(contract, INCREMENT, **{"from": sender, "gas": "0x30000"})
        for sender in (FIRST, SECOND)
    ]
    return client, contract, sent


def test_a_place_in_a_block_has_a_transaction_or_none() -> None:
    client, _, sent = with_transactions()
    client.call("evm_mine")
    block = client.call("eth_getBlockByNumber", "latest")
    for index, tx_hash in enumerate(block["transactions"]):
        for found in (
            client.call(
                "eth_getTransactionByBlockNumberAndIndex", "latest", hex(index)
            ),
            client.call(
                "eth_getTransactionByBlockHashAndIndex", block["hash"], hex(index)
            ),
        ):
            assert (found["hash"], found["transactionIndex"]) == (tx_hash, hex(index))
        for raw in (
            client.call(
                "eth_getRawTransactionByBlockNumberAndIndex", "latest", hex(index)
            ),
            client.call(
                "eth_getRawTransactionByBlockHashAndIndex", block["hash"], hex(index)
            ),
            client.call("eth_getRawTransactionByHash", tx_hash),
        ):
            assert hash_of(raw) == tx_hash
    assert sorted(block["transactions"]) == sorted(sent)
    for method in (
        "eth_getTransactionByBlockNumberAndIndex",
        "eth_getRawTransactionByBlockNumberAndIndex",
    ):
        assert client.call(method, "latest", "0x2") is None
        assert client.call(method, "0x99", "0x0") is None


def test_a_waiting_transaction_has_bytes_and_a_place_by_its_sender() -> None:
    client, contract, sent = with_transactions()
    assert hash_of(client.call("eth_getRawTransactionByHash", sent[0])) == sent[0]
    name = "ots_getTransactionBySenderAndNonce"
    assert client.call(name, FIRST, "0x1") == sent[0]
    assert client.call(name, SECOND, "0x0") == sent[1]
    assert client.call(name, SECOND, "0x1") is None
    assert client.call(name, NOBODY, "0x0") is None
    creation = client.call(name, FIRST, "0x0")
    creator = client.call("ots_getContractCreator", contract)
    assert creator == {"hash": creation, "creator": FIRST}
    assert client.call("ots_getContractCreator", NOBODY) is None


def test_pending_state_is_that_after_what_waits() -> None:
    client, contract, _ = with_transactions()
    slots = {
        block: client.number("eth_getStorageAt", contract, "0x0", block)
        for block in ("latest", "pending")
    }
    assert slots == {"latest": 42, "pending": 44}
    counts = {
        block: client.number("eth_getTransactionCount", SECOND, block)
        for block in ("latest", "pending")
    }
    assert counts == {"latest": 0, "pending": 1}
    client.call("evm_mine")
    assert client.number("eth_getStorageAt", contract, "0x0", "latest") == 44
    assert client.number("eth_getStorageAt", contract, "0x0", "pending") == 44


def test_the_creation_is_found_in_whichever_block_it_is() -> None:
    client = local_client()
    contracts = [client.deploy() for _ in range(9)]
    client.call("hardhat_mine", "0x3")
    for number, contract in enumerate(contracts, 1):
        block = client.call("eth_getBlockByNumber", hex(number))
        creator = client.call("ots_getContractCreator", contract)
        assert creator == {"hash": block["transactions"][0], "creator": FIRST}


def test_the_creation_is_found_among_others_of_its_block() -> None:
    client = local_client()
    client.call("evm_setAutomine", False)
    plain = {"from": FIRST, "to": SECOND, "value": "0x1", "gas": "0x5208"}
    first = client.call("eth_sendTransaction", plain)
    code = {"from": FIRST, "data": "0x" + probe_init_code().hex(), "gas": "0x1000000"}
    creation = client.call("eth_sendTransaction", code)
    client.call("evm_mine")
    block = client.call("eth_getBlockByNumber", "latest")
    assert block["transactions"] == [first, creation]
    contract = client.call("eth_getTransactionReceipt", creation)["contractAddress"]
    found = client.call("ots_getContractCreator", contract)
    assert found == {"hash": creation, "creator": FIRST}


def test_a_chain_without_a_fee_market_tells_a_base_fee_of_0() -> None:
    told = local_client(fees=None).call("anvil_nodeInfo")["environment"]
    assert told["baseFee"] == "0x0"
    client = local_client()
    base_fee = client.node.chain.next_block.base_fee
    assert base_fee is not None
    told = client.call("anvil_nodeInfo")["environment"]
    assert told["baseFee"] == hex(base_fee)
