"""Host functions that compute: 256-bit numbers, big-endian, and hashes."""

from collections.abc import Callable

from sha3 import keccak_256

from contractvm.hosts.stylus.frame import StylusFrame

WORD_BYTES = 32
MODULUS = 1 << 256
BYTE_BITS = 8
FREE_WORDS = 2


def _operands(frame: StylusFrame, pointers: tuple[int, ...]) -> list[int]:
    words = [frame.memory.read_word(pointer) for pointer in pointers]
    frame.note(b"".join(words))
    return [int.from_bytes(word, "big") for word in words]


def _write(frame: StylusFrame, pointer: int, value: int) -> None:
    word = value.to_bytes(WORD_BYTES, "big")
    frame.memory.write(pointer, word)
    frame.note(frame.noted[0], word)


def operation(name: str, compute: Callable[..., int]) -> Callable[..., None]:
    """A host function that writes its result over its first operand."""

    def run(frame: StylusFrame, *pointers: int) -> None:
        frame.charge(name)
        _write(frame, pointers[0], compute(*_operands(frame, pointers)))

    return run


def divide(value: int, divisor: int) -> int:
    """The quotient; 0 by 0."""
    return value // divisor if divisor else 0


def remainder(value: int, divisor: int) -> int:
    """What a division leaves; 0 by 0."""
    return value % divisor if divisor else 0


def add_modulo(value: int, addend: int, modulus: int) -> int:
    """A sum in any size, reduced; 0 by 0."""
    return (value + addend) % modulus if modulus else 0


def multiply_modulo(value: int, factor: int, modulus: int) -> int:
    """A product in any size, reduced; 0 by 0."""
    return value * factor % modulus if modulus else 0


def math_pow(frame: StylusFrame, value: int, exponent: int) -> None:
    """Raise to a power modulo 2^256; paid by the exponent's significant bytes."""
    frame.charge("math_pow")
    base, power = _operands(frame, (value, exponent))
    costs = frame.costs["math_pow"].amounts
    byte_count = -(-power.bit_length() // BYTE_BITS)
    ink = costs["exponent"] + costs["per_exponent_byte"] * (1 + byte_count)
    frame.charge_ink(ink, "exponent")
    _write(frame, value, pow(base, power, MODULUS))


def native_keccak256(
    frame: StylusFrame, pointer: int, length: int, destination: int
) -> None:
    """Write the Keccak-256 hash of bytes."""
    cost = frame.costs["native_keccak256"]
    further = max(0, -(-length // WORD_BYTES) - FREE_WORDS)
    frame.charge_ink(cost.base + cost.amounts["per_further_word"] * further)
    data = frame.memory.read(pointer, length)
    digest: bytes = keccak_256(data).digest()
    frame.memory.write(destination, digest)
    frame.note(data, digest)
