"""The eight addresses: exact prices, and which function each runs."""

import pytest

from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.text import Address
from contractvm.hosts.evm.costs import PrecompileCosts
from gas_schedule.loader import load_schedule

COSTS = load_schedule("ewasm-hera").section(PrecompileCosts)


def address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def test_addresses_one_to_eight_are_precompiles_in_this_order() -> None:
    assert [(key.hex(), row.name) for key, row in BYZANTIUM.precompiles.items()] == [
        ("00" * 19 + f"0{number}", name)
        for number, name in enumerate(
            [
                "ecrecover",
                "sha256",
                "ripemd160",
                "identity",
                "modexp",
                "bn128_add",
                "bn128_mul",
                "bn128_pairing",
            ],
            start=1,
        )
    ]


@pytest.mark.parametrize("number", [0, 9, 256 + 1])
def test_neighbouring_addresses_are_not_precompiles(number: int) -> None:
    assert address(number) not in BYZANTIUM.precompiles


@pytest.mark.parametrize(
    ("number", "length", "gas"),
    [
        (1, 0, 3_000),
        (1, 500, 3_000),
        (2, 0, 60),
        (2, 1, 72),
        (2, 32, 72),
        (2, 33, 84),
        (3, 0, 600),
        (3, 1, 720),
        (3, 32, 720),
        (3, 33, 840),
        (4, 0, 15),
        (4, 1, 18),
        (4, 32, 18),
        (4, 33, 21),
        (5, 0, 0),
        (6, 0, 500),
        (6, 128, 500),
        (7, 0, 40_000),
        (7, 96, 40_000),
        (8, 0, 100_000),
        (8, 191, 100_000),
        (8, 192, 180_000),
        (8, 383, 180_000),
        (8, 384, 260_000),
    ],
)
def test_price_of_a_length_is_byzantiums(number: int, length: int, gas: int) -> None:
    precompile = BYZANTIUM.precompiles[address(number)]
    assert precompile.gas_cost(bytes(length), COSTS) == gas


@pytest.mark.parametrize(
    ("number", "data", "output"),
    [
        (1, b"", ""),
        (2, b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (3, b"", "00" * 12 + "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        (4, b"\x01\x02", "0102"),
        (5, b"", ""),
        (6, b"", "00" * 64),
        (7, b"", "00" * 64),
        (8, b"", "00" * 31 + "01"),
    ],
)
def test_each_address_runs_its_function(number: int, data: bytes, output: str) -> None:
    assert BYZANTIUM.precompiles[address(number)].run(data).hex() == output
