"""What was set for the next block, and how it is kept beside the head."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.rlp_fields import (
    encode_item,
    read_bytes,
    read_fields,
    read_list,
    uint_bytes,
)
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.state.edits import Edits, edit_fields, read_edit

TIME_BYTES = 8


class EditedState(Struct, frozen=True):
    """The state that a block's transactions start from, where it was edited.

    `root` is None where that state is not kept: the block was loaded from a dump.
    """

    root: Hash32 | None
    edits: Edits


class NextBlock(Struct, frozen=True):
    """What was set for the next block; None for what follows from its parent.

    Seconds, wei and gas. `edited` is the state that it starts from.
    """

    timestamp: int | None = None
    base_fee: int | None = None
    gas_limit: int | None = None
    coinbase: Address | None = None
    edited: EditedState | None = None

    def entries(self) -> dict[bytes, bytes]:
        """Database entries of what was set."""
        found = {
            keys.NEXT_TIME_KEY: _optional_uint(self.timestamp, TIME_BYTES),
            keys.NEXT_BASE_FEE_KEY: _optional_uint(self.base_fee),
            keys.NEXT_GAS_LIMIT_KEY: _optional_uint(self.gas_limit),
            keys.NEXT_COINBASE_KEY: self.coinbase,
            keys.OPEN_EDITS_KEY: None
            if self.edited is None
            else encode_edited(self.edited),
        }
        return {key: value for key, value in found.items() if value is not None}


NOTHING_SET = NextBlock()


def read_next_block(get: Callable[[bytes], bytes | None]) -> NextBlock:
    """What the entries say; `get` gives the value under a key, or None."""
    coinbase = get(keys.NEXT_COINBASE_KEY)
    edited = get(keys.OPEN_EDITS_KEY)
    return NextBlock(
        timestamp=_read_uint(get(keys.NEXT_TIME_KEY)),
        base_fee=_read_uint(get(keys.NEXT_BASE_FEE_KEY)),
        gas_limit=_read_uint(get(keys.NEXT_GAS_LIMIT_KEY)),
        coinbase=None if coinbase is None else Address(coinbase),
        edited=None if edited is None else decode_edited(edited),
    )


def encode_edited(edited: EditedState) -> bytes:
    """The value of a database entry."""
    return encode_item([edited.root or b"", [edit_fields(one) for one in edited.edits]])


def decode_edited(data: bytes) -> EditedState:
    """What `encode_edited` wrote; raises MalformedRlp."""
    root, edits = read_fields(data, "edited state", 2)
    return EditedState(
        Hash32(read_bytes(root, "root")) or None,
        tuple(read_edit(item) for item in read_list(edits, "edits")),
    )


def encode_snapshot(block_hash: Hash32, next_block: NextBlock) -> bytes:
    """The value of a snapshot's entry: the block's hash alone where nothing was set."""
    entries = next_block.entries()
    if not entries:
        return block_hash
    return block_hash + encode_item([[key, value] for key, value in entries.items()])


def decode_snapshot(value: bytes) -> tuple[Hash32, NextBlock]:
    """What `encode_snapshot` wrote; raises MalformedRlp."""
    block_hash, rest = Hash32(value[:32]), value[32:]
    if not rest:
        return block_hash, NOTHING_SET
    pairs = [read_fields(item, "entry", 2) for item in read_list(rest, "snapshot")]
    entries: Mapping[bytes, bytes] = {
        read_bytes(key, "key"): read_bytes(content, "value") for key, content in pairs
    }
    return block_hash, read_next_block(entries.get)


def _optional_uint(value: int | None, width: int | None = None) -> bytes | None:
    if value is None:
        return None
    return uint_bytes(value) if width is None else value.to_bytes(width, "big")


def _read_uint(value: bytes | None) -> int | None:
    return None if value is None else int.from_bytes(value, "big")
