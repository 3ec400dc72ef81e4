"""The wasm module of a chain, put together."""

from dataclasses import dataclass, field
from typing import Any

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.releases import WasmdRules
from chain_sim.cosmos.steps import Steps
from chain_sim.cosmos.wasm.dispatcher import MessageResult
from chain_sim.cosmos.wasm.handlers import Handlers
from chain_sim.cosmos.wasm.keeper import Keeper
from chain_sim.cosmos.wasm.lifecycle import Lifecycle
from chain_sim.cosmos.wasm.machine import Machine
from chain_sim.cosmos.wasm.messages import Messages
from chain_sim.cosmos.wasm.queries import ContractQuerier, Queries
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.wasm.engines.interface import Engine
from gas_schedule.loader import load_schedule


@dataclass(frozen=True, slots=True)
class WasmModule:
    """Everything that runs contracts, on one engine."""

    keeper: Keeper
    lifecycle: Lifecycle
    messages: Messages
    queries: Queries
    handlers: Handlers = field(default_factory=Handlers)


def make_wasm_module(
    engine: Engine,
    rules: WasmdRules,
    handlers: Handlers | None = None,
    *,
    is_traced: bool = False,
) -> WasmModule:
    """The module of a release of wasmd; one that `is_traced` explains calls."""
    schedule = load_schedule(rules.release.schedule)
    pipeline = INTERFACE.pipeline(engine, schedule, is_traced=is_traced)
    handlers = handlers or Handlers()

    def querier_of(context: Context, _: bytes) -> ContractQuerier:
        return ContractQuerier(queries, context)

    def run_message(
        context: Context, sender: bytes, content: dict[str, Any]
    ) -> Steps[MessageResult]:
        return messages.run(context, sender, content)

    keeper = Keeper(Machine(pipeline, querier_of), run_message)
    lifecycle = Lifecycle(keeper)
    messages = Messages(keeper, lifecycle, handlers)
    queries = Queries(keeper, handlers)
    return WasmModule(keeper, lifecycle, messages, queries, handlers)
