"""Witnesses: the parts of a state that a run reads, enough to run it again.

A witness holds nodes and codes by their hashes, so it cannot hold a wrong one. Reading
one that it does not hold is an error, never the same as an absent entry.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.capture.errors import MalformedCase, WitnessIncomplete
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.database_keys import code_key, node_key
from chain_sim.ethereum.primitives.text import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    Hash32,
    format_data,
    keccak256,
)
from chain_sim.ethereum.state.account import decode_account, decode_storage_value
from chain_sim.ethereum.trie.iteration import encodings_in
from chain_sim.ethereum.trie.node import Node
from chain_sim.ethereum.trie.node_decoder import decode_node
from chain_sim.ethereum.trie.node_record import children_of
from contractvm.errors import InternalError


class ReadOnly(InternalError):
    """A write to a database that is only a view of another one."""

    def __init__(self) -> None:
        super().__init__("this database is for reading only")


class ReadOnlyDatabase:
    """A KeyValueStore of which only `get` is needed."""

    # KeyValueStore requires arguments that these methods do not use.
    def iterate(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:  # noqa: ARG002
        """Refused: a part of a database does not know what else there is."""
        raise ReadOnly

    def write_batch(
        self,
        puts: Mapping[bytes, bytes],  # noqa: ARG002
        deletes: Collection[bytes] = (),  # noqa: ARG002
    ) -> None:
        """Refused."""
        raise ReadOnly

    def compact(self) -> None:
        """There is nothing to do."""

    def close(self) -> None:
        """There is nothing to free."""


class NotingDatabase(ReadOnlyDatabase):
    """Reads from a database and keeps what was read as a witness.

    Each trie node is returned alone, without the children that its record holds, so
    that those are kept only if they are read.
    """

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database
        self._read: dict[bytes, bytes] = {}
        self._held: dict[bytes, bytes] = {}

    def get(self, key: bytes) -> bytes | None:
        """See KeyValueStore.get."""
        value = self._held.get(key)
        if value is None:
            value = self._database.get(key)
            if value is not None and key.startswith(keys.NODE):
                value = self._alone(value, Hash32(key[len(keys.NODE) :]))
        if value is not None:
            self._read[key] = value
        return value

    def _alone(self, record: bytes, node_hash: Hash32) -> bytes:
        encoding, *held = encodings_in(record, node_hash)
        self._held |= {node_key(keccak256(child)): child for child in held}
        return encoding

    def nodes(self) -> tuple[bytes, ...]:
        """The trie nodes that were read, in the order of their hashes."""
        return self._entries(keys.NODE)

    def codes(self) -> tuple[bytes, ...]:
        """The codes that were read, in the order of their hashes."""
        return self._entries(keys.CODE)

    def _entries(self, kind: bytes) -> tuple[bytes, ...]:
        return tuple(
            value for key, value in sorted(self._read.items()) if key[:1] == kind
        )


class WitnessDatabase(ReadOnlyDatabase):
    """A database of these nodes and codes; reading others is WitnessIncomplete."""

    def __init__(self, nodes: Iterable[bytes], codes: Iterable[bytes]) -> None:
        self._entries = {node_key(keccak256(node)): node for node in nodes}
        self._entries |= {code_key(keccak256(code)): code for code in codes}

    def get(self, key: bytes) -> bytes:
        """See KeyValueStore.get."""
        if key not in self._entries:
            kind = {keys.NODE: "trie node", keys.CODE: "code"}.get(key[:1], "entry")
            raise WitnessIncomplete(kind, key[1:])
        return self._entries[key]


def check_witness(
    root: Hash32, nodes: tuple[bytes, ...], codes: tuple[bytes, ...]
) -> None:
    """Raise MalformedCase unless the root leads to every node and code.

    An altered node has another hash, which nothing refers to. Missing nodes are not
    detected here: only the run shows what is needed.
    """
    places = _by_hash(nodes, "nodes")
    seen: dict[tuple[Hash32, bool], None] = {}
    reached_codes: dict[Hash32, None] = {}
    if root != EMPTY_TRIE_ROOT and root not in places:
        reason = f"none of the nodes is that of the state root {format_data(root)}"
        raise MalformedCase("nodes", reason)
    stack = [(root, False)]
    while stack:
        node_hash, is_storage = stack.pop()
        is_there = node_hash in places and node_hash != EMPTY_TRIE_ROOT
        if not is_there or (node_hash, is_storage) in seen:
            continue
        seen[node_hash, is_storage] = None
        index = places[node_hash]
        try:
            children, values = _contents(decode_node(nodes[index], node_hash))
            stack.extend((child, is_storage) for child in children)
            for value in values:
                if is_storage:
                    decode_storage_value(value, node_hash)
                    continue
                account = decode_account(value, node_hash)
                stack.append((account.storage_root, True))
                reached_codes[account.code_hash] = None
        except DatabaseDamaged as error:
            raise MalformedCase(f"nodes[{index}]", error.reason) from error
    reached = {node_hash: None for node_hash, _ in seen}
    _require_reached(places, reached, "nodes")
    _require_reached(_by_hash(codes, "codes"), reached_codes, "codes")


def _by_hash(items: tuple[bytes, ...], name: str) -> dict[Hash32, int]:
    places: dict[Hash32, int] = {}
    for index, item in enumerate(items):
        digest = keccak256(item)
        if digest in places or digest == EMPTY_CODE_HASH:
            reason = "empty" if not item else f"the same as {name}[{places[digest]}]"
            raise MalformedCase(f"{name}[{index}]", reason)
        places[digest] = index
    return places


def _require_reached(
    places: dict[Hash32, int], reached: dict[Hash32, None], name: str
) -> None:
    for digest, index in places.items():
        if digest not in reached:
            reason = (
                f"nothing that the state root leads to has its hash"
                f" {format_data(digest)}: it was altered, or does not belong here"
            )
            raise MalformedCase(f"{name}[{index}]", reason)


def _contents(node: Node) -> tuple[list[Hash32], list[bytes]]:
    """The hashes that the node and those inside it refer to, and their values."""
    children: list[Hash32] = []
    values: list[bytes] = []
    parts: list[Node | Hash32 | None] = [node]
    while parts:
        part = parts.pop()
        if not isinstance(part, Node):
            if part is not None:
                children.append(part)
        elif part.is_leaf:
            values.append(part.value)
        elif part.is_branch:
            if part.value:
                values.append(part.value)
            parts.extend(children_of(part))
        else:
            parts.append(part.child)
    return children, values
