"""Clients from npm against a node: `make clients` installs them in build/clients."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chain_sim.node.node import NodeOptions
from tests.helpers.node_clients import (
    FIRST_KEY,
    PACKAGES,
    client_of_node,
    require,
    run_script,
)
from tests.helpers.nodes import Client
from tests.helpers.probe_contract import GET, SIGNATURE, probe_init_code

HERE = Path(__file__).parent
CAST = PACKAGES / "node_modules/@foundry-rs/cast-linux-amd64/bin/cast"
DEAD = "0x000000000000000000000000000000000000dEaD"
HELPERS_NEED = "anvil/1.7.1"


@pytest.fixture
def client() -> Iterator[Client]:
    with client_of_node() as found:
        yield found


def require_package(package: str) -> None:
    """Skip the test without Node.js, or without the package."""
    if shutil.which("node") is None:
        pytest.skip("no program `node`")
    require(f"node_modules/{package}")


@pytest.mark.parametrize(
    ("package", "checks"), [("ethers", "26 checks"), ("viem", "22 checks")]
)
def test_script_passes(package: str, checks: str, client: Client) -> None:
    require_package(package)
    assert run_script(["node", f"{package}.mjs"], HERE, client) == checks


def test_hardhat_2_script_passes(client: Client) -> None:
    require_package("hardhat")
    project = PACKAGES / "project"
    shutil.copytree(HERE / "hardhat", project, dirs_exist_ok=True)
    program = "../node_modules/hardhat/internal/cli/bootstrap.js"
    command = ["node", program, "run", "--no-compile", "script.js", "--network", "node"]
    assert run_script(command, project, client) == "10 checks"


@pytest.fixture
def hardhat_3() -> list[str | Path]:
    """The command that runs its script, in build/clients/hardhat3."""
    node = require("node_modules/node/bin/node")
    program = require("hardhat3/node_modules/hardhat/dist/src/cli.js")
    require("hardhat3/node_modules/@nomicfoundation/edr-linux-x64-gnu")
    shutil.copytree(HERE / "hardhat3", PACKAGES / "hardhat3", dirs_exist_ok=True)
    network = ["--network", "contractvm"]
    return [node, program, "run", "--no-compile", "script.js", *network]


def test_hardhat_3_script_passes(hardhat_3: list[str | Path]) -> None:
    with client_of_node(NodeOptions(client_version=HELPERS_NEED)) as client:
        found = run_script(hardhat_3, PACKAGES / "hardhat3", client)
    assert found == "25 checks"


def test_helpers_of_hardhat_3_are_left_out_under_the_own_name(
    hardhat_3: list[str | Path], client: Client
) -> None:
    assert run_script(hardhat_3, PACKAGES / "hardhat3", client) == "11 checks"


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
    require_package("@foundry-rs/cast-linux-amd64")
    code = "0x" + probe_init_code().hex()
    cast(client, "send", "--private-key", FIRST_KEY, "--create", code)
    contract = client.call("eth_getBlockReceipts", "latest")[0]["contractAddress"]
    assert cast(client, "call", contract, "get()(uint256)") == "42"
    for option in ([], ["--legacy"]):
        sent = ["send", contract, "set(uint256)", "7", *option]
        assert "1 (success)" in cast(client, *sent, "--private-key", FIRST_KEY)
    assert cast(client, "call", contract, "get()(uint256)") == "7"
    assert cast(client, "balance", DEAD) == "0"
    assert cast(client, "rpc", "evm_snapshot") == '"0x0"'
    assert cast(client, "estimate", contract, GET).isdigit()
    assert cast(client, "block", "latest", "--field", "number") == "3"
    assert SIGNATURE.hex() in cast(client, "logs", "--address", contract)
    assert cast(client, "storage", contract, "0").endswith("07")
