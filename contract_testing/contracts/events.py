"""Events of contracts: logs as their ABIs read them, and patterns of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.address import Address
from contract_testing.contracts.descriptions import EventShape
from contract_testing.contracts.html import event_text
from contractvm.hosts.evm.interface import Log

NameOf = Callable[[Address], str]


class RawLog:
    """A log that no known ABI reads; `problem` says why not, if an ABI names it."""

    def __init__(self, log: Log, log_index: int, problem: str = "") -> None:
        self.address = Address(log.address)
        self.topics = log.topics
        self.data = log.data
        self.log_index = log_index
        self.problem = problem

    def __repr__(self) -> str:
        told = f", {self.problem}" if self.problem else ""
        return (
            f"RawLog({self.address}, {len(self.topics)} topics,"
            f" {len(self.data)} bytes{told})"
        )


class Event:
    """An event of a contract; its arguments are attributes, and in `arguments`.

    Events are equal by contract, event and arguments, wherever they are.
    """

    def __init__(
        self,
        address: bytes,
        shape: EventShape,
        arguments: Mapping[str, Any],
        log_index: int | None = None,
        name_of: NameOf = str,
    ) -> None:
        self._name_of = name_of
        self.address = Address(address)
        self.event = shape.name
        self.signature = shape.signature
        self.arguments = dict(arguments)
        self.log_index = log_index

    def __getattr__(self, name: str) -> Any:
        arguments = self.__dict__.get("arguments", {})
        if name in arguments:
            return arguments[name]
        raise AttributeError(f"the event has no {name!r}")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, EventPattern):
            return other == self
        return (
            isinstance(other, Event)
            and (self.address, self.signature) == (other.address, other.signature)
            and self.arguments == other.arguments
        )

    def __hash__(self) -> int:
        return hash((self.address, self.signature))

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={self._shown(value)}" for name, value in self.arguments.items()
        )
        return f"{self.event}({shown})"

    def _shown(self, value: Any) -> str:
        return self._name_of(value) if isinstance(value, Address) else repr(value)


class EventPattern:
    """Equals the events of a contract with these arguments, and any others."""

    def __init__(
        self, address: bytes, shape: EventShape, arguments: Mapping[str, Any]
    ) -> None:
        self._address = address
        self._shape = shape
        self._arguments = dict(arguments)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Event)
            and other.address == self._address
            and other.signature == self._shape.signature
            and all(
                other.arguments[name] == value
                for name, value in self._arguments.items()
            )
        )

    def __hash__(self) -> int:
        return hash((self._address, self._shape.signature))

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name, value in self._arguments.items()]
        return f"{self._shape.name}({', '.join([*given, '...'])})"


class EventKind:
    """An event of a contract's ABI: `vault.events.Deposited`."""

    def __init__(self, address: bytes, shape: EventShape) -> None:
        self.address = Address(address)
        self.shape = shape

    def __call__(self, *values: Any, **named: Any) -> Event:
        """Such an event, to compare with; TypeError unless all arguments are given."""
        names = self.shape.field_names
        given = self._given(values, named)
        if set(given) != set(names):
            raise TypeError(f"{self.shape.signature} takes {', '.join(names)}")
        ordered = {name: given[name] for name in names}
        return Event(self.address, self.shape, ordered)

    def match(self, *values: Any, **named: Any) -> EventPattern:
        """What equals every such event with these arguments; TypeError for others."""
        return EventPattern(self.address, self.shape, self._given(values, named))

    def _given(self, values: Sequence[Any], named: Mapping[str, Any]) -> dict[str, Any]:
        names = self.shape.field_names
        given = {**dict(zip(names, values, strict=False)), **named}
        if len(values) + len(named) != len(given) or not set(given) <= set(names):
            raise TypeError(
                f"{self.shape.signature} takes {', '.join(names) or 'none'}"
            )
        return given

    def __repr__(self) -> str:
        return f"<event {event_text(self.shape)}>"


class Events(tuple[Any, ...]):
    """The events of a receipt, in order: Event, or RawLog where no ABI is known."""

    __slots__ = ()

    def of(self, kind: EventKind | EventPattern) -> "Events":
        """Those of one kind, or that a pattern equals."""
        if isinstance(kind, EventKind):
            kind = kind.match()
        return Events(event for event in self if kind == event)


def read_log(
    log: Log, log_index: int, abi: AbiContent | None, name_of: NameOf
) -> Event | RawLog:
    """A log as the ABI of its contract reads it; `name_of` is for display."""
    if abi is None:
        return RawLog(log, log_index)
    named = [
        shape
        for shape in abi.events
        if not shape.is_anonymous and log.topics[:1] == (shape.topic,)
    ]
    for shape in named:
        arguments = shape.read(log.topics, log.data)
        if arguments is not None:
            return Event(log.address, shape, arguments, log_index, name_of)
    if named:
        return RawLog(log, log_index, f"it is no {named[0].signature}")
    fitting = [
        (shape, arguments)
        for shape in abi.events
        if shape.is_anonymous
        and (arguments := shape.read(log.topics, log.data)) is not None
    ]
    if len(fitting) != 1:
        return RawLog(log, log_index)
    shape, arguments = fitting[0]
    return Event(log.address, shape, arguments, log_index, name_of)
