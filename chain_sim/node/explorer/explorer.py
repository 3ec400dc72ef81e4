"""The chain that the explorer shows, and the ABIs that it decodes with."""

from dataclasses import dataclass

from chain_sim.ethereum.abi.known_abi import NO_ABI, Decoded, KnownAbi
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.abi_registry import AbiRegistry, registry_of
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives.text import Address, format_data

PAGE_ROWS = 25
"""Rows of a page; each list says under `next` where the following page starts."""

SHOWN_BYTES = 8_192
"""Longer data is cut in answers, which give its size too."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """Reads a chain for people; only `abis` is ever changed."""

    chain: Blockchain
    abis: AbiRegistry

    def abi_of(self, address: Address | None) -> KnownAbi:
        """The ABI of an account, by its address or its code; one without entries."""
        if address is None:
            return NO_ABI
        code_hash = self.chain.state_at().get_code_hash(address)
        return self.abis.find(address, code_hash) or NO_ABI


def explorer_of(chain: Blockchain) -> Explorer:
    """The explorer of a chain, with the ABIs that are kept beside it."""
    return Explorer(chain, registry_of(chain.database))


def data_document(data: bytes) -> Document:
    """Data, cut to SHOWN_BYTES, and its size in bytes."""
    return {"data": format_data(data[:SHOWN_BYTES]), "size": len(data)}


def decoded_document(decoded: Decoded | None) -> Document | None:
    """A call, an event or an error with its values; None stays None."""
    if decoded is None:
        return None
    return {
        "name": decoded.name,
        "signature": decoded.signature,
        "values": [
            {"name": value.name, "type": value.type, "value": value.value}
            for value in decoded.values
        ],
    }
