"""A chain with the scripted vault on it."""

from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing import Contract
from tests.helpers.vault_contract import CODE, TEXT


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory()


@pytest.fixture
def vault(chain: Blockchain) -> Any:
    return Contract.deploy(chain, CODE, abi=TEXT)
