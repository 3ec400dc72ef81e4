"""Merkle proofs of the value that a trie holds under a key.

A proof is the encoded nodes on the key's path, the root first; nodes inside their
parent are not repeated. It can also prove that a key is absent: the path then ends
before the key does. Checking a proof takes only the root, the key and the proof.
"""

from collections.abc import Sequence

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32, keccak256
from chain_sim.ethereum.trie.missing import MissingNode
from chain_sim.ethereum.trie.node import Node, bytes_to_nibbles
from chain_sim.ethereum.trie.node_decoder import decode_node
from chain_sim.ethereum.trie.node_reader import NodeReader
from chain_sim.ethereum.trie.node_record import child_of, decode_record, own_encoding
from chain_sim.ethereum.trie.proof_errors import (
    MalformedProofNode,
    ProofNodeMissing,
    SuperfluousProofNodes,
    WrongProofNode,
)

Proof = tuple[bytes, ...]
_Held = tuple[Node, bytes]


class _Way:
    """A key's nibbles, the number already followed, and the value if it was found."""

    def __init__(self, key: bytes) -> None:
        self._nibbles = bytes_to_nibbles(key)
        self._depth = 0
        self.value = b""

    @property
    def path(self) -> bytes:
        return self._nibbles[: self._depth]

    def leads_from(self, node: Node) -> _Held | Hash32 | None:
        """The next node that has a hash, or that hash; None where the path ends.

        It is the node, with its encoding, if the last record holds it.
        """
        reference = self._step(node)
        while isinstance(reference, Node):
            encoding = reference.held_encoding
            if encoding is not None:
                return reference, encoding
            reference = self._step(reference)
        return reference

    def _step(self, node: Node) -> Node | Hash32 | None:
        rest = self._nibbles[self._depth :]
        if node.is_branch:
            if not rest:
                self.value = node.value
                return None
            self._depth += 1
            return child_of(node, rest[0])
        if not rest.startswith(node.path):
            return None
        self._depth += len(node.path)
        if not node.is_leaf:
            return node.child
        if len(rest) == len(node.path):
            self.value = node.value
        return None


def prove(nodes: NodeReader, root: Hash32, key: bytes) -> Proof:
    """The proof of what the trie has under `key`; empty for the empty trie.

    Raises MissingNode, or DatabaseDamaged.
    """
    proof: list[bytes] = []
    way = _Way(key)
    reference: _Held | Hash32 | None = None if root == EMPTY_TRIE_ROOT else root
    while reference is not None:
        if isinstance(reference, tuple):
            node, encoded = reference
        else:
            record = nodes.get(reference)
            if record is None:
                raise MissingNode(reference, way.path)
            node, encoded = decode_record(record, reference), own_encoding(record)
        proof.append(encoded)
        reference = way.leads_from(node)
    return tuple(proof)


def verify(
    root: Hash32, key: bytes, proof: Sequence[bytes], subject: str = "proof"
) -> bytes:
    """The value under `key` in the trie with this root; empty if there is none.

    Raises an InvalidProof, which names `subject`, if the proof proves neither, or has a
    node too few or too many.
    """
    way = _Way(key)
    expected: Hash32 | None = None if root == EMPTY_TRIE_ROOT else root
    index = 0
    while expected is not None:
        if index == len(proof):
            raise ProofNodeMissing(subject, index, expected)
        actual = keccak256(proof[index])
        if actual != expected:
            raise WrongProofNode(subject, index, expected, actual)
        try:
            node = decode_node(proof[index], expected)
        except DatabaseDamaged as error:
            raise MalformedProofNode(subject, index, error.reason) from error
        # A node alone in a proof holds nothing: the next one is referred to by hash.
        reference = way.leads_from(node)
        expected = None if isinstance(reference, tuple) else reference
        index += 1
    if index < len(proof):
        raise SuperfluousProofNodes(subject, index, len(proof))
    return way.value
