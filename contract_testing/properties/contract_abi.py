"""A contract's ABI as state machines use it: functions by name, results, events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chain_sim.ethereum.abi import decoding as abi_decoding
from chain_sim.ethereum.abi.abi_file import functions_of, read_entries
from chain_sim.ethereum.abi.decoding import MalformedAbiData
from chain_sim.ethereum.abi.errors import UnencodableValue
from chain_sim.ethereum.abi.events import read_events
from chain_sim.ethereum.abi.functions import AbiFunction, find_function
from chain_sim.ethereum.abi.types import ValueType
from contract_testing.properties.failures import UnusableArguments
from contract_testing.properties.named_address import NamedAddress
from contractvm.hosts.evm.interface import Log


@dataclass(frozen=True, slots=True)
class Event:
    """A log as the ABI reads it; an indexed value that is hashed is the hash.

    `name` is None, and there are no values, for a log that the ABI does not know.
    """

    name: str | None
    values: dict[str, Any]
    log: Log


class ContractAbi:
    """The functions and events of one ABI file."""

    def __init__(self, content: bytes) -> None:
        """`content` is the file's; raises InvalidAbi."""
        entries = read_entries(content)
        self.functions = functions_of(entries)
        self.events = read_events(entries)

    def function(self, name: str) -> AbiFunction:
        """By name, or by signature where several have the name."""
        return find_function(self.functions, name)

    def event(self, log: Log) -> Event:
        """What the log says."""
        for event_type in self.events:
            found = event_type.read(log.topics, log.data)
            if found is not None:
                values = {
                    entry.name: entry.value
                    if entry.type is None
                    else _with_addresses(entry.type, entry.value)
                    for entry in found
                }
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
