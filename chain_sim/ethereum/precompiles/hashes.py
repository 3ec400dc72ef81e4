"""Addresses 2 to 4: SHA-256, RIPEMD-160 and the identity."""

import hashlib


def sha256(data: bytes) -> bytes:
    """The SHA-256 digest of the whole input."""
    return hashlib.sha256(data).digest()


def ripemd160(data: bytes) -> bytes:
    """The RIPEMD-160 digest of the whole input, in 32 bytes.

    Not hashlib's: many builds of OpenSSL 3 have no RIPEMD-160.
    """
    from Crypto.Hash import RIPEMD160  # noqa: PLC0415 (few contracts need it)

    return RIPEMD160.new(data).digest().rjust(32, b"\x00")


def identity(data: bytes) -> bytes:
    """The input."""
    return data
