"""Addresses of the stand-in chains."""

from hashlib import sha256

from contractvm.hosts.cosmwasm import bech32
from contractvm.hosts.cosmwasm.backend import AddressRefused, Cost

PREFIX = "cosmwasm"
MAX_CANONICAL = 64
WASMVM_ADDRESS_BYTES = 32
PLAIN_ADDRESS_BYTES = 90


def make_address(name: str) -> str:
    """The address that cosmwasm-vm's tests give to a name."""
    return bech32.encode(PREFIX, sha256(name.encode()).digest())


class Bech32Api:
    """Addresses of cosmwasm-vm's tests since 2.1."""

    CANONICALIZE = 700_000
    HUMANIZE = 560_000

    def validate(self, text: str) -> Cost:
        """See Api."""
        canonical, cost = self.canonicalize(text)
        normal, more = self.humanize(canonical)
        total = Cost(cost.internal + more.internal)
        if normal != text:
            raise AddressRefused("Address is not normalized", total)
        return total

    def canonicalize(self, text: str) -> tuple[bytes, Cost]:
        """See Api."""
        cost = Cost(self.CANONICALIZE)
        try:
            prefix, data = bech32.decode(text)
        except bech32.MalformedBech32 as error:
            raise AddressRefused("Error decoding bech32", cost) from error
        if prefix != PREFIX:
            raise AddressRefused("Wrong bech32 prefix", cost)
        if not 1 <= len(data) <= MAX_CANONICAL:
            raise AddressRefused("Invalid canonical address length", cost)
        return data, cost

    def humanize(self, canonical: bytes) -> tuple[str, Cost]:
        """See Api."""
        cost = Cost(self.HUMANIZE)
        if not 1 <= len(canonical) <= MAX_CANONICAL:
            raise AddressRefused("Invalid canonical address length", cost)
        return bech32.encode(PREFIX, canonical), cost


class PlainApi:
    """Addresses that are any short text, as in older tests.

    `wasmvm`'s are in lower case; its gas is ten times as much.
    """

    def __init__(self, canonicalize: int, humanize: int, max_bytes: int) -> None:
        self._canonicalize = Cost(canonicalize)
        self._humanize = Cost(humanize)
        self._max_bytes = max_bytes

    def validate(self, text: str) -> Cost:
        """See Api."""
        canonical, cost = self.canonicalize(text)
        normal, more = self.humanize(canonical)
        total = Cost(cost.internal + more.internal)
        if normal != text:
            raise AddressRefused("Address is not normalized", total)
        return total

    def canonicalize(self, text: str) -> tuple[bytes, Cost]:
        """See Api."""
        data = text.lower().encode()
        if len(data) > self._max_bytes:
            raise AddressRefused("human encoding too long", self._canonicalize)
        return data.ljust(self._max_bytes, b"\0"), self._canonicalize

    def humanize(self, canonical: bytes) -> tuple[str, Cost]:
        """See Api."""
        if len(canonical) != self._max_bytes:
            raise AddressRefused("wrong canonical address length", self._humanize)
        return canonical.rstrip(b"\0").decode(errors="replace"), self._humanize


def plain_api() -> PlainApi:
    """Addresses of cosmwasm-vm's tests until 2.0."""
    return PlainApi(55, 44, PLAIN_ADDRESS_BYTES)


def wasmvm_api() -> PlainApi:
    """Addresses of wasmvm's tests."""
    return PlainApi(440, 550, WASMVM_ADDRESS_BYTES)
