"""Clients from npm against a node: `make clients` installs them in build/clients."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_KEYS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import Node
from tests.helpers.nodes import KEYS, Client, served
from tests.helpers.probe_contract import GET, SIGNATURE, probe_init_code
from tests.helpers.source_tree import ROOT

HERE = Path(__file__).parent
PACKAGES = ROOT / "build" / "clients"
CAST = PACKAGES / "node_modules/@foundry-rs/cast-linux-amd64/bin/cast"
KEY = "0x" + DEVELOPER_KEYS[0]
DEAD = "0x000000000000000000000000000000000000dEaD"


@pytest.fixture
def client() -> Iterator[Client]:
    with (
        Blockchain.in_memory(fees="eip1559") as chain,
        served(Node(chain, KEYS)) as found,
    ):
        yield found


def environment(client: Client) -> dict[str, str]:
    return {
        **os.environ,
        "CLIENT_PACKAGES": str(PACKAGES),
        "NODE_URL": client.url,
        "PROBE_CODE": "0x" + probe_init_code().hex(),
        "PROBE_SIGNATURE": "0x" + SIGNATURE.hex(),
        "FIRST_KEY": KEY,
    }


def require(package: str) -> None:
    """Skip the test without the package."""
    if shutil.which("node") is None:
        pytest.skip("no program `node`")
    if not (PACKAGES / "node_modules" / package).exists():
        pytest.skip(f"{package} is not in build/clients: `make clients` installs it")


@pytest.mark.parametrize("package", ["ethers", "viem"])
def test_script_passes(package: str, client: Client) -> None:
    require(package)
    done = subprocess.run(
        ["node", f"{package}.mjs"],
        cwd=HERE,
        env=environment(client),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.split()[0]) >= 20


def test_hardhat_script_passes(client: Client) -> None:
    require("hardhat")
    project = PACKAGES / "project"
    shutil.copytree(HERE / "hardhat", project, dirs_exist_ok=True)
    done = subprocess.run(
        [
            *("node", "../node_modules/hardhat/internal/cli/bootstrap.js"),
            *("run", "--no-compile", "script.js", "--network", "node"),
        ],
        cwd=project,
        env=environment(client) | {"HARDHAT_DISABLE_TELEMETRY_PROMPT": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "10 checks"


def cast(client: Client, *arguments: str) -> str:
    done = subprocess.run(
        [CAST, arguments[0], "--rpc-url", client.url, *arguments[1:]],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_cast_deploys_sends_and_reads(client: Client) -> None:
    require("@foundry-rs/cast-linux-amd64")
    code = "0x" + probe_init_code().hex()
    cast(client, "send", "--private-key", KEY, "--create", code)
    contract = client.call("eth_getBlockReceipts", "latest")[0]["contractAddress"]
    assert cast(client, "call", contract, "get()(uint256)") == "42"
    for option in ([], ["--legacy"]):
        sent = ["send", contract, "set(uint256)", "7", "--private-key", KEY, *option]
        assert "1 (success)" in cast(client, *sent)
    assert cast(client, "call", contract, "get()(uint256)") == "7"
    assert cast(client, "balance", DEAD) == "0"
    assert cast(client, "rpc", "evm_snapshot") == '"0x0"'
    assert cast(client, "estimate", contract, GET).isdigit()
    assert cast(client, "block", "latest", "--field", "number") == "3"
    assert SIGNATURE.hex() in cast(client, "logs", "--address", contract)
    assert cast(client, "storage", contract, "0").endswith("07")
