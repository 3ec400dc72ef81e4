"""Hypothesis strategies for the types of Solidity's ABI."""

from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chain_sim.ethereum.abi.types import ValueType, parse_type
from contract_testing.properties.named_address import ADDRESS_BYTES, NamedAddress
from gas_schedule.arguments import as_kind

MAX_ITEMS = 4
MAX_BYTES = 96
MAX_CHARACTERS = 40
SMALL = 10
# Amounts of tokens, with 18 decimals.
ONE_TOKEN = 10**18
# One address in 8 is arbitrary.
KNOWN_SHARE = 7

Strategy = SearchStrategy[Any]


def strategy_for(
    abi_type: str | ValueType, addresses: Sequence[NamedAddress] = ()
) -> Strategy:
    """Values of the type, as `encode_values` takes them; raises InvalidAbi.

    Most addresses are taken from `addresses`.
    """
    if isinstance(abi_type, str):
        abi_type = parse_type(abi_type)
    found = as_kind(abi_type, "abi_type", ValueType)
    return MAKERS[found.kind](found, addresses)


def addresses_among(known: Sequence[NamedAddress]) -> SearchStrategy[NamedAddress]:
    """Mostly one of `known`, else any."""
    any_address = st.binary(min_size=ADDRESS_BYTES, max_size=ADDRESS_BYTES).map(
        NamedAddress
    )
    if not known:
        return any_address
    is_known = st.integers(0, KNOWN_SHARE)
    return is_known.flatmap(
        lambda draw: any_address if draw == KNOWN_SHARE else st.sampled_from(known)
    )


def numbers(low: int, high: int) -> SearchStrategy[int]:
    """Numbers of a range: small ones, amounts of tokens, both ends, and any."""
    edges = (low, low + 1, high - 1, high, high // 2, high // 2 + 1, ONE_TOKEN)
    inside = sorted({edge for edge in edges if low <= edge <= high})
    return st.one_of(
        st.integers(max(low, -SMALL), min(high, SMALL)),
        st.sampled_from(inside),
        st.integers(max(low, 0), min(high, 1_000 * ONE_TOKEN)),
        st.integers(low, high),
    )


def _unsigned(found: ValueType, _: Sequence[NamedAddress]) -> Strategy:
    return numbers(0, (1 << (found.size or 256)) - 1)


def _signed(found: ValueType, _: Sequence[NamedAddress]) -> Strategy:
    half = 1 << ((found.size or 256) - 1)
    return numbers(-half, half - 1)


def _address(_: ValueType, addresses: Sequence[NamedAddress]) -> Strategy:
    return addresses_among(addresses)


def _bool(*_: object) -> Strategy:
    return st.booleans()


def _bytes(found: ValueType, _: Sequence[NamedAddress]) -> Strategy:
    if found.size is None:
        return st.binary(max_size=MAX_BYTES)
    return st.binary(min_size=found.size, max_size=found.size)


def _string(*_: object) -> Strategy:
    return st.text(max_size=MAX_CHARACTERS)


def _array(found: ValueType, addresses: Sequence[NamedAddress]) -> Strategy:
    (item,) = found.items
    size = found.size
    return st.lists(
        strategy_for(item, addresses),
        min_size=0 if size is None else size,
        max_size=MAX_ITEMS if size is None else size,
    )


def _tuple(found: ValueType, addresses: Sequence[NamedAddress]) -> Strategy:
    return st.tuples(*(strategy_for(item, addresses) for item in found.items))


MAKERS: dict[str, Callable[[ValueType, Sequence[NamedAddress]], Strategy]] = {
    "uint": _unsigned,
    "int": _signed,
    "address": _address,
    "bool": _bool,
    "bytes": _bytes,
    "string": _string,
    "array": _array,
    "tuple": _tuple,
}
