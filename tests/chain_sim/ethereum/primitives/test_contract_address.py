"""Addresses of new contracts against published ones."""

import pytest

from chain_sim.ethereum.primitives.contract_address import (
    contract_address,
    salted_address,
)
from chain_sim.ethereum.primitives.text import Address

CREATOR = Address(bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"))


@pytest.mark.parametrize(
    ("nonce", "address"),
    [
        (0, "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"),
        (1, "343c43a37d37dff08ae8c4a11544c718abb4fcf8"),
        (2, "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91"),
        (3, "fffd933a0bc612844eaf0c6fe3e5b8e9b6c1d19c"),
    ],
)
def test_an_address_follows_from_the_creators_nonce(nonce: int, address: str) -> None:
    assert contract_address(CREATOR, nonce).hex() == address


@pytest.mark.parametrize(
    ("creator", "salt", "code", "address"),
    [
        ("00" * 20, "00" * 32, "00", "4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38"),
        (
            "deadbeef00000000000000000000000000000000",
            "00" * 32,
            "00",
            "b928f69bb1d91cd65274e3c79d8986362984fda3",
        ),
        (
            "deadbeef00000000000000000000000000000000",
            "000000000000000000000000feed000000000000000000000000000000000000",
            "00",
            "d04116cdd17bebe565eb2422f2497e06cc1c9833",
        ),
        ("00" * 20, "00" * 32, "", "e33c0c7f7df4809055c3eba6c09cfe4baf1bd9e0"),
    ],
)
def test_an_address_follows_from_the_salt_and_the_code(
    creator: str, salt: str, code: str, address: str
) -> None:
    """The examples of EIP-1014."""
    found = salted_address(
        Address(bytes.fromhex(creator)), bytes.fromhex(salt), bytes.fromhex(code)
    )
    assert found.hex() == address
