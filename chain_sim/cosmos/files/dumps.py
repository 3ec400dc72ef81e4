"""Dumps: a whole Cosmos chain in a file, and chains from such files.

A dump has the newest state entry by entry, and for each block what it changed, as it
was before. Loading computes every block's root again.
"""

from pathlib import Path
from typing import Literal

from msgspec import Struct

from chain_sim.cosmos.chain.block_ledger import BlockLedger, kept_form
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.past_transactions import kept_message
from chain_sim.cosmos.chain.sent_messages import SentMessage
from chain_sim.cosmos.files.documents import (
    check_config,
    check_sent,
    encode_document,
    hex_pairs,
    read_document,
    read_hex,
    read_pairs,
)
from chain_sim.cosmos.files.errors import MalformedChainFile
from chain_sim.cosmos.state.block_store import (
    BlockHeader,
    BlockStore,
    ChainConfig,
    Undo,
)
from chain_sim.cosmos.state.multiset_hash import MultisetHash
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.database.interface import KeyValueStore

MAX_DUMP_BYTES = 512 * 1024 * 1024
GREATEST_NUMBER = 2**63 - 1


class DumpedBlock(
    Struct, frozen=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True
):
    """A block: `undo` is what it changed as it was before, None for what was not.

    `sent` is the message that it keeps.
    """

    height: int
    time: int
    root: str
    transaction_count: int = 0
    undo: tuple[tuple[str, str | None], ...] = ()
    sent: SentMessage | None = None


class CosmosDump(Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A whole chain; the first block has no undo."""

    format: Literal["contractvm-cosmos-dump"]
    version: Literal[1]
    release: str
    prefix: str
    chain_id: str
    blocks: tuple[DumpedBlock, ...]
    entries: tuple[tuple[str, str], ...]


def dump_chain(chain: CosmosChain) -> bytes:
    """The chain as the content of a file; the same chain gives the same bytes."""
    config, blocks = chain.config, chain.blocks
    heights = range(config.first_height, chain.head.height + 1)
    return encode_document(
        CosmosDump(
            format="contractvm-cosmos-dump",
            version=1,
            release=config.release,
            prefix=config.prefix,
            chain_id=config.chain_id,
            blocks=tuple(_dumped(chain.block(height), blocks) for height in heights),
            entries=hex_pairs(blocks.state.entries().items()),
        )
    )


def _dumped(header: BlockHeader, blocks: BlockLedger) -> DumpedBlock:
    return DumpedBlock(
        header.height,
        header.time,
        header.root.hex(),
        header.transaction_count,
        tuple(
            (key.hex(), None if before is None else before.hex())
            for key, before in blocks.undo(header.height)
        ),
        kept_message(blocks, header.height),
    )


def load_dump(path: Path, database: KeyValueStore) -> ChainConfig:
    """Put the chain of a dump into a new database, once all of it is checked.

    Raises MalformedChainFile and OSError; then nothing is written.
    """
    dump = read_document(path, CosmosDump, MAX_DUMP_BYTES)
    check_config(dump.release, dump.prefix)
    if not dump.blocks:
        raise MalformedChainFile("blocks", "a chain has a first block")
    entries = dict(read_pairs(dump.entries, "entries"))
    headers, undos = _read_blocks(dump)
    total = MultisetHash()
    total.change(entries.items(), ())
    totals = _check_roots(headers, undos, entries, total)
    first = headers[0]
    config = ChainConfig(
        dump.release, dump.prefix, dump.chain_id, first.height, first.time
    )
    store = BlockStore(database)
    kept = [kept_form(block.sent) for block in dump.blocks]
    blocks = list(zip(headers, undos, kept, strict=True))
    store.restore(config, blocks, entries, totals)
    return config


def _read_blocks(dump: CosmosDump) -> tuple[list[BlockHeader], list[Undo]]:
    headers: list[BlockHeader] = []
    undos: list[Undo] = []
    for number, block in enumerate(dump.blocks):
        place = f"blocks[{number}]"
        if headers and block.height != headers[-1].height + 1:
            raise MalformedChainFile(f"{place}.height", "not the next one")
        if headers and block.time <= headers[-1].time:
            raise MalformedChainFile(f"{place}.time", "not after the block before")
        for name, value in (
            ("height", block.height),
            ("time", block.time),
            ("transactionCount", block.transaction_count),
        ):
            if not 0 <= value <= GREATEST_NUMBER:
                raise MalformedChainFile(f"{place}.{name}", "out of range")
        if not number and block.undo:
            raise MalformedChainFile(f"{place}.undo", "nothing is before the first")
        if block.sent is not None:
            check_sent(block.sent, f"{place}.sent")
        root = read_hex(block.root, f"{place}.root")
        headers.append(
            BlockHeader(block.height, block.time, root, block.transaction_count)
        )
        undos.append(_read_undo(block, f"{place}.undo"))
    return headers, undos


def _read_undo(block: DumpedBlock, place: str) -> Undo:
    """The undo, whose keys are in order."""
    keys = read_pairs([(key, "") for key, _ in block.undo], place)
    return [
        (key, None if before is None else read_hex(before, place))
        for (key, _), (_, before) in zip(keys, block.undo, strict=True)
    ]


def _check_roots(
    headers: list[BlockHeader],
    undos: list[Undo],
    entries: dict[bytes, bytes],
    total: MultisetHash,
) -> bytes:
    """Go back block by block; the newest root is the hash of what is returned."""
    newest = total.to_bytes()
    state = OrderedState(entries)
    for number in range(len(headers) - 1, -1, -1):
        if total.root != headers[number].root:
            reason = f"{headers[number].root.hex()}, the state has {total.root.hex()}"
            raise MalformedChainFile(f"blocks[{number}].root", reason)
        for key, before in undos[number]:
            if before is None:
                state.delete(key)
            else:
                state.set(key, before)
        total.apply(state.seal())
    return newest
