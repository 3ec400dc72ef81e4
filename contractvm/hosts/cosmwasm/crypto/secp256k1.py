"""Signatures over secp256k1; a high s counts as the low one."""

from contractvm.hosts.cosmwasm.crypto.codes import (
    GENERIC,
    INVALID,
    RECOVERY_PARAMETER,
    VALID,
    CryptoErr,
    check_formats,
    check_key,
    library,
    split_signature,
)

GROUP_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def verify(digest: bytes, signature: bytes, key: bytes) -> int:
    """VALID, INVALID, or the code of what is malformed."""
    try:
        check_formats(digest, signature)
        check_key(key)
        normal, _ = _normalized(signature)
        public_key = library("coincurve", "coincurve").PublicKey(key)
    except CryptoErr as error:
        return error.code
    except ValueError:
        return GENERIC
    ecdsa = library("coincurve.ecdsa", "coincurve")
    der = ecdsa.cdata_to_der(ecdsa.deserialize_compact(normal))
    return VALID if public_key.verify(der, digest, hasher=None) else INVALID


def recover(digest: bytes, signature: bytes, parameter: int) -> bytes:
    """The signer's key in 65 bytes; raises CryptoErr."""
    check_formats(digest, signature)
    if parameter not in (0, 1):
        raise CryptoErr(RECOVERY_PARAMETER)
    normal, is_flipped = _normalized(signature)
    compact = normal + bytes([parameter ^ is_flipped])
    key_of = library("coincurve", "coincurve").PublicKey.from_signature_and_message
    try:
        found = key_of(compact, digest, hasher=None)
    except Exception as error:
        raise CryptoErr(GENERIC) from error
    return bytes(found.format(compressed=False))


def _normalized(signature: bytes) -> tuple[bytes, bool]:
    """The signature with a low s, and whether it had a high one."""
    _, s = split_signature(signature, GROUP_ORDER)
    if s <= GROUP_ORDER // 2:
        return signature, False
    return signature[:32] + (GROUP_ORDER - s).to_bytes(32, "big"), True
