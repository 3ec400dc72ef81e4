from collections.abc import Callable

from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_cache import NodeCache

MAX_KEY_BYTES: int

class BatchUpdate:
    def __init__(
        self,
        get_node: Callable[[Hash32], bytes | None],
        cache: NodeCache,
        entries: list[tuple[bytes, bytes]],
    ) -> None: ...
    def run(self, root: Hash32 | None) -> Node | Hash32 | None: ...
