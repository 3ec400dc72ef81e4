"""web3.py as a client: what its users do, against a node on a loopback port."""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import pytest
from web3 import AsyncWeb3, HTTPProvider, Web3, WebSocketProvider
from web3 import __version__ as web3_version
from web3.contract import Contract
from web3.exceptions import ContractCustomError, ContractLogicError, Web3RPCError
from web3.types import TxParams

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node
from tests.helpers.nodes import KEYS, Client, served
from tests.helpers.probe_contract import SIGNATURE, probe_init_code

KEY = "0x" + DEVELOPER_ACCOUNTS[1].private_key.hex()
DEAD = Web3.to_checksum_address("0x" + "00" * 18 + "dead")


def function(name: str, *inputs: str, outputs: str = "") -> dict[str, Any]:
    return {
        "type": "function",
        "name": name,
        "inputs": [{"name": f"a{at}", "type": kind} for at, kind in enumerate(inputs)],
        "outputs": [{"name": "", "type": outputs}] if outputs else [],
        "stateMutability": "view" if outputs else "nonpayable",
    }


ABI = [
    function("get", outputs="uint256"),
    function("set", "uint256"),
    function("increment"),
    function("whoami", outputs="address"),
    function("fail", "uint256"),
    function("trap"),
]


@pytest.fixture
def client() -> Iterator[Client]:
    with (
        Blockchain.in_memory(fees="eip1559") as chain,
        served(Node(chain, KEYS)) as found,
    ):
        yield found


@pytest.fixture
def web3(client: Client) -> Web3:
    return Web3(HTTPProvider(client.url))


@pytest.fixture
def contract(web3: Web3) -> Contract:
    return deployed(web3)


def deployed(web3: Web3) -> Contract:
    """The probe contract, sent from an account of the node."""
    factory = web3.eth.contract(abi=ABI, bytecode=probe_init_code())
    sent = factory.constructor().transact({"from": web3.eth.accounts[0]})
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=5)
    assert receipt["status"] == 1
    return web3.eth.contract(address=receipt["contractAddress"], abi=ABI)


def test_it_is_connected(web3: Web3) -> None:
    assert web3_version.partition(".")[0] == os.environ.get("WEB3_VERSION", "8")
    assert web3.is_connected()
    assert web3.client_version.startswith("contractvm/")
    assert web3.client_version.endswith("/ewasm-byzantium+1559")
    assert web3.eth.chain_id == 31337


def test_deployed_contract_is_read_and_written(web3: Web3, contract: Contract) -> None:
    assert contract.functions.get().call() == 42
    sender = web3.eth.accounts[0]
    sent = contract.functions.set(7).transact({"from": sender})
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=5)
    assert (receipt["status"], receipt["type"]) == (1, 2)
    assert contract.functions.get().call() == 7
    assert contract.functions.get().call(block_identifier=1) == 42
    assert contract.functions.whoami().call({"from": DEAD}) == DEAD
    block = web3.eth.get_block("latest", full_transactions=True)
    assert block["baseFeePerGas"] > 0
    assert block["transactions"][0]["hash"] == sent  # type: ignore[index, typeddict-item] # full


@pytest.mark.parametrize(
    "fees",
    [
        {},
        {"gasPrice": 3 * 10**9},
        {"gasPrice": 3 * 10**9, "accessList": [{"address": DEAD, "storageKeys": []}]},
        {"maxFeePerGas": 5 * 10**9, "maxPriorityFeePerGas": 10**9},
    ],
)
def test_signed_transactions_of_each_type(web3: Web3, fees: dict[str, Any]) -> None:
    account = web3.eth.account.from_key(KEY)
    tx: TxParams = {
        "to": DEAD,
        "value": 5,
        "gas": 40_000,
        "nonce": web3.eth.get_transaction_count(account.address, "pending"),
        "chainId": 31337,
        "maxFeePerGas": 5 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    if "gasPrice" in fees:
        del tx["maxFeePerGas"], tx["maxPriorityFeePerGas"]
    tx |= fees  # type: ignore[typeddict-item] # fields of it
    signed = account.sign_transaction(tx)
    sent = web3.eth.send_raw_transaction(signed.raw_transaction)
    receipt = web3.eth.wait_for_transaction_receipt(sent, timeout=5)
    assert receipt["status"] == 1
    assert web3.eth.get_balance(DEAD) == 5
    found = web3.eth.get_transaction(sent)
    assert found["from"] == account.address
    assert receipt["effectiveGasPrice"] == found["gasPrice"]


def test_failures_have_their_classes(web3: Web3, contract: Contract) -> None:
    with pytest.raises(ContractLogicError, match="nope"):
        web3.eth.call({"to": contract.address, "data": "0xa9cc4718"})
    with pytest.raises(ContractCustomError):
        web3.eth.call({"to": contract.address, "data": "0xa7b8133a" + "00" * 32})
    with pytest.raises(ContractLogicError):
        web3.eth.estimate_gas({"to": contract.address, "data": "0xbdd4ad32"})
    with pytest.raises(Web3RPCError, match="contract trapped: unreachable"):
        contract.functions.trap().call()
    tx: TxParams = {"from": web3.eth.accounts[0], "to": DEAD, "nonce": 0}  # type: ignore[typeddict-item] # a number
    with pytest.raises(Web3RPCError, match="nonce too low"):
        web3.eth.send_transaction(tx)
    with pytest.raises(Web3RPCError, match="insufficient funds"):
        web3.eth.send_transaction(
            {"from": web3.eth.accounts[0], "to": DEAD, "value": 10**30, "gas": 21_000}  # type: ignore[typeddict-item] # a number
        )


def test_logs_and_filters(web3: Web3, contract: Contract) -> None:
    every = web3.eth.filter({"address": contract.address, "fromBlock": 0})
    heads = web3.eth.filter("latest")
    waiting = web3.eth.filter("pending")
    sent = contract.functions.set(9).transact({"from": web3.eth.accounts[0]})
    (log,) = every.get_new_entries()
    assert log["data"] == (9).to_bytes(32, "big")
    assert log["topics"][0] == SIGNATURE
    assert len(every.get_all_entries()) == 2
    assert [*heads.get_new_entries()] == [web3.eth.get_block("latest")["hash"]]
    assert [*waiting.get_new_entries()] == [sent]
    logs = web3.eth.get_logs({"fromBlock": 0, "topics": [SIGNATURE]})
    assert [entry["blockNumber"] for entry in logs] == [1, 2]


def test_snapshots_time_and_impersonation(web3: Web3, contract: Contract) -> None:
    def ask(method: str, *params: Any) -> Any:
        return web3.provider.make_request(method, params)["result"]  # type: ignore[arg-type] # not one of web3's

    snapshot = ask("evm_snapshot")
    contract.functions.set(9).transact({"from": web3.eth.accounts[0]})
    ask("anvil_impersonateAccount", DEAD)
    ask("anvil_setBalance", DEAD, hex(10**18))
    sent = contract.functions.increment().transact({"from": DEAD})
    assert web3.eth.get_transaction(sent)["from"] == DEAD
    assert contract.functions.get().call() == 10
    before = web3.eth.get_block("latest")["timestamp"]
    ask("evm_increaseTime", 1_000)
    ask("evm_mine")
    assert web3.eth.get_block("latest")["timestamp"] == before + 1_001
    assert ask("evm_revert", snapshot) is True
    assert contract.functions.get().call() == 42
    assert web3.eth.get_balance(DEAD) == 0


def test_fee_methods(web3: Web3) -> None:
    assert web3.eth.max_priority_fee == 10**9
    assert web3.eth.gas_price == 1_875_000_000
    history = web3.eth.fee_history(2, "latest", [20.0, 80.0])
    assert len(history["baseFeePerGas"]) == 2
    assert history["gasUsedRatio"] == [0.0]
    assert history["reward"] == [[0, 0]]


def test_proof_is_of_the_state_root(web3: Web3, contract: Contract) -> None:
    proof = web3.eth.get_proof(contract.address, [0])
    assert proof["storageProof"][0]["value"] == (42).to_bytes(1, "big")
    root = web3.eth.get_block("latest")["stateRoot"]
    assert web3.keccak(proof["accountProof"][0]) == root


def test_subscriptions_over_websocket(web3: Web3, client: Client) -> None:
    async def listen() -> list[Any]:
        url = client.url.replace("http", "ws")
        async with AsyncWeb3(WebSocketProvider(url)) as socket:
            await socket.eth.subscribe("newHeads")
            await socket.eth.subscribe("logs", {})
            await asyncio.to_thread(deployed, web3)
            found = []
            async for message in socket.socket.process_subscriptions():
                found.append(message["result"])
                if len(found) == 2:
                    return found
        raise AssertionError

    head, log = asyncio.run(asyncio.wait_for(listen(), 20))
    assert head["number"] == 1
    assert log["blockHash"] == head["hash"]
    assert log["data"] == (42).to_bytes(32, "big")
