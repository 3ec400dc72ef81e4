"""The precompiled contracts of ArbOS that a local chain has, by address."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from chain_sim.ethereum.arbitrum import arb_wasm, arb_wasm_cache
from chain_sim.ethereum.arbitrum.addresses import (
    ARB_WASM,
    ARB_WASM_CACHE,
    UNSUPPORTED,
)
from chain_sim.ethereum.arbitrum.contract_runs import run_contract
from chain_sim.ethereum.arbitrum.host import ArbitrumHost
from chain_sim.ethereum.transaction_host import SystemContract
from contractvm.hosts.evm.interface import CallResult
from contractvm.hosts.evm.unsupported import UnsupportedCode

CONTRACTS: Mapping[bytes, Callable[..., CallResult]] = MappingProxyType(
    {
        ARB_WASM: partial(run_contract, arb_wasm.METHODS),
        ARB_WASM_CACHE: partial(run_contract, arb_wasm_cache.METHODS),
    }
)


class ArbOsHost(ArbitrumHost):
    """The host of a transaction that can call ArbOS's contracts."""

    def system_contract(self, address: bytes) -> SystemContract | None:
        """The contract at this address; raises UnsupportedCode for those not built."""
        if address in UNSUPPORTED:
            raise UnsupportedCode(UNSUPPORTED[address], address)
        contract = CONTRACTS.get(address)
        return None if contract is None else partial(contract, self)
