"""Walk over all database entries of a state, each checked against its hash."""

from collections.abc import Callable, Iterator

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.database_keys import (
    NODE,
    PREIMAGE,
    code_key,
    node_key,
)
from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    Hash32,
    format_data,
    keccak256,
)
from chain_sim.ethereum.state.account import decode_account, decode_storage_value
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_record import children_of, decode_record, own_encoding

KEY_NIBBLES = 64


class BadEntry(DatabaseDamaged):
    """A node or code of a state is missing or does not have its hash.

    `path` leads to it from the root of the trie, one nibble in each byte. `account` is
    the hash of the address whose storage or code it is; None in the account trie.
    """

    def __init__(
        self, key: bytes, reason: str, path: bytes, account: bytes | None
    ) -> None:
        super().__init__(key, reason)
        self.path = path
        self.account = account
        self.args = (f"{self.place}: {self.kind} {format_data(key[1:])} {reason}",)

    @property
    def kind(self) -> str:
        """The kind of entry: a trie node or code."""
        return "code" if self.key == code_key(Hash32(self.key[1:])) else "trie node"

    @property
    def nibbles(self) -> str:
        """The path as text, one hexadecimal digit for each nibble."""
        return "".join(f"{nibble:x}" for nibble in self.path)

    @property
    def place(self) -> str:
        """The trie, and the place in it."""
        trie = "account trie"
        if self.account is not None:
            trie = f"account with address hash {format_data(self.account)}"
        if self.kind == "code":
            return trie
        where = f"path {self.nibbles}" if self.path else "its root"
        return f"{trie}, {where}"


# The path of a node, its hash, and the account in whose storage it is.
_Pending = tuple[bytes, Hash32, bytes | None]


def _ignore(_: Hash32) -> None:
    pass


def walk_state(
    database: KeyValueStore,
    root: Hash32,
    is_wanted: Callable[[bytes], bool],
    on_key: Callable[[Hash32], None] = _ignore,
) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of all nodes and code of the state with this root.

    The subtree below a key that isn't wanted is skipped: if is_wanted remembers keys,
    each entry comes once, even over several roots. `on_key` is called with the hash of
    each address and each slot's key. Raises BadEntry at the first entry that is
    missing or damaged.
    """
    stack: list[_Pending] = []
    if root != EMPTY_TRIE_ROOT:
        stack.append((b"", root, None))
    while stack:
        path, node_hash, account = stack.pop()
        key = node_key(node_hash)
        if not is_wanted(key):
            continue
        record = _read(database, key, path, account)
        yield key, record
        try:
            values = _add_children(
                stack, path, decode_record(record, node_hash), account
            )
            for value_path, value in values:
                address_hash = _key_of(value_path, node_hash)
                on_key(address_hash)
                if account is not None:
                    decode_storage_value(value, key)
                    continue
                code_hash = _add_storage(stack, address_hash, value)
                if code_hash != EMPTY_CODE_HASH and is_wanted(code_key(code_hash)):
                    code = code_key(code_hash)
                    yield code, _read(database, code, value_path, address_hash)
        except DatabaseDamaged as error:
            if isinstance(error, BadEntry):
                raise
            raise BadEntry(key, error.reason, path, account) from error


def wrong_preimages(database: KeyValueStore) -> Iterator[bytes]:
    """Hashes whose entry in the database has another hash."""
    for key, preimage in database.iterate(PREIMAGE):
        digest = key[len(PREIMAGE) :]
        if keccak256(preimage) != digest:
            yield digest


def _add_children(
    stack: list[_Pending], path: bytes, node: Node, account: bytes | None
) -> list[tuple[bytes, bytes]]:
    """Push what the node refers to; returns the values in it, with their paths."""
    values: list[tuple[bytes, bytes]] = []
    parts: list[tuple[bytes, Node]] = [(path, node)]
    while parts:
        path, node = parts.pop()
        if node.is_leaf or (node.is_branch and node.value):
            values.append((path if node.is_branch else path + node.path, node.value))
        for child_path, child in _children(path, node):
            if isinstance(child, Node):
                parts.append((child_path, child))
            else:
                stack.append((child_path, child, account))
    return values


def _children(path: bytes, node: Node) -> list[tuple[bytes, Node | Hash32]]:
    if node.is_leaf:
        return []
    if not node.is_branch:
        return [(path + node.path, node.child)]
    return [
        (path + bytes((nibble,)), child)
        for nibble, child in reversed(list(enumerate(children_of(node))))
        if child is not None
    ]


def _add_storage(stack: list[_Pending], address_hash: bytes, value: bytes) -> Hash32:
    """Push an account's storage; returns the hash of its code."""
    account = decode_account(value, address_hash)
    if account.storage_root != EMPTY_TRIE_ROOT:
        stack.append((b"", account.storage_root, address_hash))
    return account.code_hash


def _key_of(path: bytes, node_hash: Hash32) -> Hash32:
    if len(path) != KEY_NIBBLES:
        reason = f"has a key of {len(path)} nibbles"
        raise DatabaseDamaged(node_key(node_hash), reason)
    pairs = zip(path[::2], path[1::2], strict=True)
    return Hash32(bytes(upper << 4 | lower for upper, lower in pairs))


def _read(
    database: KeyValueStore, key: bytes, path: bytes, account: bytes | None
) -> bytes:
    try:
        value = database.get(key)
    except DatabaseDamaged as error:
        raise BadEntry(key, f"cannot be read: {error.reason}", path, account) from error
    if value is None:
        raise BadEntry(key, "is missing", path, account)
    content = own_encoding(value) if key.startswith(NODE) else value
    if keccak256(content) != key[1:]:
        raise BadEntry(key, "does not have the hash that names it", path, account)
    return value
