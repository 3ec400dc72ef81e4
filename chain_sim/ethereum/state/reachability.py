"""Database entries reachable from a state root, for checks and garbage collection."""

from collections.abc import Callable, Iterator

from chain_sim.ethereum.primitives.text import EMPTY_CODE_HASH, Hash32
from chain_sim.ethereum.state.account import decode_account
from chain_sim.ethereum.trie.iteration import iterate_nodes
from chain_sim.ethereum.trie.node_reader import NodeReader


def reachable_nodes(
    nodes: NodeReader, root: Hash32, is_wanted: Callable[[Hash32], bool]
) -> Iterator[tuple[Hash32, bytes]]:
    """Hash and record of each node of the state's trie and the storage tries.

    Raises MissingNode at the first one that isn't there. The subtree below a hash that
    isn't wanted is skipped; to see each node once, is_wanted must remember hashes.
    """
    for node_hash, record, values in iterate_nodes(nodes, root, is_wanted):
        yield node_hash, record
        for value in values:
            storage_root = decode_account(value, node_hash).storage_root
            for slot_hash, slot_record, _ in iterate_nodes(
                nodes, storage_root, is_wanted
            ):
                yield slot_hash, slot_record


def code_hashes(nodes: NodeReader, root: Hash32) -> Iterator[Hash32]:
    """Hashes of the code of all accounts that have any; shared code is repeated."""
    for node_hash, _, values in iterate_nodes(nodes, root, lambda _: True):
        for value in values:
            account = decode_account(value, node_hash)
            if account.code_hash != EMPTY_CODE_HASH:
                yield account.code_hash
