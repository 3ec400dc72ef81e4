"""Pytest fixtures for tests of contracts: a fresh chain, and a way to deploy.

Loaded with pytest, so it imports what it needs when a test asks for it.
"""
# ruff: noqa: PLC0415 (pytest loads this file, whether or not a test needs a chain)

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.blockchain import Blockchain
    from chain_sim.ethereum.primitives.text import Address
    from contract_fuzz.cases.layered_database import LayeredDatabase


@pytest.fixture(scope="session")
def contractvm_world() -> "tuple[Blockchain, LayeredDatabase, int]":
    """The chain that all tests share, the entries that one test adds, the beginning."""
    from chain_sim.database.memory import MemoryDatabase
    from chain_sim.ethereum.chain.blockchain import Blockchain
    from contract_fuzz.cases.layered_database import LayeredDatabase

    base = MemoryDatabase()
    layer = LayeredDatabase(base)
    beginning = Blockchain(base).snapshot()
    return Blockchain(layer), layer, beginning


@pytest.fixture
def chain(
    contractvm_world: "tuple[Blockchain, LayeredDatabase, int]",
) -> "Iterator[Blockchain]":
    """A local chain in memory, a `Blockchain`, as good as new."""
    shared, layer, beginning = contractvm_world
    layer.forget()
    shared.revert(beginning)
    yield shared
    layer.forget()


@pytest.fixture
def deploy(
    chain: "Blockchain", request: pytest.FixtureRequest
) -> "Callable[..., Address]":
    """`deploy("token.wasm")`: deploy a contract; return its address.

    The path, of a .wasm or .wat file, is relative to the test's; or give bytes.
    """
    from contractvm.runtime.module_source import module_bytes

    def deploy_here(code: bytes | str | Path, **options: Any) -> "Address":
        if not isinstance(code, bytes):
            code = module_bytes(request.path.parent.joinpath(code))
        receipt = chain.deploy(code, **options)
        if receipt.contract_address is None:
            pytest.fail(f"not deployed: {receipt.error or 'it reverted'}")
        return receipt.contract_address

    return deploy_here
