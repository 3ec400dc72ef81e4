"""Hashes of typed data, for signatures by wallets (EIP-712)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chain_sim.ethereum.abi.encoding import encode_values
from chain_sim.ethereum.abi.errors import InvalidAbi, UnencodableValue
from chain_sim.ethereum.abi.types import parse_type
from chain_sim.ethereum.primitives.text import Hash32, keccak256
from chain_sim.node.parameters import InvalidValue
from chain_sim.node.values import (
    kind_of,
    parse_any_address,
    parse_bytes,
    parse_object,
    text_of,
)

DOMAIN = "EIP712Domain"
MAX_DEPTH = 32
ARRAY = re.compile(r"(.+)\[([0-9]{0,6})\]")
SIGNED_DECIMAL = re.compile(r"-?[0-9]{1,78}")
HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,64}")

Members = Sequence[tuple[str, str]]


def typed_data_hash(given: object) -> Hash32:
    """The hash to sign of `{types, primaryType, domain, message}`.

    Raises InvalidValue.
    """
    data = parse_object(given)
    hasher = _Hasher(parse_object(data.get("types")))
    domain = hasher.hash_struct(DOMAIN, data.get("domain"), 0)
    primary = text_of(data.get("primaryType"), "primaryType")
    if primary == DOMAIN:
        return keccak256(b"\x19\x01" + domain)
    message = hasher.hash_struct(primary, data.get("message"), 0)
    return keccak256(b"\x19\x01" + domain + message)


class _Hasher:
    def __init__(self, types: Mapping[str, object]) -> None:
        self._types = {name: _members(name, given) for name, given in types.items()}

    def hash_struct(self, name: str, given: object, depth: int) -> Hash32:
        values = parse_object(given)
        members = self._members_of(name)
        parts: list[bytes] = [keccak256(self._encode_type(name).encode())]
        for member, type_text in members:
            if member not in values:
                raise InvalidValue(f"{name} has no member {member!r:.40}")
            parts.append(self._encode(type_text, values[member], depth + 1))
        return keccak256(b"".join(parts))

    def _members_of(self, name: str) -> Members:
        if name not in self._types:
            raise InvalidValue(f"types has no {name!r:.40}")
        return self._types[name]

    def _encode_type(self, name: str) -> str:
        """The struct's own members, then those of all it refers to, by name."""
        found: dict[str, None] = {}
        waiting = [name]
        while waiting:
            current = waiting.pop()
            if current in found:
                continue
            found[current] = None
            for _, type_text in self._members_of(current):
                base = type_text.partition("[")[0]
                if base in self._types:
                    waiting.append(base)
        others = sorted(found.keys() - {name})
        return "".join(
            f"{one}({','.join(' '.join(pair[::-1]) for pair in self._types[one])})"
            for one in (name, *others)
        )

    def _encode(self, type_text: str, given: object, depth: int) -> bytes:
        if depth > MAX_DEPTH:
            raise InvalidValue(f"more than {MAX_DEPTH} values in each other")
        array = ARRAY.fullmatch(type_text)
        if array is not None:
            items = _items(given, array[2])
            parts = (self._encode(array[1], item, depth + 1) for item in items)
            return keccak256(b"".join(parts))
        if type_text in self._types:
            return self.hash_struct(type_text, given, depth)
        return _encode_scalar(type_text, given)


def _members(name: str, given: object) -> Members:
    if not isinstance(given, list):
        raise InvalidValue(f"type {name!r:.40} is a list, not {kind_of(given)}")
    members = map(parse_object, given)
    return [
        (text_of(one.get("name"), "a name"), text_of(one.get("type"), "a type"))
        for one in members
    ]


def _items(given: object, length: str) -> list[Any]:
    if not isinstance(given, list):
        raise InvalidValue(f"an array is a list, not {kind_of(given)}")
    if length and len(given) != int(length):
        raise InvalidValue(f"{len(given)} items, not {length}")
    return given


def _encode_scalar(type_text: str, given: object) -> bytes:
    if type_text == "string":
        return keccak256(text_of(given, "a string").encode())
    if type_text == "bytes":
        return keccak256(parse_bytes(given))
    try:
        value_type = parse_type(type_text)
        if value_type.kind in ("tuple", "array"):
            raise InvalidValue(f"{type_text!r:.40} is no type of EIP-712")
        return encode_values([value_type], [_scalar(value_type.kind, given)])
    except (InvalidAbi, UnencodableValue) as error:
        raise InvalidValue(str(error)) from error


def _scalar(kind: str, given: object) -> object:
    if kind == "address":
        return parse_any_address(given)
    if kind == "bytes":
        return parse_bytes(given)
    if kind in ("int", "uint") and isinstance(given, str):
        if SIGNED_DECIMAL.fullmatch(given):
            return int(given)
        if HEXADECIMAL.fullmatch(given):
            return int(given, 16)
    return given
