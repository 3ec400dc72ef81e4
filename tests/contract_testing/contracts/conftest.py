"""A chain with the scripted vault on it: in this process, and of a node in another."""

from collections.abc import Iterator
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.remote.node_chain import NodeChain
from contract_testing import Contract
from tests.helpers.node_process import NodeProcess, running_node
from tests.helpers.vault_contract import CODE, TEXT

NODE = "node"


@pytest.fixture(scope="session")
def node() -> Iterator[NodeProcess]:
    """A node whose genesis is that of a Blockchain."""
    with running_node("--silent", "--fees", "none") as found:
        yield found


@pytest.fixture(params=["process", NODE])
def chain(request: pytest.FixtureRequest) -> Iterator[Blockchain | NodeChain]:
    if request.param != NODE:
        yield Blockchain.in_memory()
        return
    found: NodeProcess = request.getfixturevalue("node")
    chain = Blockchain.connect(f"http://127.0.0.1:{found.port}")
    assert chain.head.header.number == 0
    start = chain.snapshot()
    yield chain
    chain.revert(start)


@pytest.fixture
def vault(chain: Blockchain | NodeChain) -> Any:
    return Contract.deploy(chain, CODE, abi=TEXT)
