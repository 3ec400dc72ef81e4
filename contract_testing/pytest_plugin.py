"""Fixtures of pytest for tests of contracts: a fresh chain, and a way to deploy.

Loaded with pytest, so it imports what it needs when a test asks for it.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def contractvm_world() -> tuple[Any, Any, int]:
    """The chain that all tests share, the entries that one test adds, the beginning."""
    blockchain = import_module("chain_sim.ethereum.chain.blockchain").Blockchain
    base = import_module("chain_sim.database.memory").MemoryDatabase()
    layer = import_module("contract_fuzz.cases.layered_database").LayeredDatabase(base)
    beginning = blockchain(base).snapshot()
    return blockchain(layer), layer, beginning


@pytest.fixture
def chain(contractvm_world: tuple[Any, Any, int]) -> Iterator[Any]:
    """A local chain in memory, a `Blockchain`, as if it were new."""
    shared, layer, beginning = contractvm_world
    layer.forget()
    shared.revert(beginning)
    yield shared
    layer.forget()


@pytest.fixture
def deploy(chain: Any, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`deploy("token.wasm")`: the address of a contract that is on the chain now.

    The path, of a .wasm or .wat file, is relative to the test's; or give bytes.
    """
    world = import_module("contract_testing.module_files")

    def deploy_here(code: bytes | str | Path, **terms: Any) -> Any:
        if not isinstance(code, bytes):
            code = world.module_bytes(request.path.parent.joinpath(code))
        receipt = chain.deploy(code, **terms)
        if receipt.contract_address is None:
            pytest.fail(f"not deployed: {receipt.error or 'it reverted'}")
        return receipt.contract_address

    return deploy_here
