"""Signatures over secp256r1 (P-256); s may be high."""

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

PRIME = 0xFFFFFFFF_00000001_00000000_00000000_00000000_FFFFFFFF_FFFFFFFF_FFFFFFFF
GROUP_ORDER = 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551
B = 0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B
GENERATOR = (
    0x6B17D1F2_E12C4247_F8BCE6E5_63A440F2_77037D81_2DEB33A0_F4A13945_D898C296,
    0x4FE342E2_FE1A7F9B_8EE7EB4A_7C0F9E16_2BCE3357_6B315ECE_CBB64068_37BF51F5,
)
LAST_PARAMETER = 3
# A point as x, y and z, where x / z^2 and y / z^3 are its coordinates; z is 0 at
# infinity.
Point = tuple[int, int, int]
INFINITY: Point = (1, 1, 0)


def verify(digest: bytes, signature: bytes, key: bytes) -> int:
    """VALID, INVALID, or the code of what is malformed."""
    ec = library("cryptography.hazmat.primitives.asymmetric.ec", "cryptography")
    utils = library("cryptography.hazmat.primitives.asymmetric.utils", "cryptography")
    hashes = library("cryptography.hazmat.primitives.hashes", "cryptography")
    exceptions = library("cryptography.exceptions", "cryptography")
    try:
        check_formats(digest, signature)
        check_key(key)
        r, s = split_signature(signature, GROUP_ORDER)
        found = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except CryptoErr as error:
        return error.code
    except ValueError:
        return GENERIC
    der = utils.encode_dss_signature(r, s)
    try:
        found.verify(der, digest, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    except exceptions.InvalidSignature:
        return INVALID
    return VALID


def recover(digest: bytes, signature: bytes, parameter: int) -> bytes:
    """The signer's key in 65 bytes; raises CryptoErr.

    Parameters of 2 and 3 are for an x that was reduced by the group's order.
    """
    check_formats(digest, signature)
    if parameter > LAST_PARAMETER:
        raise CryptoErr(RECOVERY_PARAMETER)
    r, s = split_signature(signature, GROUP_ORDER)
    x = r + (parameter >> 1) * GROUP_ORDER
    square = (x * x * x - 3 * x + B) % PRIME
    y = pow(square, (PRIME + 1) // 4, PRIME)
    if x >= PRIME or y * y % PRIME != square:
        raise CryptoErr(GENERIC)
    if y & 1 != parameter & 1:
        y = PRIME - y
    inverse = pow(r, -1, GROUP_ORDER)
    of_generator = -int.from_bytes(digest, "big") * inverse % GROUP_ORDER
    of_point = s * inverse % GROUP_ORDER
    found = _combine(of_generator, GENERATOR, of_point, (x, y))
    if found[2] == 0:
        raise CryptoErr(GENERIC)
    return b"\x04" + b"".join(part.to_bytes(32, "big") for part in _affine(found))


def _combine(
    first: int, one: tuple[int, int], second: int, other: tuple[int, int]
) -> Point:
    """`first` times `one` plus `second` times `other`."""
    both = _add((*one, 1), (*other, 1))
    terms: dict[tuple[int, int], Point] = {
        (1, 0): (*one, 1),
        (0, 1): (*other, 1),
        (1, 1): both,
    }
    total = INFINITY
    for bit in range(255, -1, -1):
        total = _double(total)
        chosen = terms.get((first >> bit & 1, second >> bit & 1))
        if chosen is not None:
            total = _add(total, chosen)
    return total


def _double(point: Point) -> Point:
    x, y, z = point
    if z == 0 or y == 0:
        return INFINITY
    z2, y2 = z * z % PRIME, y * y % PRIME
    slope = 3 * (x - z2) * (x + z2) % PRIME
    middle = 4 * x * y2 % PRIME
    new_x = (slope * slope - 2 * middle) % PRIME
    new_y = (slope * (middle - new_x) - 8 * y2 * y2) % PRIME
    return new_x, new_y, 2 * y * z % PRIME


def _add(left: Point, right: Point) -> Point:
    if left[2] == 0:
        return right
    if right[2] == 0:
        return left
    left_z2, right_z2 = left[2] ** 2 % PRIME, right[2] ** 2 % PRIME
    x1, x2 = left[0] * right_z2 % PRIME, right[0] * left_z2 % PRIME
    y1 = left[1] * right_z2 * right[2] % PRIME
    y2 = right[1] * left_z2 * left[2] % PRIME
    if x1 == x2:
        return _double(left) if y1 == y2 else INFINITY
    run, rise = x2 - x1, y2 - y1
    run2 = run * run % PRIME
    run3, middle = run2 * run % PRIME, x1 * run2 % PRIME
    new_x = (rise * rise - run3 - 2 * middle) % PRIME
    new_y = (rise * (middle - new_x) - y1 * run3) % PRIME
    return new_x, new_y, run * left[2] * right[2] % PRIME


def _affine(point: Point) -> tuple[int, int]:
    x, y, z = point
    inverse = pow(z, -1, PRIME)
    return x * inverse**2 % PRIME, y * inverse**3 % PRIME
