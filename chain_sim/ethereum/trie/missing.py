"""Errors for entries that are missing from the database."""

from contractvm.errors import InternalError


class MissingNode(InternalError):
    """The trie refers to a node that the database does not have.

    `path` leads from the trie's root to the node, one nibble in each byte.
    """

    def __init__(self, node_hash: bytes, path: bytes) -> None:
        nibbles = "".join(f"{nibble:x}" for nibble in path)
        place = f"at path {nibbles}" if nibbles else "at the root"
        super().__init__(f"missing trie node {node_hash.hex()} {place}")
        self.node_hash = node_hash
        self.path = path


class MissingCode(InternalError):
    """An account has a code hash whose code the database does not have."""

    def __init__(self, code_hash: bytes) -> None:
        super().__init__(f"missing code {code_hash.hex()}")
        self.code_hash = code_hash


class MissingPreimage(InternalError):
    """The database does not have the address or slot key with this hash.

    The entry was written by an older version, which kept only the hash.
    """

    def __init__(self, digest: bytes, kind: str) -> None:
        super().__init__(
            f"the {kind} with hash {digest.hex()} is not in the database: an older"
            " version wrote it, which kept hashes only"
        )
        self.digest = digest
        self.kind = kind
