"""Codes that cryptography answers with, and optional libraries."""

from importlib import import_module
from typing import Any

from contractvm.errors import ContractVmError
from contractvm.hosts.cosmwasm.errors import MissingCryptography

VALID = 0
INVALID = 1
HASH_FORMAT = 3
SIGNATURE_FORMAT = 4
KEY_FORMAT = 5
RECOVERY_PARAMETER = 6
BATCH = 7
INVALID_POINT = 8
UNKNOWN_HASH_FUNCTION = 9
GENERIC = 10
PS_LENGTH = 11
QS_LENGTH = 12
UNEQUAL_COUNTS = 13
EMPTY_AGGREGATION = 14
AGGREGATION_LENGTH = 15

HASH_BYTES = 32
SIGNATURE_BYTES = 64
COMPRESSED_BYTES = 33
UNCOMPRESSED_BYTES = 65


class CryptoErr(ContractVmError):
    """Cryptography has no result; the contract gets `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"cryptography failed with code {code}")
        self.code = code


def library(name: str, distribution: str) -> Any:
    """A module that is imported when it is used; raises MissingCryptography."""
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingCryptography(distribution) from error


def check_formats(digest: bytes, signature: bytes) -> None:
    """Raise CryptoErr for a hash or signature of another length."""
    if len(digest) != HASH_BYTES:
        raise CryptoErr(HASH_FORMAT)
    if len(signature) != SIGNATURE_BYTES:
        raise CryptoErr(SIGNATURE_FORMAT)


def check_key(key: bytes) -> None:
    """Raise CryptoErr unless a key has the form of SEC 1, compressed or not."""
    if len(key) == COMPRESSED_BYTES and key[0] in (2, 3):
        return
    if len(key) != UNCOMPRESSED_BYTES or key[0] != 4:
        raise CryptoErr(KEY_FORMAT)


def split_signature(signature: bytes, group_order: int) -> tuple[int, int]:
    """The numbers r and s; raises CryptoErr unless both are scalars but 0."""
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (0 < r < group_order and 0 < s < group_order):
        raise CryptoErr(GENERIC)
    return r, s
