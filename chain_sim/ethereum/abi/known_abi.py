"""What an ABI says about a contract's call data, logs and revert data."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from chain_sim.ethereum.abi.abi_file import read_entries, read_functions
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.events import EventType, read_events
from chain_sim.ethereum.abi.functions import AbiFunction, Parameter
from chain_sim.ethereum.abi.text_values import show_value
from chain_sim.ethereum.abi.types import parse_type

# What a read of values may cost; longer data stays as it is.
MAX_DECODED_BYTES = 65_536
KEPT_ABIS = 64
BUILT_IN_ERRORS = (
    AbiFunction("Error", (Parameter("reason", parse_type("string")),)),
    AbiFunction("Panic", (Parameter("code", parse_type("uint256")),)),
)


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A decoded value, ready for JSON; `type` is empty where it is only a hash."""

    name: str
    type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Decoded:
    """A function, an event or an error by its signature, with its values in order."""

    name: str
    signature: str
    values: tuple[NamedValue, ...]


@dataclass(frozen=True, slots=True)
class KnownAbi:
    """The functions, events and errors of one ABI file."""

    functions: tuple[AbiFunction, ...]
    events: tuple[EventType, ...]
    errors: tuple[AbiFunction, ...]

    def call(self, data: bytes) -> Decoded | None:
        """The function that call data names; None where none fits."""
        return _first_that_fits(self.functions, data)

    def error(self, output: bytes) -> Decoded | None:
        """The error in revert data, one of this ABI's or one of Solidity's own."""
        return _first_that_fits((*self.errors, *BUILT_IN_ERRORS), output)

    def event(self, topics: tuple[bytes, ...], data: bytes) -> Decoded | None:
        """The event that a log is of; None where none fits."""
        if len(data) > MAX_DECODED_BYTES:
            return None
        for event in self.events:
            found = event.read(topics, data)
            if found is not None:
                values = tuple(
                    NamedValue(
                        printable(entry.name),
                        "" if entry.type is None else entry.type.text,
                        f"0x{entry.value.hex()}"
                        if entry.type is None
                        else show_value(entry.type, entry.value),
                    )
                    for entry in found
                )
                signature = event.description.signature
                return Decoded(event.description.name, signature, values)
        return None


NO_ABI = KnownAbi((), (), ())


@lru_cache(KEPT_ABIS)
def read_known_abi(content: bytes) -> KnownAbi:
    """The ABI in a file's content; raises InvalidAbi, also where it has nothing."""
    entries = read_entries(content)
    errors = [{**entry, "outputs": []} for entry in _of_type(entries, "error")]
    found = KnownAbi(
        read_functions(_of_type(entries, "function")),
        read_events(entries),
        read_functions(errors),
    )
    if found == NO_ABI:
        raise InvalidAbi("it has no functions, no events and no errors")
    return found


def printable(name: str) -> str:
    """A parameter's name, which may be any text, without halves of characters."""
    return name.encode(errors="replace").decode()


def _of_type(entries: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in entries if entry.get("type", "function") == kind]


def _first_that_fits(
    candidates: tuple[AbiFunction, ...], data: bytes
) -> Decoded | None:
    if len(data) > MAX_DECODED_BYTES:
        return None
    for function in candidates:
        values = function.decode(data)
        if values is not None:
            pairs = zip(function.params, values, strict=True)
            return Decoded(
                function.name,
                function.signature,
                tuple(
                    NamedValue(
                        printable(param.name),
                        param.type.text,
                        show_value(param.type, value),
                    )
                    for param, value in pairs
                ),
            )
    return None
