"""Functions by signature: `transfer(address,uint256)`, `balanceOf(address)(uint256)`.

The first types are the parameters, those in a second pair of brackets, which may be
absent, what the function returns.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError, ParseError
from eth_abi.grammar import ABIType, TupleType, normalize, parse

from chain_sim.primitives import InvalidText, keccak256
from contractvm.cli.abi_values import parse_value, show_value

SIGNATURE = re.compile(r"([A-Za-z_$][A-Za-z0-9_$]*)(\(.*\))")
SELECTOR_BYTES = 4
MAX_SIGNATURE_CHARACTERS = 1_000

ERROR_SELECTOR = keccak256(b"Error(string)")[:SELECTOR_BYTES]


@dataclass(frozen=True, slots=True)
class AbiFunction:
    """A function's name and types; `results` None where they were not given."""

    name: str
    params: TupleType
    results: TupleType | None

    @property
    def selector(self) -> bytes:
        """The first four bytes of the call data."""
        text = self.name + self.params.to_type_str()
        return bytes(keccak256(text.encode())[:SELECTOR_BYTES])

    def encode_call(self, arguments: Sequence[str]) -> bytes:
        """Call data; raises InvalidText, which names the argument by its type."""
        types = self.params.components
        if len(arguments) != len(types):
            text = self.name + self.params.to_type_str()
            reason = f"takes {len(types)} arguments, not {len(arguments)}"
            raise InvalidText("a call", text, reason)
        values = [
            parse_value(abi_type, text)
            for abi_type, text in zip(types, arguments, strict=True)
        ]
        try:
            return self.selector + encode([str(t.to_type_str()) for t in types], values)
        except (EncodingError, UnicodeEncodeError) as error:
            raise InvalidText("arguments", " ".join(arguments), str(error)) from error

    def decode_output(self, output: bytes) -> list[Any] | None:
        """The returned values, ready for JSON; None where no types were given.

        Raises InvalidText where the output has another form.
        """
        if self.results is None:
            return None
        types = self.results.components
        try:
            values = decode([abi_type.to_type_str() for abi_type in types], output)
        except (DecodingError, UnicodeDecodeError, OverflowError) as error:
            kind = self.results.to_type_str()
            raise InvalidText(kind, "0x" + output.hex(), "other ABI types") from error
        pairs = zip(types, values, strict=True)
        return [show_value(abi_type, value) for abi_type, value in pairs]


def parse_signature(text: str) -> AbiFunction:
    """Read `name(types)` or `name(types)(types)`; raises InvalidText."""
    found = SIGNATURE.fullmatch(text.replace(" ", ""))
    if found is None or len(text) > MAX_SIGNATURE_CHARACTERS:
        raise InvalidText("a signature", text, "write name(types)(returned types)")
    params, results = _split_brackets(found[2], text)
    return AbiFunction(
        found[1],
        _parse_types(params, text),
        _parse_types(results, text) if results else None,
    )


def revert_reason(output: bytes) -> str | None:
    """The text of Solidity's Error(string); None for any other output."""
    if output[:SELECTOR_BYTES] != ERROR_SELECTOR:
        return None
    try:
        (reason,) = decode(["string"], output[SELECTOR_BYTES:])
    except (DecodingError, UnicodeDecodeError, OverflowError):
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


def _parse_types(text: str, signature: str) -> TupleType:
    try:
        types: ABIType = parse(normalize(text))
        types.validate()
    except (ParseError, ValueError) as error:
        raise InvalidText("a signature", signature, f"bad types {text}") from error
    if not isinstance(types, TupleType) or types.is_array:
        raise InvalidText("a signature", signature, f"bad types {text}")
    return types
