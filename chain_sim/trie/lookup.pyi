from collections.abc import Callable

from chain_sim.primitives import Hash32

def find_value(
    get_node: Callable[[Hash32], bytes | None], root: Hash32, key: bytes
) -> bytes: ...
