"""Branches in the database: names for blocks, of which one moves with the head.

The tip of the branch that the chain is on is the head, in the same entry: no crash and
no failed write can separate them. Each other branch has an entry with its tip, so
creating one writes one entry.
"""

from msgspec import Struct

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.history_errors import UnknownBranch
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32

FIRST_BRANCH = "main"


class Branch(Struct, frozen=True):
    """A branch: its newest block, and whether the chain is on it."""

    name: str
    tip: Block
    is_current: bool


class BranchStore:
    """Reads branches; gives the entries that change them, for the caller's batch."""

    def __init__(self, database: KeyValueStore) -> None:
        self._database = database
        self._store = BlockStore(database)

    def current(self) -> str:
        """The branch that the chain is on."""
        name = self._database.get(keys.BRANCH_KEY)
        return FIRST_BRANCH if name is None else name.decode()

    def tip(self, name: str) -> Hash32:
        """The hash of a branch's newest block; raises UnknownBranch."""
        key = keys.HEAD if name == self.current() else branch_key(name)
        value = self._database.get(key)
        if value is None:
            raise UnknownBranch(name)
        return Hash32(value)

    def has(self, name: str) -> bool:
        """Whether there is a branch with this name."""
        is_current = name == self.current()
        return is_current or self._database.get(branch_key(name)) is not None

    def tips(self) -> dict[str, Hash32]:
        """The newest block's hash of each branch, by name in order."""
        found = {
            key[len(keys.HEAD) :].decode() or self.current(): Hash32(value)
            for key, value in self._database.iterate(keys.HEAD)
        }
        return dict(sorted(found.items()))

    def branches(self) -> tuple[Branch, ...]:
        """All branches in order of their names."""
        current = self.current()
        return tuple(
            Branch(name, self._block(tip), name == current)
            for name, tip in self.tips().items()
        )

    def switch_entries(
        self, name: str, target: Block
    ) -> tuple[dict[bytes, bytes], list[bytes]]:
        """Entries to put and keys to delete so that the chain is on another branch.

        `target` is that branch's tip.
        """
        puts, deletes = self._store.head_entries(target)
        head_hash = self.tip(self.current())
        puts[branch_key(self.current())] = head_hash
        puts[keys.BRANCH_KEY] = name.encode()
        return puts, [*deletes, branch_key(name)]

    def _block(self, block_hash: Hash32) -> Block:
        block = self._store.block(block_hash)
        if block is None:
            raise DatabaseDamaged(keys.BLOCK + block_hash, "missing block")
        return block


def branch_key(name: str) -> bytes:
    """The key of the tip of a branch that is not current."""
    return keys.HEAD + name.encode()
