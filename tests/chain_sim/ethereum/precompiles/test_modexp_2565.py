"""The price of modular exponentiation by EIP-2565, with the figures of its table."""

import pytest

from chain_sim.ethereum.precompiles.modexp import modexp_2565_gas
from contractvm.hosts.evm.costs import PrecompileCosts
from gas_schedule.loader import load_schedule

COSTS = load_schedule("stylus-1").section(PrecompileCosts)


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def request(size: int, exponent: bytes) -> bytes:
    """Base and modulus of `size` bytes."""
    sizes = word(size) + word(len(exponent)) + word(size)
    return sizes + b"\xff" * size + exponent + b"\xff" * size


@pytest.mark.parametrize(
    ("size", "exponent", "gas"),
    [
        (64, b"\2", 200),
        (64, b"\3", 200),
        (64, b"\1\0\1", 341),
        (128, b"\2", 200),
        (128, b"\1\0\1", 1_365),
        (256, b"\2", 341),
        (256, b"\1\0\1", 5_461),
        (512, b"\2", 1_365),
        (512, b"\1\0\1", 21_845),
        (1_024, b"\2", 5_461),
        (1_024, b"\1\0\1", 87_381),
        (32, b"\xff" * 32, 1_360),
        (32, b"", 200),
        (32, b"\0" * 33, 200),
        # 8 for the byte beyond the first 32, whose highest bit is bit 255.
        (32, b"\xff" * 33, 16 * (8 + 255) // 3),
        (64, b"\xff" * 33, 64 * (8 + 255) // 3),
        (65, b"\1\0\1", 81 * 16 // 3),
    ],
)
def test_the_price_is_that_of_the_table(size: int, exponent: bytes, gas: int) -> None:
    assert modexp_2565_gas(request(size, exponent), COSTS) == gas
