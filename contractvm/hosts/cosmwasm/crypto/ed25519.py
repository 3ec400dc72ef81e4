"""Signatures over Ed25519 by the rules of ZIP 215.

Encodings of points need not be canonical, points may have a small order, s must be
below the group's order, and the equation is multiplied by the cofactor. No common
library decides so; what libsodium accepts is accepted here, too, and all else is
computed.
"""

from hashlib import sha512

from contractvm.hosts.cosmwasm.crypto.codes import (
    BATCH,
    INVALID,
    KEY_FORMAT,
    SIGNATURE_BYTES,
    SIGNATURE_FORMAT,
    VALID,
    library,
)

PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, PRIME) % PRIME
ROOT_OF_MINUS_ONE = pow(2, PRIME // 4, PRIME)
KEY_BYTES = 32
SIGN_BIT = 255
# A point as x, y, z and t, where x / z and y / z are its coordinates, and t is xy / z.
Point = tuple[int, int, int, int]
IDENTITY: Point = (0, 1, 1, 0)


def verify(message: bytes, signature: bytes, key: bytes) -> int:
    """VALID, INVALID, or the code of what is malformed."""
    if len(signature) != SIGNATURE_BYTES:
        return SIGNATURE_FORMAT
    if len(key) != KEY_BYTES:
        return KEY_FORMAT
    bindings = library("nacl.bindings", "pynacl")
    exceptions = library("nacl.exceptions", "pynacl")
    try:
        bindings.crypto_sign_open(signature + message, key)
    except exceptions.BadSignatureError:
        return VALID if _fits(message, signature, key) else INVALID
    return VALID


def verify_batch(
    messages: list[bytes], signatures: list[bytes], keys: list[bytes]
) -> int:
    """VALID if all are; one message or one key may serve for all signatures."""
    count = len(signatures)
    if len(messages) == 1 and count == len(keys):
        messages = messages * count
    elif len(keys) == 1 and count == len(messages):
        keys = keys * count
    if not len(messages) == count == len(keys):
        return BATCH
    for part in zip(messages, signatures, keys, strict=True):
        code = verify(*part)
        if code != VALID:
            return code
    return VALID


def _fits(message: bytes, signature: bytes, key: bytes) -> bool:
    """Whether 8 (sB - kA - R) is the identity."""
    s = int.from_bytes(signature[32:], "little")
    public, nonce = _decode(key), _decode(signature[:32])
    if s >= GROUP_ORDER or public is None or nonce is None:
        return False
    digest = sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(digest, "little") % GROUP_ORDER
    total = _add(_multiply(BASE, s), _multiply(_negative(public), k))
    total = _add(total, _negative(nonce))
    for _ in range(3):
        total = _add(total, total)
    return total[0] % PRIME == 0 and (total[1] - total[2]) % PRIME == 0


def _decode(data: bytes) -> Point | None:
    """The point of an encoding, None if there is none with this y."""
    number = int.from_bytes(data, "little")
    sign, y = number >> SIGN_BIT, number % (1 << SIGN_BIT) % PRIME
    square = (y * y - 1) * pow(D * y * y + 1, -1, PRIME) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT_OF_MINUS_ONE % PRIME
    if (x * x - square) % PRIME:
        return None
    if x & 1 != sign:
        x = -x % PRIME
    return x, y, 1, x * y % PRIME


def _negative(point: Point) -> Point:
    x, y, z, t = point
    return -x % PRIME, y, z, -t % PRIME


def _add(left: Point, right: Point) -> Point:
    a = (left[1] - left[0]) * (right[1] - right[0]) % PRIME
    b = (left[1] + left[0]) * (right[1] + right[0]) % PRIME
    c = 2 * left[3] * right[3] * D % PRIME
    d = 2 * left[2] * right[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME


def _multiply(point: Point, scalar: int) -> Point:
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point = _add(point, point)
        scalar >>= 1
    return total


BASE_Y = 4 * pow(5, -1, PRIME) % PRIME
BASE: Point = _decode(BASE_Y.to_bytes(32, "little")) or IDENTITY
