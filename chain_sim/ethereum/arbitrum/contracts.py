"""The precompiled contracts of ArbOS that a local chain has, by address."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from chain_sim.ethereum.arbitrum import arb_wasm, arb_wasm_cache
from chain_sim.ethereum.arbitrum.addresses import ARB_WASM, ARB_WASM_CACHE
from chain_sim.ethereum.arbitrum.contract_runs import run_contract
from contractvm.hosts.evm.interface import CallResult

CONTRACTS: Mapping[bytes, Callable[..., CallResult]] = MappingProxyType(
    {
        ARB_WASM: partial(run_contract, arb_wasm.METHODS),
        ARB_WASM_CACHE: partial(run_contract, arb_wasm_cache.METHODS),
    }
)
