"""The stand-in chains by release: the block, the sender's funds, and the backend."""

from collections.abc import Callable
from dataclasses import dataclass

from contractvm.hosts.cosmwasm.backend import Api, Backend
from contractvm.hosts.cosmwasm.frame import DebugHandler
from contractvm.hosts.cosmwasm.instance import MIB, ContractInstance
from contractvm.hosts.cosmwasm.json_text import compact_json
from contractvm.hosts.cosmwasm.releases import Release
from contractvm.hosts.cosmwasm.testing.api import (
    Bech32Api,
    make_address,
    plain_api,
    wasmvm_api,
)
from contractvm.hosts.cosmwasm.testing.querier import (
    Balances,
    MockQuerier,
    by_request,
    by_response,
)
from contractvm.hosts.cosmwasm.testing.storage import (
    BY_LENGTH,
    FLAT,
    MockStorage,
    StorageCosts,
)
from contractvm.runtime.pipeline import Pipeline

VM_BLOCK = {
    "height": 12_345,
    "time": "1571797419879305533",
    "chain_id": "cosmos-testnet-14002",
}
WASMVM_BLOCK = {
    "height": 123,
    "time": "1578939743987654321",
    "chain_id": "foobar",
}
VM_HASH = "5UadrOwXzviiYP03Z17Yfn+2orWtlRk8UTCABsfklLM="
WASMVM_HASH = "qrvM3e7/ABGqu8zd7v8AEaq7zN3u/wARqrvM3e7/ABE="
VM_GAS_LIMIT = 2_000_000_000
OLD_VM_GAS_LIMIT = 2_000_000_000_000
WASMVM_GAS_LIMIT = 500_000_000_000
MEMORY_LIMIT = 16 * MIB
WASMVM_MEMORY_LIMIT = 32 * MIB


def ignore_debug(_: str, __: int) -> None:
    """A debug handler: its presence alone changes what `debug` costs."""


@dataclass(frozen=True, slots=True)
class MockEnvironment:
    """One release's stand-in for a chain.

    `env` is the JSON of the block, `contract` the contract's address, `funds` what each
    message comes with. `querier_gas` is the external gas of a query.
    """

    env: bytes
    contract: str
    funds: tuple[tuple[str, str], ...]
    gas_limit: int
    memory_limit: int
    make_api: Callable[[], Api]
    storage_costs: StorageCosts
    querier_gas: Callable[[bytes, bytes], int]
    debug_handler: DebugHandler | None = None

    def storage(self) -> MockStorage:
        """New storage for a contract."""
        return MockStorage(self.storage_costs)

    def info(self, sender: str, funds: tuple[tuple[str, str], ...]) -> bytes:
        """The JSON that says who sends a message, and with what."""
        coins = [{"denom": denom, "amount": amount} for denom, amount in funds]
        return compact_json({"sender": sender, "funds": coins}).encode()

    def instance(
        self,
        pipeline: Pipeline,
        code: bytes,
        storage: MockStorage,
        balances: Balances | None = None,
        *,
        gas_limit: int | None = None,
    ) -> ContractInstance:
        """A fresh instance of a contract on this chain."""
        querier = MockQuerier(self.querier_gas, balances)
        return ContractInstance(
            pipeline,
            code,
            Backend(storage, self.make_api(), querier),
            self.gas_limit if gas_limit is None else gas_limit,
            memory_limit=self.memory_limit,
            debug_handler=self.debug_handler,
        )


def vm_environment(release: Release) -> MockEnvironment:
    """The stand-in of cosmwasm-vm's own tests."""
    is_first = release.vm < (2, 0, 0)
    if is_first:
        contract = "cosmos2contract"
    elif release.vm < (2, 2, 0):
        contract = "cosmwasmcontract"
    else:
        contract = make_address("cosmos2contract")
    return MockEnvironment(
        env=_env(VM_BLOCK, contract, VM_HASH if release.vm >= (3, 0, 0) else None),
        contract=contract,
        funds=(("earth", "1000"),),
        gas_limit=OLD_VM_GAS_LIMIT if is_first else VM_GAS_LIMIT,
        memory_limit=MEMORY_LIMIT,
        make_api=plain_api if release.vm < (2, 1, 0) else Bech32Api,
        storage_costs=BY_LENGTH,
        querier_gas=by_response,
        debug_handler=ignore_debug if is_first else None,
    )


def wasmvm_environment(version: tuple[int, int, int]) -> MockEnvironment:
    """The stand-in of wasmvm's tests, by the version of wasmvm."""
    contract = "contract"
    if version < (1, 1, 0):
        env = {"block": WASMVM_BLOCK, "contract": {"address": contract}}
        encoded = compact_json(env).encode()
    else:
        has_hash = version >= (3, 0, 0)
        encoded = _env(WASMVM_BLOCK, contract, WASMVM_HASH if has_hash else None, 4)
    return MockEnvironment(
        env=encoded,
        contract=contract,
        funds=(("ATOM", "100"),),
        gas_limit=WASMVM_GAS_LIMIT,
        memory_limit=WASMVM_MEMORY_LIMIT,
        make_api=wasmvm_api,
        storage_costs=FLAT,
        querier_gas=by_request,
    )


def _env(
    block: dict[str, object], contract: str, tx_hash: str | None, index: int = 3
) -> bytes:
    transaction: dict[str, object] = {"index": index}
    if tx_hash is not None:
        transaction["hash"] = tx_hash
    env = {
        "block": block,
        "transaction": transaction,
        "contract": {"address": contract},
    }
    return compact_json(env).encode()
