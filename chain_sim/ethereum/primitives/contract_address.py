"""Addresses of new contracts."""

from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.primitives.text import Address, keccak256


def contract_address(creator: Address, nonce: int) -> Address:
    """The address of the contract that `creator` creates with `nonce` (YP 7)."""
    return Address(keccak256(encode_item([creator, nonce]))[12:])


def salted_address(creator: Address, salt: bytes, init_code: bytes) -> Address:
    """The address that follows from 32 bytes of salt and the init code (EIP-1014)."""
    parts = (b"\xff", creator, salt, keccak256(init_code))
    return Address(keccak256(b"".join(parts))[12:])
