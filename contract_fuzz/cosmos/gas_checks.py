"""Checks of the gas of messages: its ledger adds up, and just enough gas is enough.

A contract cannot read its gas, and a message that runs out of it fails as a whole, or
up to a submessage with a limit of its own: more gas changes nothing in what succeeded.
So no message is exempt.
"""

from typing import Any

from msgspec import structs

from chain_sim.cosmos.chain.sent_messages import MessageRuns
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from chain_sim.ethereum.gas_report.required_gas import search_required
from contract_fuzz.cosmos.cases import (
    CosmosOutcome,
    CosmosPosition,
    CosmosStart,
    CosmosTransaction,
)
from contract_fuzz.cosmos.executor import CosmosExecutor
from contract_fuzz.oracles.observations import (
    OutcomeDifference,
    difference_of,
    observe,
)
from contractvm.wasm.interpreter.engine import BranchInterpreter


class MessageChecks:
    """See GasChecks."""

    def __init__(self, start: CosmosStart) -> None:
        self._executor = CosmosExecutor.plain(start)
        self._traced = MessageRuns(
            find_rules(start.chain.release),
            start.chain.prefix,
            BranchInterpreter(),
            load_handlers(start.handlers),
            is_traced=True,
        )

    def report(
        self,
        position: CosmosPosition,
        transaction: CosmosTransaction,
        outcome: CosmosOutcome,
    ) -> tuple[dict[str, object], dict[str, object]]:
        """See GasChecks; the run is traced, and must do and cost the same."""
        root = self._executor.explained(position, transaction, self._traced)
        reports = [
            node.instance for node, _ in root.each() if node.instance is not None
        ]
        return {
            "gas_used": outcome.gas_used,
            "remainder": 0,
        }, {
            "gas_used": root.total_gas,
            "remainder": sum(abs(report.remainder) for report in reports),
        }

    def tight(
        self, place: int, position: CosmosPosition, transaction: CosmosTransaction
    ) -> OutcomeDifference | None:
        """See GasChecks."""
        executor = self._executor
        ample = observe(executor, position, [transaction])
        used = ample.outcomes[0].gas_used

        def with_gas(limit: int) -> CosmosTransaction:
            return structs.replace(transaction, gas_limit=limit)

        def succeeds(limit: int) -> bool:
            outcome: Any = executor.run(position, with_gas(limit))
            return bool(outcome.succeeded)

        required = search_required(
            succeeds,
            lowest=used,
            gas_limit=transaction.gas_limit,
            greatest=transaction.gas_limit,
        )
        limit = required.gas_limit
        if limit is None or required.notes or (used > 0 and succeeds(used - 1)):
            return OutcomeDifference(place, ("success with less gas",), required.notes)
        return difference_of(ample, observe(executor, position, [with_gas(limit)]))
