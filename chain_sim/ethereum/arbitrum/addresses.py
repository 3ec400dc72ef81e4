"""Addresses with a meaning on Arbitrum."""

from collections.abc import Mapping
from types import MappingProxyType

from chain_sim.ethereum.primitives.text import Address


def numbered_address(number: int) -> Address:
    """The address with this number."""
    return Address(number.to_bytes(20, "big"))


ARB_WASM = numbered_address(0x71)
ARB_WASM_CACHE = numbered_address(0x72)
# Where data fees go. Nitro's is set by the chain's owner.
NETWORK_FEE_ACCOUNT = Address(bytes.fromhex("a4b000000000000000000000000000000000fee5"))
ETHEREUM_PRECOMPILES = tuple(numbered_address(number) for number in range(1, 10))
ARBOS_PRECOMPILES = tuple(numbered_address(number) for number in range(0x64, 0x75))
SYSTEM_ADDRESSES = ETHEREUM_PRECOMPILES + ARBOS_PRECOMPILES
# The code of ArbOS's precompiled contracts, as others see it.
ARBOS_CODE = b"\xfe"
UNSUPPORTED: Mapping[bytes, str] = MappingProxyType(
    {
        numbered_address(0x09): "precompiled contract blake2f",
        numbered_address(0x0A): "precompiled contract of KZG proofs",
        **{
            numbered_address(number): "precompiled contract of BLS12-381"
            for number in range(0x0B, 0x12)
        },
        numbered_address(0x100): "precompiled contract P256VERIFY",
        **{
            address: "ArbOS precompiled contract"
            for address in ARBOS_PRECOMPILES
            if address not in (ARB_WASM, ARB_WASM_CACHE)
        },
    }
)
