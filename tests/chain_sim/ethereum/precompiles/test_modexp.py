"""Address 5: EIP-198's examples, Python's pow, and lengths that nobody could pay."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.precompiles.modexp import modexp, modexp_gas
from contractvm.hosts.evm.costs import PrecompileCosts
from gas_schedule.loader import load_schedule

COSTS = load_schedule("ewasm-hera").section(PrecompileCosts)
FIELD = 2**256 - 2**32 - 977  # the field of secp256k1
HUGE = 2**256 - 1


def lengths(base: int, exponent: int, modulus: int) -> bytes:
    return b"".join(n.to_bytes(32, "big") for n in (base, exponent, modulus))


def question(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    sizes = lengths(len(base), len(exponent), len(modulus))
    return sizes + base + exponent + modulus


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


THREE_TO_FFFF = "3b01b01ac41f2d6e917c6d6a221ce793802469026d9ab7578fa2e79e4da6aaab"
EXAMPLES = {
    "fermat": (question(b"\x03", word(FIELD - 1), word(FIELD)), word(1).hex(), 13_056),
    "no base": (question(b"", word(FIELD - 1), word(FIELD)), word(0).hex(), 13_056),
    "extra bytes behind": (
        question(b"\x03", b"\xff\xff", b"\x80" + bytes(31)) + b"\x07",
        THREE_TO_FFFF,
        768,
    ),
    "filled up": (lengths(1, 2, 32) + b"\x03\xff\xff\x80", THREE_TO_FFFF, 768),
}


@pytest.mark.parametrize(("data", "output", "gas"), EXAMPLES.values(), ids=EXAMPLES)
def test_examples_of_eip_198(data: bytes, output: str, gas: int) -> None:
    assert modexp_gas(data, COSTS) == gas
    assert modexp(data).hex() == output


def test_example_that_no_gas_limit_covers() -> None:
    data = lengths(0, 32, HUGE) + word(FIELD - 1) + word(FIELD - 2)
    assert modexp_gas(data, COSTS) == (HUGE**2 // 16 + 480 * HUGE - 199_680) * 255 // 20


@given(st.binary(max_size=40), st.binary(max_size=40), st.binary(max_size=40))
def test_result_is_pythons_pow_in_the_modulus_length(
    base: bytes, exponent: bytes, modulus: bytes
) -> None:
    b, e, m = (int.from_bytes(part, "big") for part in (base, exponent, modulus))
    expected = pow(b, e, m) if m else 0
    data = question(base, exponent, modulus)
    assert modexp(data) == expected.to_bytes(len(modulus), "big")


@pytest.mark.parametrize(
    ("base", "exponent", "modulus", "output"),
    [
        (b"\x00", b"\x00", b"\x05", b"\x01"),  # 0 ** 0 is 1
        (b"", b"", b"\x05", b"\x01"),
        (b"\x02", b"\x03", b"\x00", b"\x00"),  # x % 0 is 0
        (b"\x02", b"\x03", b"\x00\x00", b"\x00\x00"),
        (b"\x02", b"\x03", b"\x01", b"\x00"),
        (b"\x00", b"\x00", b"\x01", b"\x00"),  # even 0 ** 0 % 1
        (b"\x02", b"\x03", b"", b""),
        (b"\x02", b"\x03", b"\x00\x05", b"\x00\x03"),
    ],
)
def test_edges_of_the_arithmetic(
    base: bytes, exponent: bytes, modulus: bytes, output: bytes
) -> None:
    assert modexp(question(base, exponent, modulus)) == output


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(96), lengths(0, 0, 0)])
def test_empty_question_is_free_and_has_an_empty_answer(data: bytes) -> None:
    assert modexp_gas(data, COSTS) == 0
    assert modexp(data) == b""


@pytest.mark.parametrize(
    ("length", "complexity"),
    [
        (1, 1),
        (64, 4_096),
        (65, 65 * 65 // 4 + 96 * 65 - 3_072),
        (1_024, 357_376),
        (1_025, 1_025 * 1_025 // 16 + 480 * 1_025 - 199_680),
    ],
)
def test_complexity_changes_its_formula_at_64_and_1024_bytes(
    length: int, complexity: int
) -> None:
    for sizes in (lengths(length, 1, 0), lengths(0, 1, length), lengths(1, 1, length)):
        assert modexp_gas(sizes, COSTS) == complexity // 20


@pytest.mark.parametrize(
    ("exponent", "bits"),
    [
        (b"", 1),
        (b"\x00", 1),
        (b"\x01", 1),
        (b"\x02", 1),
        (b"\x04", 2),
        (b"\xff", 7),
        (b"\x80" + bytes(31), 255),
        (b"\x00" * 32, 1),
        (b"\x00" * 33, 8),
        (b"\x00" * 31 + b"\x01\x00", 8),
        (b"\x00" * 31 + b"\x02\x00", 9),
        (b"\x80" + bytes(32), 263),
        # Only the first 32 bytes of a long exponent are read.
        (b"\x00" * 32 + b"\xff", 8),
    ],
)
def test_length_of_the_exponent_is_that_of_eip_198(exponent: bytes, bits: int) -> None:
    data = question(b"\x01" * 20, exponent, b"\x01" * 20)
    assert modexp_gas(data, COSTS) == 400 * bits // 20


@pytest.mark.parametrize(
    "sizes",
    [
        lengths(HUGE, HUGE, HUGE),
        lengths(HUGE, 0, 0),
        lengths(0, 0, HUGE),
        lengths(1, HUGE, 1),
        lengths(2**64, 2**64, 2**64),
    ],
)
def test_huge_lengths_are_priced_without_memory(sizes: bytes) -> None:
    tracemalloc.start()
    gas = modexp_gas(sizes, COSTS)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert gas > 2**63
    assert peak_bytes < 100_000


def test_huge_exponent_of_nothing_is_free_and_answered_at_once() -> None:
    data = lengths(0, HUGE, 0)
    assert modexp_gas(data, COSTS) == 0
    assert modexp(data) == b""


def test_exponent_behind_a_huge_base_reads_as_zero() -> None:
    data = lengths(2**70, 1, 0) + b"\xff" * 100
    length = 2**70
    complexity = length * length // 16 + 480 * length - 199_680
    assert modexp_gas(data, COSTS) == complexity // 20
