"""Database keys: the first byte is the kind of the entry.

Nodes and code are named by their hash, so one entry serves every root that reaches
it and nothing is ever overwritten with something else.
"""

from chain_sim.database.meta_keys import META
from chain_sim.ethereum.primitives.text import Hash32

NODE = b"n"
"""Trie node's hash -> encoded node."""

CODE = b"c"
"""Code hash -> code."""

BLOCK = b"b"
"""Block hash -> encoded block."""

RECEIPTS = b"r"
"""Block hash -> encoded receipts of its transactions."""

OUTCOMES = b"o"
"""Block hash -> output and error of each of its transactions; in no hash."""

TX_INDEX = b"t"
"""Transaction hash -> block hash and four-byte index, of each block that has it."""

NUMBER_INDEX = b"i"
"""Block number, eight bytes big-endian -> block hash."""

HEAD = b"h"
"""The head's block hash; with a name after it, the tip of a branch left for another.

The branch that the chain is on has no entry of its own: its tip is the head.
"""


PRUNED = b"p"
"""Block hash -> what is not there of a block that is: NO_RECEIPTS or NO_STATE."""

NO_RECEIPTS = b""
"""Neither the state nor the receipts: a garbage collection removed them."""

NO_STATE = b"state"
"""The state alone: the block was loaded, and what was loaded has the head's state."""

SNAPSHOT = b"s"
"""Snapshot's number, eight bytes big-endian -> block hash."""

PREIMAGE = b"k"
"""Keccak-256 hash -> what was hashed: an address, or the key of a storage slot."""

LOADED_ACCOUNT = b"la"
"""Address hash -> encoded account that waits to be built into a trie, while loading."""

LOADED_SLOT = b"ls"
"""Hash of a slot's key -> encoded value, of the account that is being loaded."""

SWEEP_KEY = META + b"sweep"
"""Present while garbage collection is running: how many blocks it keeps."""

PRUNED_AT_KEY = META + b"pruned"
"""The head's number at the last garbage collection, eight bytes big-endian."""

GENESIS_KEY = META + b"genesis"
"""The chain's genesis file."""

BRANCH_KEY = META + b"branch"
"""The name of the branch that the chain is on; absent on the first one."""

SNAPSHOT_COUNT_KEY = META + b"snapshots"
"""The number of the newest snapshot, eight bytes big-endian."""

NEXT_TIME_KEY = META + b"time"
"""The timestamp that the next block is to have, eight bytes big-endian, if set."""


def node_key(node_hash: Hash32) -> bytes:
    """Where the trie node with this hash is kept."""
    return NODE + node_hash


def code_key(code_hash: Hash32) -> bytes:
    """Where the code with this hash is kept."""
    return CODE + code_hash


def preimage_key(digest: Hash32) -> bytes:
    """Where the preimage of this hash is kept."""
    return PREIMAGE + digest
