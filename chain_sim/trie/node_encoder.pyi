from collections.abc import Callable

from chain_sim.primitives import Hash32
from chain_sim.trie.node import Node

def encode_tree(
    root: Node, keccak256: Callable[[bytes], Hash32]
) -> tuple[Hash32, dict[Hash32, bytes]]: ...
