"""Addresses of new contracts."""

from chain_sim.ethereum.primitives.rlp_fields import encode_item, uint_bytes
from chain_sim.ethereum.primitives.text import Address, keccak256


def contract_address(creator: Address, nonce: int) -> Address:
    """The address of the contract that `creator` creates with `nonce` (YP 7)."""
    return Address(keccak256(encode_item([creator, uint_bytes(nonce)]))[12:])
