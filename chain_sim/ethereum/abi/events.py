"""Events of a contract's ABI, and the values in their logs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chain_sim.ethereum.abi.abi_file import read_functions
from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.functions import AbiFunction
from chain_sim.ethereum.abi.types import ValueType
from chain_sim.ethereum.primitives.text import keccak256

# With bytes and strings, the types of which a topic holds only the hash.
HASHED_KINDS = ("array", "tuple")


@dataclass(frozen=True, slots=True)
class EventValue:
    """A value of an event; `type` is None where only its hash is known.

    Addresses are `0x` text, as `decode_values` gives them.
    """

    name: str
    type: ValueType | None
    value: Any


@dataclass(frozen=True, slots=True)
class EventType:
    """An event of the ABI, and which of its parameters are topics.

    `topic` is the first topic of its logs, unless it is anonymous.
    """

    description: AbiFunction
    is_indexed: tuple[bool, ...]
    is_anonymous: bool
    topic: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        """The topic is the hash of the signature."""
        digest = keccak256(self.description.signature.encode())
        object.__setattr__(self, "topic", bytes(digest))

    def read(
        self, topics: Sequence[bytes], data: bytes
    ) -> tuple[EventValue, ...] | None:
        """The values of a log, in order; None where it is no log of this event."""
        if not self.is_anonymous and tuple(topics[:1]) != (self.topic,):
            return None
        given = topics if self.is_anonymous else topics[1:]
        params = self.description.params
        if len(given) != sum(self.is_indexed):
            return None
        pairs = list(zip(params, self.is_indexed, strict=True))
        plain = [param.type.text for param, is_indexed in pairs if not is_indexed]
        indexed, values = iter(given), []
        try:
            rest = iter(decode_values(plain, data))
            for place, (param, is_indexed) in enumerate(pairs):
                name = param.name or f"arg{place}"
                if not is_indexed:
                    values.append(EventValue(name, param.type, next(rest)))
                elif _is_hashed(param.type):
                    values.append(EventValue(name, None, next(indexed)))
                else:
                    (value,) = decode_values([param.type.text], next(indexed))
                    values.append(EventValue(name, param.type, value))
        except MalformedAbiData:
            return None
        return tuple(values)


def read_events(entries: Sequence[dict[str, Any]]) -> tuple[EventType, ...]:
    """The events among the entries of an ABI file; raises InvalidAbi."""
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


def _is_hashed(value_type: ValueType) -> bool:
    return value_type.kind in HASHED_KINDS or value_type.has_length
