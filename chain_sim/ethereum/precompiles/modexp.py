"""Address 5: big-integer modular exponentiation (EIP-198).

Input: the lengths of base, exponent and modulus, 32 bytes each, then these three.
Bytes after the end of the input read as zeros. Lengths go up to 2**256 - 1, so
the price is computed from slices of at most 32 bytes, before anything is padded.
"""

from contractvm.hosts.evm.costs import PrecompileCosts

LENGTHS_BYTES = 96


def modexp_gas(data: bytes, costs: PrecompileCosts) -> int:
    """EIP-198's price: complexity of a product, times the exponent's length in bits."""
    base_length, exponent_length, modulus_length = _lengths(data)
    steps = _exponent_bits(data, base_length, exponent_length)
    complexity = _product_complexity(max(base_length, modulus_length))
    return complexity * steps // costs.modexp_divisor


def modexp_2565_gas(data: bytes, costs: PrecompileCosts) -> int:
    """EIP-2565's price: the square of the length in words, times the same length."""
    base_length, exponent_length, modulus_length = _lengths(data)
    words = -(-max(base_length, modulus_length) // 8)
    steps = _exponent_bits(data, base_length, exponent_length)
    return max(costs.modexp_least, words * words * steps // costs.modexp_divisor)


def modexp(data: bytes) -> bytes:
    """base ** exponent % modulus, as long as the modulus; 0 ** 0 is 1, x % 0 is 0.

    Call it only after the gas was paid, as the lengths are not limited here.
    """
    base_length, exponent_length, modulus_length = _lengths(data)
    if modulus_length == 0:
        # Free with an empty base, for any exponent length.
        return b""
    exponent_at = LENGTHS_BYTES + base_length
    modulus_at = exponent_at + exponent_length
    modulus = _number_at(data, modulus_at, modulus_length)
    if modulus == 0:
        return bytes(modulus_length)
    base = _number_at(data, LENGTHS_BYTES, base_length)
    exponent = _number_at(data, exponent_at, exponent_length)
    return pow(base, exponent, modulus).to_bytes(modulus_length, "big")


def _exponent_bits(data: bytes, base_length: int, exponent_length: int) -> int:
    """The exponent's length in bits without its first, at least 1."""
    head = _number_at(data, LENGTHS_BYTES + base_length, min(exponent_length, 32))
    bits = 8 * max(exponent_length - 32, 0) + max(head.bit_length() - 1, 0)
    return max(bits, 1)


def _lengths(data: bytes) -> tuple[int, int, int]:
    base_length, exponent_length, modulus_length = (
        _number_at(data, at, 32) for at in (0, 32, 64)
    )
    return base_length, exponent_length, modulus_length


def _number_at(data: bytes, start: int, length: int) -> int:
    return int.from_bytes(data[start : start + length].ljust(length, b"\x00"), "big")


def _product_complexity(length: int) -> int:
    if length <= 64:
        return length * length
    if length <= 1024:
        return length * length // 4 + 96 * length - 3072
    return length * length // 16 + 480 * length - 199680
