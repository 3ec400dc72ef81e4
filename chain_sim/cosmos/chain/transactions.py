"""Transactions: messages that succeed or fail together, and what became of them."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from chain_sim.cosmos.context import CallRecord, Context, Event
from chain_sim.cosmos.errors import CosmosError, InvalidChainArgument, SdkOutOfGas
from chain_sim.cosmos.gas_ledger import BEYOND_LIMIT, GasNode
from contractvm.errors import ContractVmError, InternalError

GasByDescriptor = dict[str, int]


@dataclass(frozen=True, slots=True)
class TransactionOutcome:
    """What a transaction did; gas is the SDK's, without that of signature and fee.

    `gas` is by descriptor, `calls` has the CosmWasm gas of each call of a contract. Of
    a failed transaction, nothing but gas and calls remains.
    """

    gas_used: int
    gas: GasByDescriptor
    events: tuple[Event, ...]
    calls: tuple[CallRecord, ...]
    data: bytes = b""
    height: int = 0
    error: CosmosError | None = None
    explain: Callable[[], GasNode] | None = field(
        default=None, repr=False, compare=False
    )

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy in another process has no chain: it explains nothing."""
        kept = (each.name for each in fields(self) if each.name != "explain")
        return TransactionOutcome, tuple(getattr(self, name) for name in kept)

    def ledger(self) -> GasNode:
        """Where the gas went, to the last unit: the transaction is run again, traced.

        Handlers of the chain are called again, too. Raises InvalidChainArgument where
        the chain is no longer there, or went back behind the transaction, and
        InternalError unless the second run does and costs the same.
        """
        if self.explain is None:
            raise InvalidChainArgument("the transaction is of no chain")
        return self.explain()

    def document(self) -> dict[str, Any]:
        """The outcome for `--json`."""
        return {
            "height": self.height,
            "gasUsed": self.gas_used,
            "gas": dict(sorted(self.gas.items())),
            "data": self.data.hex(),
            "events": [event.document() for event in self.events],
            "calls": [
                {
                    "entry": call.entry,
                    "contract": call.contract,
                    "gasInternal": call.gas_internal,
                    "gasExternal": call.gas_external,
                }
                for call in self.calls
            ],
        }


class TransactionFailed(ContractVmError):
    """A transaction failed, and changed nothing.

    `redacted` is what another contract would see of the error.
    """

    def __init__(self, outcome: TransactionOutcome, error: CosmosError) -> None:
        super().__init__(str(error))
        self.outcome = outcome
        self.error = error
        self.redacted = error.redacted


@dataclass(slots=True)
class Produced:
    """What the messages of a transaction made beside events."""

    data: bytes = b""
    address: bytes = b""
    code_id: int = 0
    checksum: bytes = field(default=b"")


def run_transaction(
    context: Context, run: Callable[[Context], Produced]
) -> tuple[TransactionOutcome, Produced]:
    """Run messages; all changes go if one fails.

    Other errors than those of the chain roll back, too, and go on.
    """
    mark = context.state.mark()
    error = None
    produced = Produced()
    try:
        produced = run(context)
    except SdkOutOfGas as full:
        error = full.error
    except CosmosError as failure:
        error = failure
    except BaseException:
        context.state.roll_back(mark)
        raise
    if error is not None:
        context.state.roll_back(mark)
        context.events.clear()
    meter = context.meter
    outcome = TransactionOutcome(
        gas_used=meter.used_to_limit,
        gas=dict(meter.by_descriptor),
        events=tuple(context.events),
        calls=tuple(context.calls),
        data=produced.data,
        height=context.block.height,
        error=error,
    )
    return outcome, produced


def run_explained(
    outcome: TransactionOutcome,
    context: Context,
    run: Callable[[Context], Produced],
) -> GasNode:
    """The ledger of a transaction that is run again, in a context that records.

    Raises InternalError unless it does and costs the same.
    """
    found, _ = run_transaction(context, run)
    root = context.meter.ledger.root
    beyond = context.meter.used - found.gas_used
    if beyond:
        context.meter.ledger.consumed(-beyond, BEYOND_LIMIT)
    if facts_of(found) != facts_of(outcome) or root.total_gas != outcome.gas_used:
        raise InternalError("a transaction that was run again ended in another way")
    if found.error is not None:
        root.error, root.is_undone = str(found.error), True
    return root


def facts_of(outcome: TransactionOutcome) -> tuple[object, ...]:
    """What two runs of a transaction must have in common."""
    return (
        outcome.gas_used,
        outcome.gas,
        outcome.events,
        [(call.gas_internal, call.gas_external, call.output) for call in outcome.calls],
        outcome.data,
        None if outcome.error is None else str(outcome.error),
    )
