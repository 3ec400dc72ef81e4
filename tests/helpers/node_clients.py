"""Clients of Ethereum in build/clients, and a node for their scripts."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_KEYS
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.node.node import DEFAULT_OPTIONS, Node, NodeOptions
from tests.helpers.nodes import KEYS, Client, served
from tests.helpers.probe_contract import SIGNATURE, probe_init_code
from tests.helpers.source_tree import ROOT

PACKAGES = ROOT / "build" / "clients"
FIRST_KEY = "0x" + DEVELOPER_KEYS[0]
SECONDS = 120


@contextmanager
def client_of_node(options: NodeOptions = DEFAULT_OPTIONS) -> Iterator[Client]:
    """A client of a node with a new chain that has a base fee."""
    with (
        Blockchain.in_memory(fees="eip1559") as chain,
        served(Node(chain, KEYS, options)) as client,
    ):
        yield client


def require(path: str) -> Path:
    """What is at a path in build/clients; without it the test is skipped."""
    found = PACKAGES / path
    if not found.exists():
        name = path.partition("/")[0]
        pytest.skip(f"no {path} in build/clients: `make clients` installs {name}")
    return found


def run_script(
    command: Sequence[str | Path],
    folder: Path,
    client: Client,
    more: Mapping[str, str] | None = None,
) -> str:
    """What a script prints last, its number of checks; fails where it fails."""
    done = subprocess.run(
        [*map(str, command)],
        cwd=folder,
        env={
            **os.environ,
            "CLIENT_PACKAGES": str(PACKAGES),
            "NODE_URL": client.url,
            "PROBE_CODE": "0x" + probe_init_code().hex(),
            "PROBE_SIGNATURE": "0x" + SIGNATURE.hex(),
            "FIRST_KEY": FIRST_KEY,
            "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true",
            **(more or {}),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]
