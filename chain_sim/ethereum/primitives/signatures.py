"""secp256k1 signatures over 32-byte hashes, and their signers' addresses.

The caller checks which v is allowed and whether s must be low: transactions and the
ecrecover precompile differ in both.
"""

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from chain_sim.ethereum.primitives.errors import InvalidPrivateKey, InvalidSignature
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256

if TYPE_CHECKING:
    from coincurve import PrivateKey, PublicKey

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
MAX_LOW_S = CURVE_ORDER // 2
KEPT_KEYS = 64


class Signature(NamedTuple):
    """A signature; `recovery_id`, 0 or 1, tells which of two matching keys signed."""

    recovery_id: int
    r: int
    s: int


def address_of_private_key(private_key: bytes) -> Address:
    """The address of the account that `private_key` controls."""
    return _address(_checked_key(private_key).public_key)


def sign_hash(message_hash: Hash32, private_key: bytes) -> Signature:
    """Sign the hash itself; s is low.

    The same key and hash give the same signature (RFC 6979).
    """
    signed = _checked_key(private_key).sign_recoverable(message_hash, hasher=None)
    r, s = signed[:32], signed[32:64]
    return Signature(signed[64], int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def recover_address(message_hash: Hash32, signature: Signature) -> Address:
    """The signer's address; InvalidSignature if no public key matches.

    r and s must be below 2**256; no key matches if one is zero or not below the curve's
    order. s may be high or low.
    """
    from coincurve import PublicKey  # noqa: PLC0415 (reading a chain needs no keys)

    encoded = signature.r.to_bytes(32, "big") + signature.s.to_bytes(32, "big")
    encoded += bytes([signature.recovery_id])
    try:
        key = PublicKey.from_signature_and_message(encoded, message_hash, hasher=None)
    except ValueError as error:
        raise InvalidSignature("no public key fits it") from error
    return _address(key)


def _checked_key(private_key: bytes) -> "PrivateKey":
    if not isinstance(private_key, bytes | bytearray | memoryview):
        # Not shown: it may be a key in another form.
        raise TypeError(f"private_key must be bytes, not {type(private_key).__name__}")
    is_in_range = 0 < int.from_bytes(private_key) < CURVE_ORDER
    if len(private_key) != 32 or not is_in_range:
        raise InvalidPrivateKey
    return _load_key(bytes(private_key))


@lru_cache(maxsize=KEPT_KEYS)
def _load_key(private_key: bytes) -> "PrivateKey":
    """The key with its public key, which takes a product on the curve."""
    from coincurve import PrivateKey  # noqa: PLC0415 (reading a chain needs no keys)

    return PrivateKey(private_key)


def _address(key: "PublicKey") -> Address:
    return Address(keccak256(key.format(compressed=False)[1:])[12:])
