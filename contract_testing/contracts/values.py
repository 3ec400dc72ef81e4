"""Values on their way in: what people pass, as the ABI's encoder takes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from reprlib import repr as short_repr
from typing import Any

from chain_sim.ethereum.abi.numbers import parse_integer
from chain_sim.ethereum.abi.types import ValueType
from chain_sim.ethereum.primitives.text import (
    ADDRESS_BYTES,
    InvalidText,
    parse_address,
    parse_data,
)
from contract_testing.contracts.errors import UnfitValue
from contract_testing.contracts.shapes import Shape

# Finds the address that a name stands for; None where no such name is known.
Resolve = Callable[[str], bytes | None]

PLAIN: Mapping[str, type] = {"bool": bool, "string": str}


def fitted(shape: Shape, value: Any, resolve: Resolve, place: str = "") -> Any:
    """The value for the encoder; raises UnfitValue with the place and the reason."""
    return _fitted(shape, shape.type, value, resolve, place)


def _fitted(
    shape: Shape, value_type: ValueType, value: Any, resolve: Resolve, place: str
) -> Any:
    match value_type.kind:
        case "array":
            items = _items(value_type, value, place)
            return [
                _fitted(shape, value_type.items[0], item, resolve, f"{place}[{index}]")
                for index, item in enumerate(items)
            ]
        case "tuple":
            return _struct(shape, value_type, value, resolve, place)
        case "address":
            return address_of(value, resolve, place)
        case "bytes":
            return _content(value_type, value, place)
    if value_type.kind not in PLAIN:
        return _number(value_type, value, place)
    if not isinstance(value, PLAIN[value_type.kind]):
        raise UnfitValue(place, f"{short_repr(value)} is no {value_type.text}")
    return value


def _items(value_type: ValueType, value: Any, place: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise UnfitValue(place, f"{short_repr(value)} is no {value_type.text}")
    if value_type.size is not None and len(value) != value_type.size:
        reason = f"{len(value)} values for {value_type.text}"
        raise UnfitValue(place, reason)
    return value


def _struct(
    shape: Shape, value_type: ValueType, value: Any, resolve: Resolve, place: str
) -> list[Any]:
    names = [part.name for part in shape.parts]
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        if set(value) != set(names) or "" in names:
            wanted = ", ".join(name or "?" for name in names)
            given = ", ".join(map(str, value))
            raise UnfitValue(place, f"names {given}, wanted {wanted}")
        value = [value[name] for name in names]
    if not isinstance(value, list | tuple) or len(value) != len(shape.parts):
        raise UnfitValue(place, f"{short_repr(value)} is no {value_type.text}")
    return [
        fitted(part, item, resolve, f"{place}.{part.name or index}")
        for index, (part, item) in enumerate(zip(shape.parts, value, strict=True))
    ]


def _content(value_type: ValueType, value: Any, place: str) -> bytes:
    if isinstance(value, str):
        try:
            value = parse_data(value)
        except InvalidText as error:
            raise UnfitValue(place, str(error)) from error
    if not isinstance(value, bytes | bytearray):
        raise UnfitValue(place, f"{short_repr(value)} is no {value_type.text}")
    if value_type.size is not None and len(value) != value_type.size:
        reason = f"{len(value)} bytes for {value_type.text}; nothing is padded"
        raise UnfitValue(place, reason)
    return bytes(value)


def _number(value_type: ValueType, value: Any, place: str) -> int:
    if isinstance(value, float):
        raise UnfitValue(place, f"{value} is a float; write wei or ether('1.5')")
    if not isinstance(value, int) or isinstance(value, bool):
        raise UnfitValue(place, f"{short_repr(value)} is no {value_type.text}")
    numbers = value_type.numbers
    if value not in numbers:
        reason = (
            f"{short_repr(value)} does not fit {value_type.text}"
            f" ({numbers[0]} ... {numbers[-1]})"
        )
        raise UnfitValue(place, reason)
    return value


def address_of(value: Any, resolve: Resolve, place: str = "") -> bytes:
    """Twenty bytes: given so, as `0x` text, an account, a contract, or a name."""
    if isinstance(value, str):
        if not value.startswith("0x"):
            found = resolve(value)
            if found is None:
                raise UnfitValue(place, f"no account or contract is named {value!r}")
            return found
        try:
            return parse_address(value)
        except InvalidText as error:
            raise UnfitValue(place, str(error)) from error
    for attribute in ("address", "contract_address"):
        value = getattr(value, attribute, value)
    if isinstance(value, bytes | bytearray) and len(value) == ADDRESS_BYTES:
        return bytes(value)
    raise UnfitValue(place, f"{short_repr(value)} is no address")


def wei(value: int | str, place: str = "value") -> int:
    """An amount of ether in wei, also given as "1.5 ether" or "2 gwei"."""
    if isinstance(value, str):
        try:
            value = parse_integer(value)
        except InvalidText as error:
            raise UnfitValue(place, str(error)) from error
    if isinstance(value, float):
        raise UnfitValue(place, f"{value} is a float; write wei or ether('1.5')")
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise UnfitValue(place, f"{short_repr(value)} is no amount of ether")
    return value


def ether(amount: int | str) -> int:
    """Ether in wei: `ether("1.5")`, exact. Raises UnfitValue."""
    return wei(f"{amount} ether")


def gwei(amount: int | str) -> int:
    """Gwei in wei: `gwei(2)`. Raises UnfitValue."""
    return wei(f"{amount} gwei")
