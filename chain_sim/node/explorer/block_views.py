"""Blocks, one by one and in pages."""

from itertools import islice

from chain_sim.ethereum.blocks.block import Block, encode_block
from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.documents.documents import Document, block_document
from chain_sim.ethereum.primitives.text import Hash32, format_data
from chain_sim.node.explorer.explorer import PAGE_ROWS, Explorer
from chain_sim.node.explorer.transaction_views import transaction_rows
from contractvm import __version__

MAX_PLOTTED = 1_000


def get_overview(explorer: Explorer) -> Document:
    """The chain's rules, clock and head."""
    chain = explorer.chain
    genesis = chain.genesis
    return {
        "version": __version__,
        "chainId": genesis.chain_id,
        "fork": genesis.fork,
        "profile": genesis.profile,
        "schedule": genesis.schedule,
        "scheduleHash": format_data(genesis.schedule_hash),
        "genesisHash": hash_text(chain.reader.block_hash(0)),
        "branch": chain.branches.current,
        "nextTimestamp": chain.clock.next_time,
        "head": block_row(chain.head, []),
    }


def list_blocks(explorer: Explorer, start: BlockName) -> Document:
    """Blocks of the branch that ends at `start`, the newest first."""
    chain = explorer.chain
    names: dict[Hash32, list[str]] = {}
    for branch in chain.branches.all():
        names.setdefault(branch.tip.hash, []).append(branch.name)
    found = list(islice(chain.history.blocks(start), PAGE_ROWS + 1))
    rest = found[PAGE_ROWS:]
    return {
        "blocks": [
            block_row(block, names.get(block.hash, [])) for block in found[:PAGE_ROWS]
        ],
        "next": format_data(rest[0].hash) if rest else None,
    }


def get_gas_history(explorer: Explorer, count: int) -> Document:
    """The gas of the newest blocks, at most 1,000, the oldest first."""
    blocks = explorer.chain.history.blocks()
    found = list(islice(blocks, min(count, MAX_PLOTTED)))[::-1]
    return {
        "numbers": [block.header.number for block in found],
        "gasUsed": [block.header.gas_used for block in found],
        "gasLimits": [block.header.gas_limit for block in found],
        "transactions": [len(block.transactions) for block in found],
    }


def get_block(explorer: Explorer, which: BlockName, start: int) -> Document:
    """A block, and a page of its transactions from index `start` on."""
    chain = explorer.chain
    block = chain.reader.find_block(which)
    number = block.header.number
    end = start + PAGE_ROWS
    return {
        "block": {
            **block_document(block),
            "transactions": len(block.transactions),
            "size": len(encode_block(block)),
        },
        "isOnChain": chain.reader.block_hash(number) == block.hash,
        "child": hash_text(chain.reader.block_hash(number + 1)),
        "transactions": transaction_rows(explorer, block, start, end),
        "next": end if end < len(block.transactions) else None,
    }


def block_row(block: Block, branches: list[str]) -> Document:
    """A block in a list; `branches` are those that end there."""
    header = block.header
    return {
        "number": header.number,
        "hash": format_data(block.hash),
        "timestamp": header.timestamp,
        "transactions": len(block.transactions),
        "gasUsed": header.gas_used,
        "gasLimit": header.gas_limit,
        "branches": branches,
    }


def hash_text(found: Hash32 | None) -> str | None:
    """The hash as text; None stays None."""
    return None if found is None else format_data(found)
