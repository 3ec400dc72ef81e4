"""Functions of a contract by signature: selectors, call data, results, revert reasons.

In `balanceOf(address)(uint256)` the first types are the parameters, those in a second
pair of brackets, which may be absent, what the function returns.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.encoding import encode_values
from chain_sim.ethereum.abi.errors import (
    AmbiguousFunction,
    InvalidAbi,
    UnencodableValue,
    UnknownFunction,
)
from chain_sim.ethereum.abi.text_values import parse_value, show_value
from chain_sim.ethereum.abi.types import ValueType, parse_type
from chain_sim.ethereum.primitives.text import InvalidText, format_data, keccak256
from gas_schedule.arguments import as_text

SIGNATURE = re.compile(r"([A-Za-z_$][A-Za-z0-9_$]*)(\(.*\))")
MAX_SIGNATURE_CHARACTERS = 1_000
SELECTOR_BYTES = 4
ERROR_SELECTOR = bytes(keccak256(b"Error(string)")[:SELECTOR_BYTES])
INVARIANT_PREFIX = "invariant_"


class Parameter(Struct, frozen=True):
    """A parameter of a function; `name` may be empty."""

    name: str
    type: ValueType


@dataclass(frozen=True, slots=True)
class AbiFunction:
    """A function that a contract says it has; `results` None where they are not known.

    `is_payable` says whether it takes ether, `is_read_only` that it promises to change
    nothing.
    """

    name: str
    params: tuple[Parameter, ...]
    results: tuple[ValueType, ...] | None = None
    is_payable: bool = False
    is_read_only: bool = False
    selector: bytes = field(default=b"", init=False)

    def __post_init__(self) -> None:
        """The selector is the hash of the signature."""
        digest = keccak256(self.signature.encode())
        object.__setattr__(self, "selector", bytes(digest[:SELECTOR_BYTES]))

    @property
    def type_texts(self) -> list[str]:
        """The parameters' types."""
        return [param.type.text for param in self.params]

    @property
    def result_texts(self) -> list[str]:
        """The results' types; none where they are not known."""
        return [result.text for result in self.results or ()]

    @property
    def signature(self) -> str:
        """`transfer(address,uint256)`."""
        return f"{self.name}({','.join(self.type_texts)})"

    @property
    def is_invariant(self) -> bool:
        """Named as an invariant is, and callable as one."""
        return self.name.startswith(INVARIANT_PREFIX) and not self.params

    def encode(self, values: Sequence[Any]) -> bytes:
        """Call data from values, as `encode_values` takes them; raises what it does."""
        types = [param.type for param in self.params]
        return self.selector + encode_values(types, values)

    def encode_text(self, arguments: Sequence[str]) -> bytes:
        """Call data; raises InvalidText, which names the argument by its type."""
        if len(arguments) != len(self.params):
            reason = f"{len(self.params)} arguments needed, {len(arguments)} given"
            raise InvalidText(
                f"a call of {self.signature}", " ".join(arguments), reason
            )
        pairs = zip(self.params, arguments, strict=True)
        values = [parse_value(param.type, text) for param, text in pairs]
        try:
            return self.encode(values)
        except UnencodableValue as error:
            raise InvalidText("arguments", " ".join(arguments), str(error)) from error

    def decode(self, data: bytes) -> list[Any] | None:
        """The arguments in call data; None if it holds something else."""
        if data[:SELECTOR_BYTES] != self.selector:
            return None
        try:
            return list(decode_values(self.type_texts, data[SELECTOR_BYTES:]))
        except MalformedAbiData:
            return None

    def decode_output(self, output: bytes) -> list[Any] | None:
        """The returned values, ready for JSON; None where no types were given.

        Raises InvalidText where the output has another form.
        """
        if self.results is None:
            return None
        try:
            values = decode_values(self.result_texts, output)
        except MalformedAbiData as error:
            kind = f"({','.join(self.result_texts)})"
            raise InvalidText(kind, format_data(output), "decodes otherwise") from error
        return [show_value(*pair) for pair in zip(self.results, values, strict=True)]


def parse_function(text: str) -> AbiFunction:
    """Read `name(types)` or `name(types)(types)`; raises InvalidText."""
    is_short = len(as_text(text, "signature")) <= MAX_SIGNATURE_CHARACTERS
    found = SIGNATURE.fullmatch(text.replace(" ", "")) if is_short else None
    if found is None:
        raise InvalidText("a signature", text, "write name(types)(returned types)")
    params, results = _split_brackets(found[2], text)
    return AbiFunction(
        found[1],
        tuple(Parameter("", item) for item in _parse_types(params, text)),
        tuple(_parse_types(results, text)) if results else None,
    )


def find_function(functions: Sequence[AbiFunction], wanted: str) -> AbiFunction:
    """By signature, or by a name that only one has.

    Raises UnknownFunction or AmbiguousFunction.
    """
    text = wanted.replace(" ", "")
    found = [entry for entry in functions if text in (entry.name, entry.signature)]
    if not found:
        known = tuple(function.signature for function in functions)
        raise UnknownFunction(wanted, known)
    if len(found) > 1:
        raise AmbiguousFunction(wanted, tuple(entry.signature for entry in found))
    return found[0]


def revert_reason(output: bytes) -> str | None:
    """The text of Solidity's Error(string); None for any other output."""
    if output[:SELECTOR_BYTES] != ERROR_SELECTOR:
        return None
    try:
        (reason,) = decode_values(["string"], output[SELECTOR_BYTES:])
    except MalformedAbiData:
        return None
    return str(reason)


def _split_brackets(text: str, signature: str) -> tuple[str, str]:
    """`(a,(b))(c)` into its first balanced part and the rest."""
    depth = 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return text[: position + 1], text[position + 1 :]
    raise InvalidText("a signature", signature, "brackets do not match")


def _parse_types(text: str, signature: str) -> Iterable[ValueType]:
    if text == "()":
        return ()
    try:
        return parse_type(text).items
    except InvalidAbi as error:
        reason = f"bad types: {error.reason}"
        raise InvalidText("a signature", signature, reason) from error
