"""Address 1: the address that signed a hash (Yellow Paper, appendix E)."""

from chain_sim.ethereum.primitives.errors import InvalidSignature
from chain_sim.ethereum.primitives.signatures import Signature, recover_address
from chain_sim.ethereum.primitives.text import Hash32

INPUT_BYTES = 128


def ecrecover(data: bytes) -> bytes:
    """The signer's address in 32 bytes; empty, and no failure, if there is none.

    Input: hash, v, r, s, 32 bytes each; short input is zero-padded. Unlike in
    transactions, v must be 27 or 28, and s may be high.
    """
    data = data[:INPUT_BYTES].ljust(INPUT_BYTES, b"\x00")
    v, r, s = (int.from_bytes(data[at : at + 32], "big") for at in (32, 64, 96))
    if v not in (27, 28):
        return b""
    try:
        address = recover_address(Hash32(data[:32]), Signature(v - 27, r, s))
    except InvalidSignature:
        return b""
    return address.rjust(32, b"\x00")
