"""Methods for the parts of connected chains: the database, the pool, mining, edits."""

from chain_sim.ethereum.execution.block_building import BlockBuilder
from chain_sim.ethereum.pool.block_filling import PoolOrder
from chain_sim.ethereum.primitives.errors import UnknownSnapshot
from chain_sim.ethereum.primitives.rlp_fields import read_list
from chain_sim.ethereum.primitives.text import format_data, format_quantity
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
    sender_in_block,
)
from chain_sim.ethereum.state.edits import read_edit
from chain_sim.node.documents import Document
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, Method, method
from chain_sim.node.values import (
    COUNT_64,
    DATA,
    list_of,
    optional,
    parse_number,
    required,
)

PAGE_BYTES = 1 << 20
RAW = required("raw", DATA)
SNAPSHOT = required("snapshot", COUNT_64)


def entry(node: Node, key: bytes) -> str | None:
    """The value under a key of the database; null where there is none."""
    value = node.chain.database.get(key)
    return None if value is None else format_data(value)


def entries(node: Node, prefix: bytes, start: bytes) -> Document:
    """Entries of the database whose keys have a prefix, from `start` on, in pages."""
    rows: list[tuple[str, str]] = []
    size = 0
    for key, value in node.chain.database.iterate(prefix):
        if key < start:
            continue
        if size >= PAGE_BYTES:
            return {"entries": rows, "next": format_data(key)}
        rows.append((format_data(key), format_data(value)))
        size += len(key) + len(value)
    return {"entries": rows, "next": None}


def waiting(node: Node) -> Document:
    """All transactions that wait, in the order of their arrival, and who goes first."""
    return {
        "order": node.pool.order.value,
        "transactions": [
            {
                "raw": format_data(encode_transaction(pooled.tx)),
                "arrival": format_quantity(pooled.arrival),
            }
            for pooled in node.pool.arrivals()
        ],
    }


def add_waiting(node: Node, raw: bytes) -> str:
    """Have a transaction wait, impersonated ones too; how many came before it."""
    tx = decode_transaction(raw, node.chain.fork.transaction_types)
    pooled = node.pool.add(tx, sender_in_block(tx, node.chain.genesis.chain_id))
    node.pending_log.append(tx, pooled.sender)
    return format_quantity(pooled.arrival)


def set_order(node: Node, order: PoolOrder) -> None:
    """Which waiting transactions come first: \"fees\" or \"fifo\"."""
    node.pool.order = order


def mine(node: Node, raws: list[bytes], timestamp: int | None) -> str:
    """Make a block of these transactions, impersonated ones too; the block's hash."""
    chain_id, types = node.chain.genesis.chain_id, node.chain.fork.transaction_types
    given: list[Transaction] = [decode_transaction(raw, types) for raw in raws]

    def fill(builder: BlockBuilder) -> None:
        for tx in given:
            builder.append(tx, sender_in_block(tx, chain_id))

    built = node.chain.mining.mine(fill, timestamp)
    for tx, sender in zip(given, built.senders, strict=True):
        node.pending_log.append(tx, sender)
    node.revise_pool()
    return format_data(built.block.hash)


def apply_edits(node: Node, encoded: bytes) -> None:
    """Edit accounts as one change: RLP of the edits."""
    node.chain.edits.apply([read_edit(item) for item in read_list(encoded, "edits")])
    node.revise_pool()


def snapshot(node: Node) -> str:
    """Remember the chain; the number is for contractvm_revert."""
    return format_quantity(node.snapshot())


def revert(node: Node, number: int) -> bool:
    """Go back to a snapshot, which stays; false for none such."""
    try:
        node.revert(number)
    except UnknownSnapshot:
        return False
    return True


def forget_snapshots(node: Node, number: int) -> None:
    """Forget a snapshot and all later ones."""
    node.chain.branches.forget_since(number)


def prune(node: Node, blocks: int) -> None:
    """From now on keep so many of the newest blocks of each branch."""
    node.chain.prune(blocks)


def parse_order(given: object) -> PoolOrder:
    """An order of waiting transactions; raises InvalidValue."""
    try:
        return PoolOrder(given)
    except ValueError as error:
        raise InvalidValue('"fees" or "fifo"') from error


def parse_blocks(given: object) -> int:
    """One or more blocks."""
    blocks: int = parse_number(given)
    if blocks == 0:
        raise InvalidValue("0 blocks, and the head is one")
    return blocks


METHODS: tuple[Method, ...] = (
    method("contractvm_entry", entry, required("key", DATA), is_short=True),
    method(
        "contractvm_entries",
        entries,
        required("prefix", DATA),
        optional("start", DATA, b""),
    ),
    method("contractvm_waiting", waiting),
    method("contractvm_addWaiting", add_waiting, RAW),
    method(
        "contractvm_setOrder", set_order, required("order", Kind("order", parse_order))
    ),
    method(
        "contractvm_mine",
        mine,
        required("transactions", list_of(DATA)),
        optional("timestamp", COUNT_64),
    ),
    method("contractvm_applyEdits", apply_edits, required("edits", DATA)),
    method("contractvm_snapshot", snapshot),
    method("contractvm_revert", revert, SNAPSHOT),
    method("contractvm_forgetSnapshots", forget_snapshots, SNAPSHOT),
    method("contractvm_prune", prune, required("blocks", Kind("number", parse_blocks))),
)
