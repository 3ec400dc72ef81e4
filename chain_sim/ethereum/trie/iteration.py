"""Walks over a whole trie, with an explicit stack, so that no trie is too deep."""

from collections.abc import Callable, Iterator

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.node import Node, bytes_to_nibbles
from chain_sim.ethereum.trie.node_reader import NodeReader
from chain_sim.ethereum.trie.node_record import children_of, decode_record, own_encoding

# A subtree or a value, and the nibbles that lead to it.
_Entry = tuple[bytes, Node | Hash32 | None, bytes]


def iterate_forward(
    nodes: NodeReader, root: Hash32, start: bytes
) -> Iterator[tuple[bytes, bytes]]:
    """Keys not below `start`, and values, in ascending order."""
    first = bytes_to_nibbles(start)
    for path, value in _walk(
        nodes, root, lambda path: path >= first[: len(path)], is_backward=False
    ):
        if path >= first:
            yield key_of_path(path, root), value


def iterate_backward(
    nodes: NodeReader, root: Hash32, start: bytes
) -> Iterator[tuple[bytes, bytes]]:
    """Keys not above `start`, and values, in descending order."""
    first = bytes_to_nibbles(start)
    for path, value in _walk(nodes, root, lambda path: path <= first, is_backward=True):
        yield key_of_path(path, root), value


def iterate_nodes(
    nodes: NodeReader, root: Hash32, is_wanted: Callable[[Hash32], bool]
) -> Iterator[tuple[Hash32, bytes, list[bytes]]]:
    """Each node that has a record: its hash, the record, and the values in it.

    The subtree below a hash that isn't wanted is skipped. A node that is in several
    places is yielded for each of them, unless is_wanted remembers it.
    """
    stack: list[tuple[bytes, Hash32]] = []
    if root != EMPTY_TRIE_ROOT:
        stack.append((b"", root))
    while stack:
        path, node_hash = stack.pop()
        if not is_wanted(node_hash):
            continue
        record = _read(nodes, node_hash, path)
        values: list[bytes] = []
        parts: list[_Entry] = _parts(path, decode_record(record, node_hash))
        while parts:
            part_path, reference, value = parts.pop()
            if reference is None:
                values.append(value)
            elif isinstance(reference, Node):
                parts.extend(_parts(part_path, reference))
            else:
                stack.append((part_path, reference))
        yield node_hash, record, values


def encodings_in(record: bytes, node_hash: Hash32) -> Iterator[bytes]:
    """The encodings of a record's node and of all nodes that it holds, one by one."""
    yield own_encoding(record)
    parts = _parts(b"", decode_record(record, node_hash))
    while parts:
        _, reference, _ = parts.pop()
        if isinstance(reference, Node):
            if reference.held_encoding is not None:
                yield reference.held_encoding
            parts.extend(_parts(b"", reference))


def _walk(
    nodes: NodeReader,
    root: Hash32,
    may_hold: Callable[[bytes], bool],
    *,
    is_backward: bool,
) -> Iterator[tuple[bytes, bytes]]:
    """Paths and values; may_hold says whether anything below a path is wanted."""
    stack: list[_Entry] = [] if root == EMPTY_TRIE_ROOT else [(b"", root, b"")]
    while stack:
        path, reference, value = stack.pop()
        if not may_hold(path):
            continue
        if reference is None:
            yield path, value
            continue
        if not isinstance(reference, Node):
            reference = decode_record(_read(nodes, reference, path), reference)
        parts = _parts(path, reference)
        stack.extend(parts if is_backward else reversed(parts))


def _parts(path: bytes, node: Node) -> list[_Entry]:
    """What the node leads to, in ascending order; a branch's value comes first."""
    if node.is_leaf:
        return [(path + node.path, None, node.value)]
    if not node.is_branch:
        return [(path + node.path, node.child, b"")]
    parts: list[_Entry] = [(path, None, node.value)] if node.value else []
    parts.extend(
        (path + bytes((nibble,)), child, b"")
        for nibble, child in enumerate(children_of(node))
        if child is not None
    )
    return parts


def _read(nodes: NodeReader, node_hash: Hash32, path: bytes) -> bytes:
    record = nodes.get(node_hash)
    if record is None:
        raise MissingNode(node_hash, path)
    return record


def key_of_path(path: bytes, root: Hash32) -> bytes:
    """The key at a path of nibbles; DatabaseDamaged if their number is odd."""
    if len(path) % 2:
        reason = f"trie has a key of {len(path)} nibbles"
        raise DatabaseDamaged(node_key(root), reason)
    return bytes(
        upper << 4 | lower for upper, lower in zip(path[::2], path[1::2], strict=True)
    )
