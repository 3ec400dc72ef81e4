"""Branches and snapshots, with where each leaves the chain."""

from itertools import islice

from chain_sim.ethereum.blocks.ancestry import ancestry
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Hash32, format_data
from chain_sim.node.explorer.explorer import Explorer

MAX_BRANCHES = 100
MAX_SNAPSHOTS = 100
MAX_BLOCKS_WALKED = 1_000


def list_branches(explorer: Explorer) -> Document:
    """Branches in order of their names, and snapshots, the newest first.

    `fork` is the last block that a branch shares with the chain; null where it is more
    than MAX_BLOCKS_WALKED blocks before the branch's newest.
    """
    chain = explorer.chain
    branches = chain.branches.all()
    database = chain.database
    snapshots = list(database.iterate(keys.SNAPSHOT))[::-1]
    return {
        "current": chain.branches.current,
        "branches": [
            {
                "name": branch.name,
                "isCurrent": branch.is_current,
                **tip_document(explorer, branch.tip),
            }
            for branch in branches[:MAX_BRANCHES]
        ],
        "branchCount": len(branches),
        "snapshots": [
            snapshot_document(explorer, key[len(keys.SNAPSHOT) :], Hash32(tip))
            for key, tip in snapshots[:MAX_SNAPSHOTS]
        ],
        "snapshotCount": len(snapshots),
    }


def snapshot_document(explorer: Explorer, number: bytes, tip: Hash32) -> Document:
    """A snapshot: its number, and the block that it remembers."""
    block = explorer.chain.reader.find_block(tip)
    return {
        "snapshot": int.from_bytes(number, "big"),
        **tip_document(explorer, block),
    }


def tip_document(explorer: Explorer, tip: Block) -> Document:
    """A block that has a name, and where its branch leaves the chain."""
    fork = fork_of(explorer, tip)
    return {
        "number": tip.header.number,
        "hash": format_data(tip.hash),
        "timestamp": tip.header.timestamp,
        "fork": fork and {"number": fork.header.number, "hash": format_data(fork.hash)},
    }


def fork_of(explorer: Explorer, tip: Block) -> Block | None:
    """The newest block of the chain at or before `tip`."""
    reader = explorer.chain.reader
    for block in islice(ancestry(reader.head.database, tip.hash), MAX_BLOCKS_WALKED):
        if reader.block_hash(block.header.number) == block.hash:
            return block
    return None
