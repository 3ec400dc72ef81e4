"""Functions by signature: `transfer(address,uint256)`, `balanceOf(address)(uint256)`.

The first types are the parameters, those in a second pair of brackets, which may be
absent, what the function returns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from eth_abi.grammar import ABIType, BasicType, TupleType

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.text_values import (
    PARSERS,
    parse_value,
    show_value,
    type_name,
)
from chain_sim.ethereum.abi.types import InvalidType, parse_abi_type
from chain_sim.ethereum.primitives.text import InvalidText, format_data, keccak256

SIGNATURE = re.compile(r"([A-Za-z_$][A-Za-z0-9_$]*)(\(.*\))")
SELECTOR_BYTES = 4
MAX_SIGNATURE_CHARACTERS = 1_000

ERROR_SELECTOR = keccak256(b"Error(string)")[:SELECTOR_BYTES]


@dataclass(frozen=True, slots=True)
class AbiFunction:
    """A function's name and types; `results` None where they were not given."""

    name: str
    params: tuple[ABIType, ...]
    results: tuple[ABIType, ...] | None

    @property
    def text(self) -> str:
        """The signature that the selector is the hash of."""
        return f"{self.name}({','.join(type_names(self.params))})"

    @property
    def selector(self) -> bytes:
        """The first four bytes of the call data."""
        return bytes(keccak256(self.text.encode())[:SELECTOR_BYTES])

    def encode_call(self, arguments: Sequence[str]) -> bytes:
        """Call data; raises InvalidText, which names the argument by its type."""
        if len(arguments) != len(self.params):
            reason = f"{len(self.params)} arguments needed, {len(arguments)} given"
            raise InvalidText(f"a call of {self.text}", " ".join(arguments), reason)
        pairs = zip(self.params, arguments, strict=True)
        values = [parse_value(abi_type, text) for abi_type, text in pairs]
        try:
            return self.selector + encode(type_names(self.params), values)
        except (EncodingError, UnicodeEncodeError) as error:
            raise InvalidText("arguments", " ".join(arguments), str(error)) from error

    def decode_output(self, output: bytes) -> list[Any] | None:
        """The returned values, ready for JSON; None where no types were given.

        Raises InvalidText where the output has another form.
        """
        if self.results is None:
            return None
        names = type_names(self.results)
        try:
            values = decode_values(names, output)
        except MalformedAbiData as error:
            kind = f"({','.join(names)})"
            raise InvalidText(kind, format_data(output), "decodes otherwise") from error
        pairs = zip(self.results, values, strict=True)
        return [show_value(abi_type, value) for abi_type, value in pairs]


def parse_signature(text: str) -> AbiFunction:
    """Read `name(types)` or `name(types)(types)`; raises InvalidText."""
    is_short = len(text) <= MAX_SIGNATURE_CHARACTERS
    found = SIGNATURE.fullmatch(text.replace(" ", "")) if is_short else None
    if found is None:
        raise InvalidText("a signature", text, "write name(types)(returned types)")
    params, results = _split_brackets(found[2], text)
    return AbiFunction(
        found[1],
        _parse_types(params, text),
        _parse_types(results, text) if results else None,
    )


def type_names(types: Sequence[ABIType]) -> list[str]:
    """The types as eth-abi takes them."""
    return [type_name(abi_type) for abi_type in types]


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


def _parse_types(text: str, signature: str) -> tuple[ABIType, ...]:
    if text == "()":
        return ()
    try:
        types = parse_abi_type(text)
    except InvalidType as error:
        reason = f"bad types {text}: it {error.reason}"
        raise InvalidText("a signature", signature, reason) from error
    if not isinstance(types, TupleType) or types.is_array or not _is_known(types):
        raise InvalidText("a signature", signature, f"bad types {text}")
    return tuple(types.components)


def _is_known(abi_type: ABIType) -> bool:
    if isinstance(abi_type, TupleType):
        return all(map(_is_known, abi_type.components))
    return isinstance(abi_type, BasicType) and abi_type.base in PARSERS
