"""What an ABI says: functions, events, errors, with the names of their parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.functions import AbiFunction
from chain_sim.ethereum.primitives.text import keccak256
from contract_testing.contracts.shapes import Shape, decode, shapes_of

HASHED_KINDS = ("array", "tuple")
SELECTOR_BYTES = 4


@dataclass(frozen=True)
class Description:
    """What has a name and parameters, in the form of a function."""

    abi: AbiFunction
    inputs: tuple[Shape, ...]

    @property
    def name(self) -> str:
        """The name alone."""
        return self.abi.name

    @property
    def signature(self) -> str:
        """`transfer(address,uint256)`."""
        return self.abi.signature


@dataclass(frozen=True)
class Function(Description):
    """A function, or a constructor, whose name is empty.

    `mutability` is a word of Solidity's: pure, view, nonpayable, payable.
    """

    outputs: tuple[Shape, ...]
    mutability: str

    @property
    def is_view(self) -> bool:
        """Whether it promises to change nothing."""
        return self.abi.is_read_only

    @property
    def shown(self) -> str:
        """`deposit() payable -> uint64`."""
        params = ", ".join(shape.shown for shape in self.inputs)
        results = ", ".join(shape.shown for shape in self.outputs)
        word = "" if self.mutability == "nonpayable" else f" {self.mutability}"
        return f"{self.name}({params}){word}{f' -> {results}' if results else ''}"


@dataclass(frozen=True)
class EventShape(Description):
    """An event, and which of its parameters are topics."""

    indexed: tuple[bool, ...]
    is_anonymous: bool

    @cached_property
    def topic(self) -> bytes:
        """The first topic of its logs, unless it is anonymous."""
        return bytes(keccak256(self.signature.encode()))

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """Names of the parameters; `arg0` where one has none."""
        return tuple(
            shape.name or f"arg{place}" for place, shape in enumerate(self.inputs)
        )

    def read(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any] | None:
        """The arguments by name; None where the log has another form."""
        topics = topics if self.is_anonymous else topics[1:]
        if len(topics) != sum(self.indexed):
            return None
        pairs = list(zip(self.inputs, self.indexed, strict=True))
        rest = decode([shape for shape, is_topic in pairs if not is_topic], data)
        if rest is None:
            return None
        in_data, in_topics = iter(rest), iter(topics)
        values = []
        for shape, is_topic in pairs:
            if not is_topic:
                values.append(next(in_data))
                continue
            topic = next(in_topics)
            if shape.type.kind in HASHED_KINDS or shape.type.has_length:
                values.append(Hashed(topic))
                continue
            decoded = decode([shape], topic)
            if decoded is None:
                return None
            values.append(decoded[0])
        return dict(zip(self.field_names, values, strict=True))


class Hashed(bytes):
    """An indexed value of free length, of which a log has only the hash.

    Equal to the hash, and to bytes and text that have it.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            other = other.encode("utf-8", "surrogatepass")
        if not isinstance(other, bytes | bytearray):
            return False
        content = bytes(other)
        return bytes(self) in (content, bytes(keccak256(content)))

    __hash__ = bytes.__hash__

    def __repr__(self) -> str:
        return f"Hashed(0x{self.hex()})"


@dataclass(frozen=True)
class ErrorShape(Description):
    """An error that a contract can revert with."""

    def read(self, data: bytes) -> tuple[Any, ...] | None:
        """The arguments in a revert's data; None if it is another error."""
        if data[:SELECTOR_BYTES] != self.abi.selector:
            return None
        return decode(self.inputs, data[SELECTOR_BYTES:])


def function_of(
    entry: dict[str, Any], abi: AbiFunction, outputs: AbiFunction
) -> Function:
    """A function, from its entry; `outputs` has the results as its parameters."""
    return Function(
        abi,
        shapes_of(entry.get("inputs", []), abi.params),
        shapes_of(entry.get("outputs") or [], outputs.params),
        mutability_of(entry, abi),
    )


def mutability_of(entry: dict[str, Any], abi: AbiFunction) -> str:
    """The word for it; old ABIs have two flags instead."""
    word = entry.get("stateMutability")
    if isinstance(word, str) and word in ("pure", "view", "nonpayable", "payable"):
        return word
    if abi.is_payable:
        return "payable"
    return "view" if abi.is_read_only else "nonpayable"


def event_of(entry: dict[str, Any], abi: AbiFunction) -> EventShape:
    """An event, from its entry; raises InvalidAbi for more topics than a log has."""
    indexed = tuple(item.get("indexed") is True for item in entry.get("inputs", []))
    is_anonymous = entry.get("anonymous") is True
    most = 4 if is_anonymous else 3
    if sum(indexed) > most:
        raise InvalidAbi(f"event {abi.name} has more than {most} indexed parameters")
    inputs = shapes_of(entry.get("inputs", []), abi.params)
    return EventShape(abi, inputs, indexed, is_anonymous)
