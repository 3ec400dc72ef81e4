"""Database keys: the first byte is the kind of the entry.

Nodes and code have their hash as the key, so one entry serves every root that reaches
it, and no entry is ever overwritten with other content.
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
"""Block hash -> output and error of each of its transactions; not part of any hash."""

EDITS = b"e"
"""Block hash -> edits of the state that its transactions start from, and its root."""

TX_INDEX = b"t"
"""Transaction hash -> block hash and four-byte index, for each block that has it."""

NUMBER_INDEX = b"i"
"""Block number, eight bytes big-endian -> block hash."""

HEAD = b"h"
"""The head's block hash; with a name after it, the tip of a branch that isn't current.

The current branch has no entry of its own: its tip is the head.
"""


PRUNED = b"p"
"""Block hash -> what is missing of a block that is there: NO_RECEIPTS or NO_STATE."""

NO_RECEIPTS = b""
"""Neither the state nor the receipts: a garbage collection removed them."""

NO_STATE = b"state"
"""The state alone: the block was loaded from a dump, which has the head's state."""

SNAPSHOT = b"s"
"""Snapshot number, eight bytes big-endian -> block hash, and what was set after it."""

PREIMAGE = b"k"
"""Keccak-256 hash -> preimage: an address, or the key of a storage slot."""

LOADED_ACCOUNT = b"la"
"""Address hash -> encoded account, while loading, before the trie is built."""

LOADED_SLOT = b"ls"
"""Hash of a slot's key -> encoded value, for the account that is being loaded."""

SWEEP_KEY = META + b"sweep"
"""Number of blocks that a garbage collection keeps; present only while it runs."""

PRUNED_AT_KEY = META + b"pruned"
"""The head's number at the last garbage collection, eight bytes big-endian."""

GENESIS_KEY = META + b"genesis"
"""The chain's genesis file."""

BRANCH_KEY = META + b"branch"
"""The name of the current branch; absent on the first one."""

SNAPSHOT_COUNT_KEY = META + b"snapshots"
"""The number of the newest snapshot, eight bytes big-endian."""

NEXT_TIME_KEY = META + b"time"
"""The timestamp set for the next block, eight bytes big-endian; absent if not set."""

NEXT_BASE_FEE_KEY = META + b"base fee"
"""The base fee set for the next block, in wei, big-endian; absent if not set."""

NEXT_GAS_LIMIT_KEY = META + b"gas limit"
"""The gas limit set from the next block on, big-endian; absent if not set."""

NEXT_COINBASE_KEY = META + b"coinbase"
"""The coinbase set from the next block on; absent if not set."""

OPEN_EDITS_KEY = META + b"edits"
"""The edits that the next block starts with, as under EDITS; absent if none."""

INTERVAL_KEY = META + b"interval"
"""Seconds from a block to the next, eight bytes big-endian; absent if not set."""


def node_key(node_hash: Hash32) -> bytes:
    """The key of the trie node with this hash."""
    return NODE + node_hash


def code_key(code_hash: Hash32) -> bytes:
    """The key of the code with this hash."""
    return CODE + code_hash


def preimage_key(digest: Hash32) -> bytes:
    """The key of the preimage of this hash."""
    return PREIMAGE + digest
