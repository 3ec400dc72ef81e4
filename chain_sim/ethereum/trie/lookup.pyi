from collections.abc import Callable

from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.trie.node_cache import NodeCache

def find_value(
    get_node: Callable[[Hash32], bytes | None],
    cache: NodeCache,
    root: Hash32,
    key: bytes,
) -> bytes: ...
