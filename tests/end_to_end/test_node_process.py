"""`contractvm node` from its start to its end."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DEVELOPER_KEYS
from tests.helpers.node_process import running_node
from tests.helpers.nodes import Client, RpcFailed
from tests.helpers.probe_contract import BURN, GET, INCREMENT, probe_init_code, set_data

FIRST = "0x" + DEVELOPER_ACCOUNTS[0].address.hex()
SECOND = "0x" + DEVELOPER_ACCOUNTS[1].address.hex()


def deploy(client: Client) -> str:
    code = "0x" + probe_init_code().hex()
    sent = client.call("eth_sendTransaction", {"from": FIRST, "data": code})
    return str(client.call("eth_getTransactionReceipt", sent)["contractAddress"])


def number_in(client: Client, contract: str) -> int:
    return int(client.call("eth_call", {"to": contract, "data": GET}, "latest"), 16)


def test_banner_says_what_a_developer_needs() -> None:
    with running_node("--accounts", 2, "--chain-id", 5, "--base-fee", 7) as node:
        text = "\n".join(node.lines)
        assert f"(0) 0x{DEVELOPER_KEYS[0]}" in text
        assert "(1) 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 (10000 ETH)" in text
        assert "(2)" not in text
        for title, value in (
            ("Chain ID", "5"),
            ("Base Fee", "7"),
            ("Gas Limit", "30000000"),
            ("Genesis Timestamp", "1700000000"),
            ("Gas Schedule", "contractvm-3"),
            ("Clock", "logical, 1 s a block"),
        ):
            assert f"\n{title}\n==================\n\n{value}\n" in text
        assert node.client.call("eth_chainId") == "0x5"
        assert node.client.call("eth_accounts") == [FIRST, SECOND]
        assert node.stop() == 0


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_and_the_chain_is_there_again(
    tmp_path: Path, sent: signal.Signals
) -> None:
    db, config = tmp_path / "chain", tmp_path / "node.json"
    with running_node("--db", db, "--config-out", config) as node:
        document = json.loads(config.read_text())
        assert document["port"] == node.port
        assert document["endpoint"] == f"http://127.0.0.1:{node.port}"
        assert document["private_keys"][0] == f"0x{DEVELOPER_KEYS[0]}"
        listening = json.loads((db / "node.json").read_text())
        assert listening == {
            "endpoint": document["endpoint"],
            "instance": node.client.call("contractvm_instance"),
        }
        assert len(listening["instance"]) == 32
        contract = deploy(node.client)
        snapshot = node.client.call("evm_snapshot")
        head = node.client.call("eth_getBlockByNumber", "latest", False)["hash"]
        assert node.stop(sent) == 0
    assert not (db / "node.json").exists()
    with running_node("--db", db) as node:
        assert node.client.call("eth_getBlockByNumber", "latest")["hash"] == head
        assert number_in(node.client, contract) == 42
        send = {"from": FIRST, "to": contract, "data": INCREMENT}
        node.client.call("eth_sendTransaction", send)
        assert number_in(node.client, contract) == 43
        assert node.client.call("evm_revert", snapshot) is True
        assert number_in(node.client, contract) == 42


def test_second_node_on_a_database_says_that_it_is_locked(tmp_path: Path) -> None:
    db = tmp_path / "chain"
    with running_node("--db", db):
        done = subprocess.run(
            [sys.executable, "-m", "contractvm_cli", "node", "--port", "0", "--db", db],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "another process" in done.stderr
    assert "Traceback" not in done.stderr


def test_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with running_node() as node:
        done = subprocess.run(
            [sys.executable, "-m", "contractvm_cli", "node", "--port", str(node.port)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "already in use" in done.stderr
    assert done.stderr.count("\n") == 1


def test_state_goes_from_one_node_to_another(tmp_path: Path) -> None:
    dump, state = tmp_path / "dump.json", tmp_path / "state.json"
    with running_node("--dump-state", dump, "--state", state) as node:
        contract = deploy(node.client)
        assert node.stop() == 0
    assert dump.read_bytes() == state.read_bytes()
    for options in (("--load-state", dump), ("--state", state)):
        with running_node(*options) as node:
            assert number_in(node.client, contract) == 42
            assert node.client.call("eth_blockNumber") == "0x1"
    with running_node("--load-state", dump, "--db", tmp_path / "db") as node:
        assert number_in(node.client, contract) == 42


def test_genesis_file_of_geth_begins_a_chain_with_fees(tmp_path: Path) -> None:
    genesis = tmp_path / "genesis.json"
    document = {
        "config": {"chainId": 77},
        "alloc": {FIRST[2:]: {"balance": "0x56bc75e2d63100000"}},
        "gasLimit": "0x1c9c380",
        "difficulty": "0x0",
    }
    genesis.write_text(json.dumps(document))
    with running_node("--init", genesis) as node:
        client = node.client
        assert client.call("eth_chainId") == "0x4d"
        assert int(client.call("eth_getBalance", FIRST), 16) == 100 * 10**18
        assert "baseFeePerGas" in client.call("eth_getBlockByNumber", "latest")
        client.call("eth_sendTransaction", {"from": FIRST, "to": SECOND, "value": "1"})
        assert client.call("eth_getBalance", SECOND) == "0x1"


def test_long_run_is_interrupted_at_the_end_and_nothing_is_kept(tmp_path: Path) -> None:
    db = tmp_path / "chain"
    answers: list[dict[str, Any]] = []
    with running_node("--db", db, "--gas-limit", 10**9) as node:
        contract = deploy(node.client)
        burn = {"from": FIRST, "to": contract, "data": BURN, "gas": hex(10**9)}
        other = Client(node.port)
        thread = Thread(
            target=lambda: answers.append(other.send("eth_sendTransaction", burn))
        )
        thread.start()
        time.sleep(0.5)
        start = time.monotonic()
        assert node.stop() == 0
        assert 3 < time.monotonic() - start < 10
        thread.join(10)
        other.close()
    assert answers[0]["error"] == {"code": -32000, "message": "node is stopping"}
    with running_node("--db", db, "--gas-limit", 10**9) as node:
        assert node.client.call("eth_blockNumber") == "0x1"


def test_others_are_served_in_a_long_call_and_a_second_signal_ends_it_at_once(
    tmp_path: Path,
) -> None:
    db = tmp_path / "chain"
    with running_node("--db", db, "--gas-limit", 10**9) as node:
        contract = deploy(node.client)
        burn = {"to": contract, "data": BURN, "gas": hex(10**9)}
        other = Client(node.port)
        thread = Thread(target=lambda: ended(other, burn))
        thread.start()
        time.sleep(0.3)
        assert node.client.call("eth_chainId") == "0x7a69"
        assert thread.is_alive()
        node.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        start = time.monotonic()
        assert node.stop(signal.SIGINT) == 130
        assert time.monotonic() - start < 3
        assert not (db / "node.json").exists()
        thread.join(10)
        other.close()
    with running_node("--db", db) as node:
        assert node.client.call("eth_blockNumber") == "0x1"


def ended(client: Client, call: dict[str, Any]) -> None:
    try:
        client.send("eth_call", call, "latest")
    except (OSError, ValueError):
        return


def test_signal_that_comes_twice_at_once_is_one_signal(tmp_path: Path) -> None:
    db = tmp_path / "chain"
    with running_node("--db", db) as node:
        node.process.send_signal(signal.SIGTERM)
        node.process.send_signal(signal.SIGINT)
        assert node.process.wait(30) == 0
    assert not (db / "node.json").exists()


def test_interval_mining_makes_blocks_by_the_logical_clock() -> None:
    with running_node("--block-time", 1, "--block-time-step", 12) as node:
        assert "when blocks are made depends on the machine" in "\n".join(node.lines)
        send = {"from": FIRST, "to": SECOND, "value": "0x1"}
        sent = node.client.call("eth_sendTransaction", send)
        assert node.client.call("eth_getTransactionReceipt", sent) is None
        deadline = time.monotonic() + 10
        while node.client.call("eth_getTransactionReceipt", sent) is None:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        block = node.client.call("eth_getBlockByNumber", "0x1")
        assert int(block["timestamp"], 16) == 1_700_000_012


def test_wall_clock_gives_the_machines_time() -> None:
    with running_node("--wall-clock") as node:
        before = int(time.time())
        node.client.call("evm_mine")
        block = node.client.call("eth_getBlockByNumber", "latest")
        assert before <= int(block["timestamp"], 16) <= time.time() + 1


def test_same_requests_give_the_same_head() -> None:
    heads = set()
    for _ in range(2):
        with running_node() as node:
            client = node.client
            contract = deploy(client)
            client.call("evm_increaseTime", 100)
            client.call("hardhat_setBalance", SECOND, "0x7")
            for value in range(3):
                send = {"from": FIRST, "to": contract, "data": set_data(value)}
                client.call("eth_sendTransaction", send)
            client.call("hardhat_mine", "0x3", "0x3c")
            heads.add(client.call("eth_getBlockByNumber", "latest")["hash"])
    assert len(heads) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--fees", "none", "--base-fee", "1"), "--base-fee needs a fee market"),
        (("--fork", "nope"), "no fork named 'nope'"),
        (("--fork", "arbitrum", "--fees", "none"), "arbitrum has a fee market"),
        (("--fork", "arbitrum", "--init", "a"), "leave out --fork: the rules of a are"),
        (("--load-state", "/nowhere"), "no such file"),
        (("--derivation-path", "x"), "not a derivation path"),
        (("--host", "no.such.host.invalid"), "error: "),
        (("--init", "a", "--load-state", "b"), "give one of"),
    ],
)
def test_wrong_options_are_one_line(options: tuple[str, ...], message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "contractvm_cli", "node", "--port", "0", *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "chain_id", "base_fee"),
    [
        (("--fork", "byzantium"), "0x7a69", 10**9),
        (("--fork", "arbitrum"), "0x64aba", 10**8),
        (("--fork", "arbitrum-51", "--base-fee", "0"), "0x64aba", 0),
    ],
)
def test_fork_has_its_own_defaults(
    options: tuple[str, ...], chain_id: str, base_fee: int
) -> None:
    with running_node("--silent", *options) as node:
        assert node.client.call("eth_chainId") == chain_id
        first = node.client.call("eth_getBlockByNumber", "0x0")
        assert first["baseFeePerGas"] == hex(base_fee)
        assert f"-{options[1]}+" in node.client.call("web3_clientVersion")


def test_it_calls_itself_as_it_is_told() -> None:
    with running_node("--silent", "--client-version", "anvil/1.7.1") as node:
        assert node.client.call("web3_clientVersion") == "anvil/1.7.1"
        metadata = node.client.call("hardhat_metadata")
        assert metadata["clientVersion"] == "anvil/1.7.1"
    done = subprocess.run(
        [sys.executable, "-m", "contractvm_cli", "node", "--client-version", "a\nb"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "write letters that can be printed" in done.stderr


def test_json_is_the_only_output() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "contractvm_cli", "node", "--port", "0", "--json"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            break
    document = json.loads("".join(lines))
    client = Client(document["port"])
    assert client.call("eth_accounts")[0] == FIRST
    client.close()
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert process.stdout.read() == ""
    process.stdout.close()


def test_silent_node_prints_its_address_alone() -> None:
    with running_node("--silent") as node:
        assert node.lines == [f"Listening on 127.0.0.1:{node.port}"]
        with pytest.raises(RpcFailed) as caught:
            node.client.call("anvil_reset", {"forking": {"jsonRpcUrl": "x"}})
        assert caught.value.code == -32602


@pytest.mark.parametrize("library", ["uvicorn", "httptools"])
def test_missing_library_is_named_with_its_extra(library: str) -> None:
    program = (
        f"import sys; sys.modules[{library!r}] = None\n"
        "from contractvm_cli.main import main\n"
        "sys.exit(main(['node', '--port', '0']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"error: {library} is missing: pip install 'contractvm-wasm[node]'\n"
    )
