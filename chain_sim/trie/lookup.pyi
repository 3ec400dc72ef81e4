from collections.abc import Callable

from chain_sim.primitives import Hash32
from chain_sim.trie.node_cache import NodeCache

def find_value(
    get_node: Callable[[Hash32], bytes | None],
    cache: NodeCache,
    root: Hash32,
    key: bytes,
) -> bytes: ...
