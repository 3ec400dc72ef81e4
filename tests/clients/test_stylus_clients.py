"""Stylus programs through a node: clients that know nothing of Stylus, and its own."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node
from tests.helpers.node_clients import FIRST_KEY, require, run_script
from tests.helpers.nodes import FIRST, KEYS, Client, served
from tests.helpers.stylus_requests import (
    ACTIVATE,
    ARB_WASM,
    PROGRAM,
    deploy_and_activate,
    init_code,
    simulated_fee,
    word,
)
from tests.helpers.wat import wat_to_wasm

HERE = Path(__file__).parent
ABI: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": name,
        "inputs": [{"name": "value", "type": kind} for kind in inputs],
        "outputs": [{"name": "", "type": kind} for kind in outputs],
        "stateMutability": "view" if outputs else "nonpayable",
    }
    for name, inputs, outputs in (
        ("number", [], ["uint256"]),
        ("setNumber", ["uint256"], []),
        ("increment", [], []),
    )
]


@pytest.fixture
def client() -> Iterator[Client]:
    with (
        Blockchain.in_memory(fork="arbitrum") as chain,
        served(Node(chain, KEYS)) as found,
    ):
        yield found


def test_web3_deploys_activates_and_calls(client: Client) -> None:
    web3 = Web3(HTTPProvider(client.url))
    account = web3.eth.account.from_key(FIRST_KEY)

    def sent(**fields: Any) -> Any:
        """The receipt of a transaction that is signed here, with web3's defaults."""
        fields |= {"from": account.address, "chainId": web3.eth.chain_id}
        fields["nonce"] = web3.eth.get_transaction_count(account.address)
        fields["maxFeePerGas"] = web3.eth.gas_price
        fields["maxPriorityFeePerGas"] = web3.eth.max_priority_fee
        fields["gas"] = web3.eth.estimate_gas(fields)  # type: ignore[arg-type] # fields of one
        signed = account.sign_transaction(fields)
        found = web3.eth.send_raw_transaction(signed.raw_transaction)
        return web3.eth.wait_for_transaction_receipt(found, timeout=5)

    deployed = sent(data=init_code(), value=0)
    address = deployed["contractAddress"]
    fee = simulated_fee(client, address.lower())
    to = Web3.to_checksum_address(ARB_WASM)
    activated = sent(to=to, data=ACTIVATE + word(address), value=fee)
    assert (deployed["status"], activated["status"]) == (1, 1)
    assert len(activated["logs"]) == 1
    contract = web3.eth.contract(address=address, abi=ABI)
    assert contract.functions.number().call() == 0
    contract.functions.setNumber(7).transact({"from": account.address})
    contract.functions.increment().transact({"from": account.address})
    assert contract.functions.number().call() == 8
    with pytest.raises(ContractLogicError):
        web3.eth.call({"to": address, "data": "0xdeadbeef"})


def test_ethers_and_viem_call_it_by_its_abi(client: Client) -> None:
    if shutil.which("node") is None:
        pytest.skip("no program `node`")
    require("node_modules/ethers")
    require("node_modules/viem")
    address = deploy_and_activate(client, FIRST)
    found = run_script(["node", "stylus.mjs"], HERE, client, {"PROGRAM": address})
    assert found == "12 checks"


def test_cargo_stylus_itself_deploys(client: Client, tmp_path: Path) -> None:
    """Not in the registries that these tests install from: pip, npm, Debian."""
    if shutil.which("cargo-stylus") is None:
        pytest.skip("no program cargo-stylus: `cargo install cargo-stylus` makes it")
    wasm = tmp_path / "counter.wasm"
    wasm.write_bytes(wat_to_wasm(PROGRAM.read_text()))
    command = ["cargo-stylus", "stylus", "deploy", "--no-verify"]
    command += ["--wasm-file", str(wasm), "--endpoint", client.url]
    done = subprocess.run(
        [*command, "--private-key", FIRST_KEY],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "activated" in done.stdout
