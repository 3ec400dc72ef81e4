"""What a build does for each host: the exports that stay, the entry, and its limits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing.building.errors import BuildFailed, UnfitSources
from gas_schedule.loader import DEFAULT_SCHEDULE, load_schedule


@dataclass(frozen=True, slots=True)
class HostBuild:
    """One host.

    `entry` is the func that a start func is folded into, None where modules may have
    one. `deploy_gas(module, is_init_code)` is the gas of putting it on a fresh chain.
    """

    name: str
    entry: str | None
    is_kept: Callable[[str], bool]
    deploy_gas: Callable[[bytes, bool], int]
    has_abi: bool = True


def gas_of_contract(fork: str | None) -> Callable[[bytes, bool], int]:
    """The gas to deploy on a chain of this fork."""

    def deploy_gas(module: bytes, is_init_code: bool) -> int:
        options: dict[str, Any] = {} if fork is None else {"fork": fork}
        with Blockchain.in_memory(**options) as chain:
            receipt = chain.deploy(module, is_init_code=is_init_code)
            if not receipt.succeeded:
                reason = receipt.error or "the constructor reverted"
                raise BuildFailed(f"it cannot be deployed: {reason}")
            return receipt.gas_used

    return deploy_gas


def gas_of_code(module: bytes, _: bool) -> int:
    """The gas to store a contract of CosmWasm."""
    outcome = CosmosChain().store(module).outcome
    return 0 if outcome is None else outcome.gas_used


# That of chains which nobody chose another for.
DEFAULT = HostBuild(
    load_schedule(DEFAULT_SCHEDULE).interface,
    "main",
    {"main", "memory"}.__contains__,
    gas_of_contract(None),
)
STYLUS = HostBuild(
    "stylus",
    "user_entrypoint",
    {"user_entrypoint", "memory"}.__contains__,
    gas_of_contract("arbitrum"),
)
# Linkers export addresses of their own, with names that begin so.
COSMWASM = HostBuild(
    "cosmwasm", None, lambda name: not name.startswith("__"), gas_of_code, has_abi=False
)
HOST_BUILDS = {host.name: host for host in (DEFAULT, STYLUS, COSMWASM)}


def find_host_build(name: str) -> HostBuild:
    """The host of that name; raises UnfitSources."""
    if name not in HOST_BUILDS:
        raise UnfitSources(f"no host {name!r}: there are {', '.join(HOST_BUILDS)}")
    return HOST_BUILDS[name]
