"""A contract's ABI as state machines use it: functions by name, results, events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain_sim.ethereum.abi import decoding as abi_decoding
from chain_sim.ethereum.abi.abi_file import functions_of, read_entries, read_functions
from chain_sim.ethereum.abi.decoding import MalformedAbiData
from chain_sim.ethereum.abi.errors import UnencodableValue
from chain_sim.ethereum.abi.functions import AbiFunction, find_function
from chain_sim.ethereum.abi.types import ValueType
from chain_sim.ethereum.primitives.text import keccak256
from contract_testing.properties.failures import UnusableArguments
from contract_testing.properties.named_address import NamedAddress
from contractvm.hosts.evm.interface import Log

# With bytes and strings, the types of which a topic holds only the hash.
HASHED_KINDS = ("array", "tuple")


@dataclass(frozen=True, slots=True)
class Event:
    """A log as the ABI reads it; an indexed value that is hashed is the hash.

    `name` is None, and there are no values, for a log that the ABI does not know.
    """

    name: str | None
    values: dict[str, Any]
    log: Log


@dataclass(frozen=True, slots=True)
class EventType:
    """An event of the ABI, and which of its parameters are topics."""

    description: AbiFunction
    is_indexed: tuple[bool, ...]
    is_anonymous: bool

    @property
    def topic(self) -> bytes:
        """The first topic of its logs."""
        return bytes(keccak256(self.description.signature.encode()))

    def read(self, log: Log) -> dict[str, Any] | None:
        """The values by name; None where the log has another form."""
        topics = log.topics if self.is_anonymous else log.topics[1:]
        if len(topics) != sum(self.is_indexed):
            return None
        params = self.description.params
        pairs = list(zip(params, self.is_indexed, strict=True))
        rest = decode_values(
            [param.type for param, is_indexed in pairs if not is_indexed], log.data
        )
        indexed = [
            _topic_value(param.type, topic)
            for param, topic in zip(
                [param for param, is_indexed in pairs if is_indexed],
                topics,
                strict=True,
            )
        ]
        if rest is None or None in indexed:
            return None
        values = [
            (indexed if is_indexed else rest).pop(0) for is_indexed in self.is_indexed
        ]
        names = [param.name or f"arg{place}" for place, param in enumerate(params)]
        return dict(zip(names, values, strict=True))


class ContractAbi:
    """The functions and events of one ABI file."""

    def __init__(self, content: bytes) -> None:
        """`content` is the file's; raises InvalidAbi."""
        entries = read_entries(content)
        self.functions = functions_of(entries)
        self.events = _read_events(entries)

    def function(self, name: str) -> AbiFunction:
        """By name, or by signature where several have the name."""
        return find_function(self.functions, name)

    def event(self, log: Log) -> Event:
        """What the log says."""
        for event_type in self.events:
            is_its = event_type.is_anonymous or log.topics[:1] == (event_type.topic,)
            values = event_type.read(log) if is_its else None
            if values is not None:
                return Event(event_type.description.name, values, log)
        return Event(None, {}, log)


def decode_values(types: Sequence[ValueType], data: bytes) -> list[Any] | None:
    """Values of the types, addresses as bytes; None if the data has another form."""
    try:
        values = abi_decoding.decode_values([entry.text for entry in types], data)
    except MalformedAbiData:
        return None
    return [_with_addresses(*pair) for pair in zip(types, values, strict=True)]


def _with_addresses(value_type: ValueType, value: Any) -> Any:
    if value_type.kind == "address":
        return NamedAddress(bytes.fromhex(value.removeprefix("0x")))
    if value_type.kind == "array":
        return [_with_addresses(value_type.items[0], item) for item in value]
    if value_type.kind == "tuple":
        pairs = zip(value_type.items, value, strict=True)
        return tuple(_with_addresses(*pair) for pair in pairs)
    return value


def encode_arguments(function: AbiFunction, arguments: Sequence[Any]) -> bytes:
    """Call data; raises UnusableArguments."""
    if len(arguments) != len(function.params):
        reason = f"{len(arguments)} arguments, {len(function.params)} needed"
        raise UnusableArguments(function.signature, reason)
    try:
        return function.encode(arguments)
    except UnencodableValue as error:
        raise UnusableArguments(function.signature, str(error)) from error


def decode_results(function: AbiFunction, output: bytes) -> Any:
    """None, the one result, or a tuple of them; None too for another form.

    The ABI is the contract's promise: properties check whether it is kept.
    """
    values = decode_values(function.results or (), output)
    if not values:
        return None
    return values[0] if len(values) == 1 else tuple(values)


def _topic_value(value_type: ValueType, topic: bytes) -> Any:
    """The value, or the topic itself if it is a hash; None for another form."""
    if value_type.kind in HASHED_KINDS or value_type.has_length:
        return topic
    values = decode_values([value_type], topic)
    return None if values is None else values[0]


def _read_events(entries: Sequence[dict[str, Any]]) -> tuple[EventType, ...]:
    events = [entry for entry in entries if entry.get("type") == "event"]
    # An event has the form of a function: parameters with types, names and components.
    descriptions = read_functions([{**entry, "outputs": []} for entry in events])
    return tuple(
        EventType(
            description,
            tuple(item.get("indexed") is True for item in entry.get("inputs", [])),
            entry.get("anonymous") is True,
        )
        for description, entry in zip(descriptions, events, strict=True)
    )
