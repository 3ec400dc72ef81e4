"""Dumps both ways with a real anvil: what one wrote, the other says over RPC."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.node_clients import require
from tests.helpers.node_process import LISTENING, running_node
from tests.helpers.nodes import FIRST, Client
from tests.helpers.probe_contract import INCREMENT, probe_init_code, set_data

ANVIL = "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
# It takes gigabytes under load; here it has little to do.
MOST_KIB = 8_000_000
STRANGER, NOBODY = "0x" + "de" * 20, "0x" + "ab" * 20
ETHER = hex(10**18)
# EVM code that stores a word of its call data in slot 0, and what deploys it.
EVM_CODE = "60003560005500"
EVM_INIT_CODE = (
    f"0x60{len(EVM_CODE) // 2:02x}600c60003960{len(EVM_CODE) // 2:02x}6000f3"
)


class Anvil:
    """A running anvil."""

    def __init__(self, process: "subprocess.Popen[str]", port: int) -> None:
        self.process = process
        self.client = Client(port)

    def stop(self) -> None:
        """End it as Ctrl-C does: it writes its dump."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)


@contextmanager
def running_anvil(*options: Any) -> Iterator[Anvil]:
    program = require(ANVIL)
    limited = f'ulimit -v {MOST_KIB}; exec "$0" "$@"'
    command = [program, "--port", "0", *options]
    process = subprocess.Popen(
        ["bash", "-c", limited, *map(str, command)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line)
            found = LISTENING.search(line)
            if found is not None:
                anvil = Anvil(process, int(found[2]))
                try:
                    yield anvil
                finally:
                    anvil.client.close()
                return
        raise AssertionError("".join(lines))
    finally:
        process.kill()
        process.wait(30)
        process.stdout.close()


def mined(client: Client, **fields: Any) -> Any:
    """The receipt of a transaction; anvil answers before its block is made."""
    sent = client.call("eth_sendTransaction", fields)
    for _ in range(100):
        receipt = client.call("eth_getTransactionReceipt", sent)
        if receipt is not None:
            return receipt
    raise AssertionError(sent)


def without(document: Any, *names: str) -> Any:
    """A document without these keys."""
    return {key: value for key, value in document.items() if key not in names}


@pytest.mark.parametrize("fees", ["eip1559", "none"])
def test_anvil_says_what_our_dump_has(tmp_path: Path, fees: str) -> None:
    dump = tmp_path / "state.json"
    account = {"from": FIRST}
    with running_node("--silent", "--fees", fees, "--dump-state", dump) as node:
        ours = node.client
        created = mined(ours, **account, data="0x" + probe_init_code().hex())
        contract = created["contractAddress"]
        written = mined(ours, **account, to=contract, data=set_data(7))
        failed = mined(ours, **account, to=contract, data="0xffffffff", gas="0x186a0")
        ours.call("hardhat_setBalance", STRANGER, ETHER)
        ours.call("hardhat_impersonateAccount", STRANGER)
        ours.call("hardhat_setBalance", NOBODY, "0x5")
        ours.call("evm_mine")
        last = ours.call("eth_blockNumber")
        # Without a signature: anvil gives such a transaction a hash of its own.
        mined(ours, **{"from": STRANGER}, to=contract, data=INCREMENT, gas="0x186a0")
        receipts = [created, written, failed]
        hashes = [receipt["transactionHash"] for receipt in receipts]
        asked: list[tuple[str, list[Any]]] = [("eth_blockNumber", [])]
        for address in (FIRST, contract, STRANGER, NOBODY):
            for method in ("eth_getBalance", "eth_getTransactionCount", "eth_getCode"):
                asked.append((method, [address, "latest"]))
        asked.append(("eth_getStorageAt", [contract, "0x0", "latest"]))
        asked += [("eth_getTransactionByHash", [found]) for found in hashes]
        for number in range(int(last, 16) + 1):
            asked.append(("eth_getBlockByNumber", [hex(number), False]))
        logs = {"fromBlock": "0x0", "toBlock": last, "address": contract}
        asked.append(("eth_getLogs", [logs]))
        wanted = [ours.call(method, *params) for method, params in asked]
        newest = ours.call("eth_getBlockByNumber", "latest", False)
        assert node.stop() == 0
    with running_anvil("--load-state", dump) as anvil:
        theirs = anvil.client
        for (method, params), expected in zip(asked, wanted, strict=True):
            assert theirs.call(method, *params) == expected, (method, params)
        for receipt in receipts:
            found = theirs.call("eth_getTransactionReceipt", receipt["transactionHash"])
            assert without(found, "blockTimestamp", "blobGasPrice") == receipt
        found = theirs.call("eth_getBlockByNumber", "latest", False)
        assert without(found, "transactions") == without(newest, "transactions")


def test_we_say_what_anvils_dump_has(tmp_path: Path) -> None:
    dump = tmp_path / "state.json"
    with running_anvil("--dump-state", dump) as anvil:
        theirs = anvil.client
        created = mined(theirs, **{"from": FIRST}, data=EVM_INIT_CODE + EVM_CODE)
        contract = created["contractAddress"]
        mined(theirs, **{"from": FIRST}, to=contract, data="0x" + "07".rjust(64, "0"))
        theirs.call("anvil_setBalance", STRANGER, ETHER)
        theirs.call("evm_increaseTime", 1_000)
        theirs.call("evm_mine")
        asked: list[tuple[str, list[Any]]] = [
            ("eth_blockNumber", []),
            ("eth_chainId", []),
            ("eth_getStorageAt", [contract, "0x0", "latest"]),
        ]
        for address in (FIRST, contract, STRANGER, NOBODY):
            for method in ("eth_getBalance", "eth_getTransactionCount", "eth_getCode"):
                asked.append((method, [address, "latest"]))
        wanted = [theirs.call(method, *params) for method, params in asked]
        head = theirs.call("eth_getBlockByNumber", "latest", False)
        state = theirs.call("anvil_dumpState")
        anvil.stop()
    assert json.loads(dump.read_text())["accounts"]
    with running_node("--silent", "--load-state", dump) as node:
        ours = node.client
        found = [ours.call(method, *params) for method, params in asked]
        assert found == wanted
        newest = ours.call("eth_getBlockByNumber", "latest", False)
        for name in ("number", "timestamp", "gasLimit", "miner"):
            assert newest[name] == head[name]
        sent = mined(ours, **{"from": FIRST}, to=STRANGER, value="0x1")
        assert int(sent["blockNumber"], 16) == int(head["number"], 16) + 1
    with running_node("--silent") as node:
        assert node.client.call("anvil_loadState", state) is True
        accounts = [pair for pair in asked if pair[0].startswith("eth_get")]
        for method, params in accounts:
            expected = wanted[asked.index((method, params))]
            assert node.client.call(method, *params) == expected


def test_a_chain_goes_from_us_to_anvil_and_back(tmp_path: Path) -> None:
    first, second = tmp_path / "ours.json", tmp_path / "anvils.json"
    with running_node("--silent", "--dump-state", first) as node:
        data = "0x" + probe_init_code().hex()
        contract = mined(node.client, **{"from": FIRST}, data=data)["contractAddress"]
        assert node.stop() == 0
    with running_anvil("--load-state", first) as anvil:
        mined(anvil.client, **{"from": FIRST}, to=STRANGER, value="0x9")
        second.write_text(anvil.client.call("anvil_dumpState"))
    with running_node("--silent", "--load-state", second) as node:
        client = node.client
        assert client.call("eth_getBalance", STRANGER) == "0x9"
        call = {"to": contract, "data": "0x6d4ce63c"}
        assert client.call("eth_call", call, "latest") == f"0x{42:064x}"
        mined(client, **{"from": FIRST}, to=contract, data=INCREMENT)
        assert client.call("eth_call", call, "latest") == f"0x{43:064x}"
