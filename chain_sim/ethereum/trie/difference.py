"""Differences between two tries.

Nothing below equal hashes is read, so the cost grows with the difference and not with
the size of the tries.
"""

from collections.abc import Iterator

from msgspec import Struct

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32
from chain_sim.ethereum.trie.iteration import key_of_path
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_reader import NodeReader
from chain_sim.ethereum.trie.node_record import child_of, decode_record


class TrieDifference(Struct, frozen=True):
    """A key whose values differ; the value of an absent key is empty."""

    key: bytes
    before: bytes
    after: bytes


# What is below a path: the nibbles left to follow, then a node or its hash, or, where
# that is None, the value. None if nothing is there.
_Part = tuple[bytes, Node | Hash32 | None, bytes]


class _Side:
    """One of the two tries."""

    def __init__(self, nodes: NodeReader, root: Hash32) -> None:
        self._nodes = nodes
        self.whole: _Part | None = None
        if root != EMPTY_TRIE_ROOT:
            self.whole = b"", root, b""

    def resolve(self, path: bytes, part: _Part | None) -> _Part | None:
        """The same part with its node read: now a branch, or with nibbles left."""
        if part is None or part[0] or part[1] is None:
            return part
        node = part[1]
        if not isinstance(node, Node):
            record = self._nodes.get(node)
            if record is None:
                raise MissingNode(node, path)
            node = decode_record(record, node)
        if node.is_leaf:
            return node.path, None, node.value
        if not node.is_branch:
            return node.path, node.child, b""
        return b"", node, b""


def differences(
    before: NodeReader, before_root: Hash32, after: NodeReader, after_root: Hash32
) -> Iterator[TrieDifference]:
    """All keys whose values differ, in ascending order.

    Raises MissingNode, or DatabaseDamaged.
    """
    sides = _Side(before, before_root), _Side(after, after_root)
    stack = [(b"", sides[0].whole, sides[1].whole)]
    while stack:
        path, old, new = stack.pop()
        if _is_same(old, new):
            continue
        old, new = sides[0].resolve(path, old), sides[1].resolve(path, new)
        shared = _shared_way(old, new)
        if shared:
            skipped = len(shared)
            stack.append((path + shared, _behind(old, skipped), _behind(new, skipped)))
            continue
        values = _value(old), _value(new)
        if values[0] != values[1]:
            yield TrieDifference(key_of_path(path, after_root), *values)
        for nibble in range(15, -1, -1):
            below = path + bytes((nibble,))
            stack.append((below, _child(old, nibble), _child(new, nibble)))


def _is_same(old: _Part | None, new: _Part | None) -> bool:
    """Whether both certainly hold the same: their hashes are equal."""
    return (old and _identity(old)) == (new and _identity(new))


def _identity(part: _Part) -> _Part:
    way, node, value = part
    if isinstance(node, Node) and node.held_hash is not None:
        return way, node.held_hash, value
    return part


def _shared_way(old: _Part | None, new: _Part | None) -> bytes:
    """The nibbles to follow in both, or in the only one that is there."""
    if old is None or new is None:
        return (old or new or (b"",))[0]
    count = 0
    for one, other in zip(old[0], new[0], strict=False):
        if one != other:
            break
        count += 1
    return old[0][:count]


def _behind(part: _Part | None, skipped: int) -> _Part | None:
    return None if part is None else (part[0][skipped:], part[1], part[2])


def _value(part: _Part | None) -> bytes:
    """The value at exactly this path, of a part that was resolved."""
    if part is None or part[0]:
        return b""
    return part[2] if part[1] is None else part[1].value  # type: ignore[union-attr]


def _child(part: _Part | None, nibble: int) -> _Part | None:
    """What is below a nibble, of a part that was resolved."""
    if part is None or (not part[0] and part[1] is None):
        return None
    if part[0]:
        return (part[0][1:], part[1], part[2]) if part[0][0] == nibble else None
    child = child_of(part[1], nibble)  # type: ignore[arg-type]
    return None if child is None else (b"", child, b"")
