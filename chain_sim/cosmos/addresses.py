"""Addresses: text and bytes, and those of modules and contracts."""

from hashlib import sha256
from typing import Any

from chain_sim.cosmos.errors import INVALID_ADDRESS, CosmosError
from contractvm.hosts.cosmwasm import bech32

MAX_ADDRESS_BYTES = 255
MAX_SALT_BYTES = 64
USER_BYTES = 20
NUMBER_BYTES = 8
MAX_KEPT = 65_536


def derive_module_address(key: bytes) -> bytes:
    """The address of 32 bytes that the wasm module derives from a key."""
    base = sha256(b"module").digest() + b"wasm\0" + key
    return sha256(base).digest()


def classic_address(code_id: int, instance_id: int) -> bytes:
    """The address of a contract by the numbers of its code and itself."""
    return derive_module_address(_number(code_id) + _number(instance_id))


def predictable_address(
    checksum: bytes, creator: bytes, salt: bytes, message: bytes = b""
) -> bytes:
    """The address of a contract by its code, creator and salt.

    `message` is empty unless the creator fixed the message, too.
    """
    parts = (checksum, creator, salt, message)
    return derive_module_address(b"".join(_number(len(part)) + part for part in parts))


def user_address(name: str) -> bytes:
    """The address of a person of a test."""
    return sha256(name.encode()).digest()[:USER_BYTES]


def module_account(name: str) -> bytes:
    """The address of a module that owns coins."""
    return sha256(name.encode()).digest()[:USER_BYTES]


def _number(number: int) -> bytes:
    return number.to_bytes(NUMBER_BYTES, "big")


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= MAX_KEPT:
        kept.clear()


class AddressBook:
    """Addresses with the chain's prefix; what was read or written lately is kept."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._texts: dict[bytes, str] = {}
        self._data: dict[str, bytes] = {}

    def text(self, address: bytes) -> str:
        """The text of an address."""
        found = self._texts.get(address)
        if found is None:
            _make_room(self._texts)
            found = self._texts[address] = bech32.encode(self.prefix, address)
        return found

    def data(self, text: str) -> bytes:
        """The bytes of an address; raises CosmosError."""
        found = self._data.get(text)
        if found is None:
            _make_room(self._data)
            found = self._data[text] = self._decoded(text)
        return found

    def _decoded(self, text: str) -> bytes:
        fault = self.fault(text)
        if fault is not None:
            raise CosmosError(INVALID_ADDRESS, fault)
        return bech32.decode(text)[1]

    def fault(self, text: str) -> str | None:
        """What is wrong with an address, in the chain's words; None if it is good."""
        return None if text in self._data else self._new_fault(text)

    def _new_fault(self, text: str) -> str | None:
        if not text.strip():
            return "empty address string is not allowed"
        try:
            prefix, data = bech32.decode(text)
        except bech32.MalformedBech32 as error:
            return f"decoding bech32 failed: {error}"
        if prefix != self.prefix:
            return f"invalid Bech32 prefix; expected {self.prefix}, got {prefix}"
        if not data:
            return "addresses cannot be empty: unknown address"
        if len(data) > MAX_ADDRESS_BYTES:
            return (
                f"address max length is {MAX_ADDRESS_BYTES}, got {len(data)}:"
                " unknown address"
            )
        return None
