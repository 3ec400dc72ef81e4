"""Errors of proofs: one class per reason, with the facts."""

from chain_sim.ethereum.primitives.text import format_data
from contractvm.errors import ContractVmError


class InvalidProof(ContractVmError):
    """A proof does not prove its `subject`."""

    def __init__(self, subject: str, reason: str) -> None:
        super().__init__(f"{subject}: {reason}")
        self.subject = subject


class ProofNodeMissing(InvalidProof):
    """The proof ends, but its last node, or the root, leads to another node."""

    def __init__(self, subject: str, index: int, expected: bytes) -> None:
        reason = f"node {index} is missing, with hash {format_data(expected)}"
        super().__init__(subject, reason)
        self.index = index
        self.expected = expected


class WrongProofNode(InvalidProof):
    """A node is not the one that the node before it, or the root, leads to.

    It was altered, or a node before it is missing.
    """

    def __init__(
        self, subject: str, index: int, expected: bytes, actual: bytes
    ) -> None:
        wanted = "its parent refers to" if index else "the root is"
        reason = (
            f"node {index} has hash {format_data(actual)}, but {wanted}"
            f" {format_data(expected)}: a node was altered or left out"
        )
        super().__init__(subject, reason)
        self.index = index
        self.expected = expected
        self.actual = actual


class MalformedProofNode(InvalidProof):
    """A node has the right hash, but is not a trie node: the root is not of a trie."""

    def __init__(self, subject: str, index: int, detail: str) -> None:
        super().__init__(subject, f"node {index}: {detail}")
        self.index = index
        self.detail = detail


class SuperfluousProofNodes(InvalidProof):
    """Nodes follow the one where the key's path ends."""

    def __init__(self, subject: str, needed: int, given: int) -> None:
        super().__init__(subject, f"has {given} nodes, of which {needed} belong to it")
        self.needed = needed
        self.given = given


class MalformedProofValue(InvalidProof):
    """The value under the key is not an account, or not a slot's value."""

    def __init__(self, subject: str, detail: str) -> None:
        super().__init__(subject, detail)
        self.detail = detail


class RefutedClaim(InvalidProof):
    """The nodes are valid, but prove another value than the one claimed."""

    def __init__(self, subject: str, field: str, claimed: str, proven: str) -> None:
        super().__init__(subject, f"{field} is {proven}, not {claimed}")
        self.field = field
        self.claimed = claimed
        self.proven = proven


class MalformedProof(ContractVmError):
    """A document is not a proof in the form of `eth_getProof`; `place` is where."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"not a proof: {place}: {reason}")
        self.place = place
        self.reason = reason
