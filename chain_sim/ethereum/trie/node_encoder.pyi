from collections.abc import Callable

from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_cache import NodeCache

HELD_BYTES: int

def encode_tree(
    root: Node,
    cache: NodeCache,
    keccak256: Callable[[bytes], Hash32],
    held_bytes: int = 0,
) -> tuple[Hash32, dict[Hash32, bytes]]: ...
