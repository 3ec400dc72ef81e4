"""Results of the kernels, compared with libraries and with Python's integers."""

import hashlib
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import pytest
from coincurve import PrivateKey
from Crypto.Cipher import AES
from eth_hash.auto import keccak
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.kernel_hosts import KernelHost, RunFunc
from benchmarks.kernel_table import BY_NAME
from benchmarks.ours import our_instance, ours
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.interpreter.instance import ModuleInstance

LENGTHS = (0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 135, 136, 137, 255, 256, 257, 1000)
HASHES: dict[str, Callable[[bytes], bytes]] = {
    "keccak256": keccak,
    "sha256": lambda message: hashlib.sha256(message).digest(),
    "blake2b": lambda message: hashlib.blake2b(message).digest(),
}
MASK = 0xFFFFFFFF
MASK_256 = (1 << 256) - 1
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
PRIME = 2**256 - 2**32 - 977


@cache
def kernel(name: str) -> RunFunc:
    return ours(BY_NAME[name].wasm, BY_NAME[name].host())


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", HASHES)
def test_hash_kernel_gives_the_first_bytes_of_the_hash(name: str, length: int) -> None:
    message = bytes((31 * index + 7) & 0xFF for index in range(length))
    expected = int.from_bytes(HASHES[name](message)[:4], "big")
    assert kernel(name)(length) == expected


@given(st.integers(0, 40))
def test_both_fibonaccis_agree_with_the_definition(n: int) -> None:
    this, following = 0, 1
    for _ in range(n):
        this, following = following, this + following
    assert kernel("fib_iterative")(n) == this & MASK
    if n < 15:
        assert kernel("fib_recursive")(n) == this


@given(st.integers(0, 2_000))
def test_sieve_counts_the_primes_below(n: int) -> None:
    primes = [p for p in range(2, n) if all(p % d for d in range(2, int(p**0.5) + 1))]
    assert kernel("sieve")(n) == len(primes)


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_multiply256_is_a_chain_of_full_products(n: int) -> None:
    limbs = (0x9ABCDEF1, 0x12345678, 3, 4, 5, 6, 7, 0x80000000)
    others = (MASK, MASK, MASK - 1, 1, 2, 3, 0xFFFFFFF0, 0xABCDEF01)
    x, y = number(limbs), number(others)
    for _ in range(n):
        product = x * y
        x, y = (product & MASK_256 ^ product >> 256) | 1, x
    expected = sum(x >> 32 * index & MASK for index in range(8)) & MASK
    assert kernel("multiply256")(n) == expected


@pytest.mark.parametrize("n", [0, 1, 3])
def test_power256_is_a_chain_of_modular_powers(n: int) -> None:
    limbs = (0x1357DB97, 0x2468ACE0, 0xDEADBEEF, 0x0BADF00D)
    others = (0xCAFEBABE, 0x8BADF00D, 0xFEEDFACE, 0x7EEDF00D)
    x = 3
    for _ in range(n):
        x = pow(x, number((*limbs, *others)), 2**255 - 19)
    assert kernel("power256")(n) == x & MASK


def number(limbs: Sequence[int]) -> int:
    return sum(limb << 32 * index for index, limb in enumerate(limbs))


@pytest.mark.parametrize("n", [0, 1, 2, 9])
def test_matrix_multiplies_matrices(n: int) -> None:
    span = range(n)
    left = [[(7 * i + 3 * j) % 101 - 50 for j in span] for i in span]
    right = [[(5 * i + 11 * j) % 97 - 48 for j in span] for i in span]
    expected = sum(
        sum(left[i][k] * right[k][j] for k in span) * (i * n + j + 1)
        for i in span
        for j in span
    )
    assert kernel("matrix")(n) == expected & MASK


@pytest.mark.parametrize("n", [0, 1, 2, 27])
def test_bytecode_adds_up_lengths_of_collatz_sequences(n: int) -> None:
    total = 0
    for first in range(1, n + 1):
        value = first
        total += 1
        while value != 1:
            value = 3 * value + 1 if value % 2 else value // 2
            total += 1
    assert kernel("bytecode")(n) == total


@pytest.mark.parametrize("n", [1, 2, 12, 13, 14, 100, 5_000])
def test_sort_sorts(n: int) -> None:
    numbers, seed = [], 7
    for _ in range(n):
        seed = (seed * 1664525 + 1013904223) & MASK
        numbers.append(seed ^ seed >> 15)
    numbers.sort()
    expected = sum(value * place for place, value in enumerate(numbers, 1))
    assert kernel("sort")(n) == expected & MASK


# ECDSA


def verify(x: int, y: int, digest: int, r: int, s: int) -> bool:
    """The kernel's verdict on a signature and an uncompressed key."""
    instance = secp256k1()
    (pointer,) = instance.invoke("input")
    data = b"".join(part.to_bytes(32, "big") for part in (x, y, digest, r, s))
    instance.exports["memory"].write(pointer, data)
    return bool(instance.invoke("verify")[0])


@cache
def secp256k1() -> ModuleInstance:
    instance: ModuleInstance = our_instance(
        decode_module(BY_NAME["secp256k1"].wasm), KernelHost()
    )
    return instance


def signed(secret: int, digest: int) -> tuple[int, int, int, int]:
    """Public key and signature by libsecp256k1."""
    key = PrivateKey(secret.to_bytes(32, "big"))
    public = key.public_key.format(compressed=False)
    signature = key.sign_recoverable(digest.to_bytes(32, "big"), hasher=None)
    return tuple(
        int.from_bytes(part, "big")
        for part in (public[1:33], public[33:], signature[:32], signature[32:64])
    )


SECRETS = st.integers(1, ORDER - 1)
DIGESTS = st.integers(0, MASK_256)


@given(SECRETS, DIGESTS)
@example(1, 0)
@example(ORDER - 1, MASK_256)
@example(2, ORDER)
def test_secp256k1_accepts_what_the_library_signed(secret: int, digest: int) -> None:
    x, y, r, s = signed(secret, digest)
    assert verify(x, y, digest, r, s)
    assert verify(x, y, digest, r, ORDER - s), "the other s is valid ECDSA too"


@given(SECRETS, DIGESTS, st.integers(0, 4), st.integers(0, 255))
def test_secp256k1_refuses_a_signature_with_one_bit_turned(
    secret: int, digest: int, part: int, bit: int
) -> None:
    x, y, r, s = signed(secret, digest)
    parts = [x, y, digest, r, s]
    parts[part] ^= 1 << bit
    assert not verify(*parts)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("r is 0", {"r": 0}),
        ("s is 0", {"s": 0}),
        ("r is the order", {"r": ORDER}),
        ("s is the order", {"s": ORDER}),
        ("x is the prime", {"x": PRIME}),
        ("y is the prime", {"y": PRIME}),
        ("the key is nowhere on the curve", {"x": 5, "y": 5}),
    ],
)
def test_secp256k1_refuses_numbers_out_of_range(
    name: str, change: dict[str, int]
) -> None:
    x, y, r, s = signed(12345, 67890)
    values = {"x": x, "y": y, "digest": 67890, "r": r, "s": s}
    assert verify(**values)
    assert not verify(**{**values, **change})


@pytest.mark.parametrize(("n", "verdicts"), [(0, ""), (1, "1"), (2, "11"), (4, "1101")])
def test_secp256k1_spoils_every_third_signature(n: int, verdicts: str) -> None:
    expected = 0
    for verdict in verdicts:
        expected = 31 * expected + int(verdict)
    assert kernel("secp256k1")(n) == expected


@pytest.mark.parametrize("n", [0, 1, 2, 300])
def test_aes_is_the_counter_mode_of_another_library(n: int) -> None:
    cipher = AES.new(bytes(range(16)), AES.MODE_ECB)
    total = 0
    for counter in range(n):
        block = cipher.encrypt(counter.to_bytes(16, "big"))
        for word in range(4):
            total ^= int.from_bytes(block[4 * word : 4 * word + 4], "little")
    assert kernel("aes")(n) == total


@pytest.mark.parametrize(("depth", "leaves"), [(0, 1), (1, 20), (2, 400), (3, 8902)])
def test_perft_counts_the_known_numbers_of_moves(depth: int, leaves: int) -> None:
    assert kernel("perft")(depth) == leaves


@pytest.mark.parametrize("n", [0, 1, 3])
def test_rsa_is_a_modular_power(n: int) -> None:
    words = randoms(11)
    modulus = [next(words) for _ in range(32)]
    modulus[0] |= 1
    modulus[31] |= 1 << 31
    words = randoms(13)
    total = 0
    for _ in range(n):
        message = [next(words) for _ in range(32)]
        message[31] >>= 1
        power = pow(number(message), 65537, number(modulus))
        for index in range(32):
            total ^= power >> 32 * index & MASK
    assert kernel("rsa")(n) == total


def test_json_is_read_as_by_another_reader() -> None:
    total = 0
    for seed in range(3):
        words = randoms(seed)
        records = []
        for index in range(24):
            record = {"id": next(words) % 100000, "name": f'record "{index}"'}
            record |= {"tags": [True, False, None, [], {}], "balance": -next(words)}
            records.append(record)
        total += json_sum({"records": records, "count": 24})
    assert kernel("json")(3) == total & MASK


def json_sum(value: Any) -> int:
    """One for each value, lengths of strings, and the numbers."""
    if isinstance(value, dict):
        return 1 + sum(len(key) + json_sum(part) for key, part in value.items())
    if isinstance(value, list):
        return 1 + sum(map(json_sum, value))
    if isinstance(value, str):
        return 1 + len(value)
    return 1 if value is None or isinstance(value, bool) else 1 + value


@pytest.mark.parametrize("n", [0, 1, 500])
def test_utf8_is_written_and_read_as_by_another_codec(n: int) -> None:
    words = randoms(17)
    text = ""
    for _ in range(n):
        word = next(words)
        character = word & (1 << 7 + (word >> 24) % 15) - 1
        if character > 0x10FFFF or 0xD800 <= character < 0xE000:
            character = ord("?")
        text += chr(character)
    total = 0
    units = text.encode("utf-16-le")
    for index in range(0, len(units), 2):
        unit = int.from_bytes(units[index : index + 2], "little")
        total = (total << 1 & MASK | total >> 31) ^ unit
    assert kernel("utf8")(n) == total


@pytest.mark.parametrize("n", [1, 7, 40])
def test_mandelbrot_takes_the_steps_of_pythons_floats(n: int) -> None:
    total = 0
    for row in range(n):
        for column in range(n):
            real, imaginary = 2.0 * column / n - 1.5, 2.0 * row / n - 1.0
            x = y = 0.0
            steps = 0
            while steps < 50 and x * x + y * y <= 4.0:
                x, y = x * x - y * y + real, 2.0 * x * y + imaginary
                steps += 1
            total += steps
    assert kernel("mandelbrot")(n) == total


@pytest.mark.parametrize("n", [1, 3, 12])
def test_spectral_norm_has_the_bits_of_pythons_floats(n: int) -> None:
    def element(row: int, column: int) -> float:
        total = row + column
        return 1.0 / (total * (total + 1) // 2 + row + 1)

    def times(vector: list[float], *, is_transposed: bool) -> list[float]:
        result = []
        for row in range(n):
            total = 0.0
            for column in range(n):
                places = (column, row) if is_transposed else (row, column)
                total += element(*places) * vector[column]
            result.append(total)
        return result

    u, v = [1.0] * n, [0.0] * n
    for _ in range(10):
        v = times(times(u, is_transposed=False), is_transposed=True)
        u = times(times(v, is_transposed=False), is_transposed=True)
    products = squares = 0.0
    for this, other in zip(u, v, strict=True):
        products += this * other
        squares += other * other
    (bits,) = struct.unpack("<Q", struct.pack("<d", math.sqrt(products / squares)))
    assert kernel("spectral_norm")(n) == (bits ^ bits >> 32) & MASK


@pytest.mark.parametrize("n", [0, 1, 100, 20_000])
def test_hash_map_finds_what_was_left_in(n: int) -> None:
    words = randoms(5)
    keys = [next(words) | 1 for _ in range(n)]
    values = {key: index for index, key in enumerate(keys)}
    for key in keys[1::2]:
        values.pop(key, None)
    assert kernel("hash_map")(n) == sum(values.get(key, 0) for key in keys) & MASK


def randoms(seed: int) -> Iterator[int]:
    """What `next_random` of kernel.h gives."""
    while True:
        seed = (seed * 1664525 + 1013904223) & MASK
        yield seed ^ seed >> 15
