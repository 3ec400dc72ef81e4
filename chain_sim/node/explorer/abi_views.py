"""The registry of ABIs: listed, added to, and used to decode."""

from bisect import bisect_left
from collections.abc import Sequence

from chain_sim.ethereum.documents.abi_registry import Target
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives.text import Address, format_data
from chain_sim.node.explorer.explorer import PAGE_ROWS, Explorer, decoded_document


def list_abis(explorer: Explorer, start: str) -> Document:
    """What has an ABI, in order of its text from `start` on; null for a broken file."""
    targets = explorer.abis.targets()
    first = bisect_left(targets, start)
    rest = targets[first + PAGE_ROWS :]
    return {
        "abis": [
            abi_row(explorer, target) for target in targets[first : first + PAGE_ROWS]
        ],
        "count": len(targets),
        "next": rest[0] if rest else None,
    }


def abi_row(explorer: Explorer, target: str) -> Document:
    """One ABI, by how many of each it has."""
    abi = explorer.abis.get(target)
    return {
        "target": target,
        "functions": None if abi is None else len(abi.functions),
        "events": None if abi is None else len(abi.events),
        "errors": None if abi is None else len(abi.errors),
    }


def add_abi(explorer: Explorer, target: Target, content: str) -> Document:
    """Keep the ABI in a file's text for an address or a code hash."""
    explorer.abis.add(target, content.encode(errors="surrogatepass"))
    return abi_row(explorer, format_data(target))


def remove_abi(explorer: Explorer, target: Target) -> bool:
    """Forget an ABI; false where there was none."""
    return explorer.abis.remove(target)


def decode(
    explorer: Explorer,
    address: Address,
    kind: str,
    data: bytes,
    topics: Sequence[bytes],
) -> Document | None:
    """Data of an account read by its ABI; null where that has nothing that fits.

    `kind` is "call", "error" or "event"; only an event has topics.
    """
    abi = explorer.abi_of(address)
    if kind == "event":
        return decoded_document(abi.event(tuple(topics), data))
    return decoded_document(abi.call(data) if kind == "call" else abi.error(data))
