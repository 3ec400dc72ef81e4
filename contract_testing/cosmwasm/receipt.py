"""Receipts of a Cosmos chain as contract objects give them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chain_sim.cosmos.chain.transactions import TransactionOutcome

MAX_REPR = 2_000


class CosmosEvent:
    """An event of the chain or of a contract; attributes are pairs, in their order.

    Events are equal by type and attributes.
    """

    def __init__(
        self, kind: str, attributes: Mapping[str, str] | Iterable[tuple[str, str]] = ()
    ) -> None:
        pairs = attributes.items() if isinstance(attributes, Mapping) else attributes
        self.type = kind
        self.attributes = tuple((key, value) for key, value in pairs)

    def __getitem__(self, key: str) -> str:
        """The first attribute of this key; raises KeyError."""
        for found, value in self.attributes:
            if found == key:
                return value
        raise KeyError(key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CosmosEvent) and (self.type, self.attributes) == (
            other.type,
            other.attributes,
        )

    def __hash__(self) -> int:
        return hash((self.type, self.attributes))

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value}" for key, value in self.attributes)
        return f"{self.type}({shown})"


class CosmosEvents(tuple[CosmosEvent, ...]):
    """The events of a receipt, in order."""

    __slots__ = ()

    def of(self, kind: str, /, **attributes: str) -> "CosmosEvents":
        """Those of one type that have these attributes."""
        return CosmosEvents(
            event
            for event in self
            if event.type == kind and set(attributes.items()) <= set(event.attributes)
        )


@dataclass(frozen=True, slots=True)
class CosmosGas:
    """The gas of a transaction: the SDK's, and the virtual machine's of all calls.

    `sdk` is what a sender pays for, `parts` its parts by descriptor. `vm` is CosmWasm
    gas: what contracts themselves used.
    """

    sdk: int
    vm: int
    parts: Mapping[str, int]


class CosmosReceipt:
    """What a transaction did; all attributes of a TransactionOutcome are there too."""

    def __init__(self, outcome: TransactionOutcome, contract: Any = None) -> None:
        self.outcome = outcome
        self.contract = contract

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.outcome, name)

    @property
    def succeeded(self) -> bool:
        """Whether it changed anything."""
        return self.outcome.error is None

    @cached_property
    def events(self) -> CosmosEvents:
        """The events of all messages, in order."""
        return CosmosEvents(
            CosmosEvent(event.kind, event.attributes) for event in self.outcome.events
        )

    @cached_property
    def gas(self) -> CosmosGas:
        """The gas of both kinds."""
        outcome = self.outcome
        vm = sum(call.gas_internal for call in outcome.calls)
        return CosmosGas(outcome.gas_used, vm, outcome.gas)

    def trace(self) -> None:
        """None: a Cosmos chain keeps no steps."""

    def __repr__(self) -> str:
        status = "success" if self.succeeded else "failed"
        line = (
            f"<CosmosReceipt height {self.outcome.height} {status},"
            f" gas {self.gas.sdk:,}, vm gas {self.gas.vm:,}"
        )
        shown = "\n".join([line, *(f"  {event!r}" for event in self.events)]) + ">"
        return shown if len(shown) <= MAX_REPR else f"{shown[:MAX_REPR]}... cut>"
