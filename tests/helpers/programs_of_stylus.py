"""Contract objects of Stylus programs, activated."""

from pathlib import Path
from typing import Any

from chain_sim import Blockchain
from chain_sim.ethereum.arbitrum.addresses import ARB_WASM
from contract_testing import Contract

ACTIVATE = bytes.fromhex("58c780c2")
MORE_THAN_THE_FEE = 10**16


def deployed(
    chain: Blockchain, code: bytes | Path, *arguments: Any, abi: Any
) -> Contract:
    """A contract on a chain; of a program, one that can be called."""
    contract = Contract.deploy(chain, code, *arguments, abi=abi)
    is_arbitrum = chain.genesis.profile == "stylus"
    if is_arbitrum and not chain.arbos.is_usable(contract.address):
        data = ACTIVATE + bytes(12) + bytes(contract.address)
        receipt = chain.send(ARB_WASM, data, value=MORE_THAN_THE_FEE)
        assert receipt.succeeded, receipt
    return contract
