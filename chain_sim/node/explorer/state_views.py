"""Accounts, their storage with blame, and differences between states."""

from itertools import islice

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.abi.known_abi import printable
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.blocks.history_errors import HistoryNotKept
from chain_sim.ethereum.documents.documents import Document, address_text
from chain_sim.ethereum.documents.history_documents import (
    account_document,
    write_document,
)
from chain_sim.ethereum.primitives.arguments import HashLike
from chain_sim.ethereum.primitives.database_keys import preimage_key
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
)
from chain_sim.ethereum.state.account import decode_storage_value
from chain_sim.ethereum.state.state_difference import (
    AccountDifference,
    state_differences,
)
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.iteration import iterate_forward
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.node.explorer.explorer import PAGE_ROWS, SHOWN_BYTES, Explorer

MAX_BLOCKS_SEARCHED = 2_000
MAX_BLOCKS_RUN_AGAIN = 100
MAX_SLOTS = 100
"""Slots of one account in a page of differences."""

FIRST_KEY = Hash32(bytes(32))


class _SearchedEnough(Exception):
    """Ends a search at its bound."""


def get_account(explorer: Explorer, address: Address) -> Document:
    """An account at the head, and the functions that its ABI names."""
    chain = explorer.chain
    state = chain.state_at()
    account = state.get_account(address)
    precompile = chain.fork.precompiles.get(address)
    abi = explorer.abi_of(address)
    return {
        "address": address_text(address),
        "exists": state.account_exists(address),
        "balance": account.balance,
        "nonce": account.nonce,
        "codeHash": format_data(account.code_hash),
        "codeSize": len(state.get_code(address)),
        "storageRoot": format_data(account.storage_root),
        "precompile": None if precompile is None else precompile.name,
        "developerAccount": next(
            (known.index for known in DEVELOPER_ACCOUNTS if known.address == address),
            None,
        ),
        "functions": [
            {
                "signature": function.signature,
                "selector": format_data(function.selector),
                "params": [
                    {"name": printable(param.name), "type": param.type.text}
                    for param in function.params
                ],
                "results": function.result_texts,
                "isReadOnly": function.is_read_only,
                "isPayable": function.is_payable,
            }
            for function in abi.functions
        ],
        "events": [event.description.signature for event in abi.events],
        "errors": [error.signature for error in abi.errors],
    }


def list_slots(
    explorer: Explorer, address: Address, start: Hash32, at: BlockName
) -> Document:
    """Storage slots that are not zero, in order of the hashes of their keys.

    A page begins at the hash `start`. A slot's `key` is null where the database knows
    only its hash.
    """
    chain = explorer.chain
    database = chain.database
    root = chain.state_at(at).get_account(address).storage_root
    entries = iterate_forward(DatabaseNodes(database), root, start)
    found = list(islice(entries, PAGE_ROWS + 1))
    return {
        "slots": [
            {
                "key": preimage_text(database, Hash32(key_hash)),
                "keyHash": format_data(key_hash),
                "value": format_data(decode_storage_value(value, key_hash)),
            }
            for key_hash, value in found[:PAGE_ROWS]
        ],
        "next": format_data(found[PAGE_ROWS][0]) if len(found) > PAGE_ROWS else None,
    }


def preimage_text(database: KeyValueStore, digest: Hash32) -> str | None:
    """What has this hash; None where the database does not know it."""
    found = database.get(preimage_key(digest))
    return None if found is None else format_data(found)


def get_blame(
    explorer: Explorer, address: Address, slot: int, at: BlockName, is_exact: bool
) -> Document:
    """Who changed a slot, the newest change first, 25 a page.

    Blocks are compared; with `is_exact` those of several transactions are run again,
    and so changes found that the same block undid. A page looks at
    MAX_BLOCKS_SEARCHED blocks, or MAX_BLOCKS_RUN_AGAIN with `is_exact`; `next` is the
    block where the next page starts. `isKept` is false where older blocks are pruned;
    `oldest` is then the number of the oldest whose changes are known.
    """
    chain = explorer.chain
    tip = chain.reader.find_block(at)
    most = MAX_BLOCKS_RUN_AGAIN if is_exact else MAX_BLOCKS_SEARCHED

    def stop_at_bound(phase: str, done: int, total: int | None) -> None:  # noqa: ARG001 (a Progress)
        if done >= most:
            raise _SearchedEnough

    writes = chain.history.slot_writes(
        address, slot, at=tip.hash, exact=is_exact, progress=stop_at_bound
    )
    rows: list[Document] = []
    following, oldest = None, None
    try:
        for write in writes:
            if len(rows) >= PAGE_ROWS and write.block_number != rows[-1]["blockNumber"]:
                following = write.block_hash
                break
            rows.append(write_document(write))
    except _SearchedEnough:
        older = islice(chain.history.blocks(tip.hash), most, None)
        following = next(older).hash
    except HistoryNotKept as error:
        oldest = error.oldest_number
    return {
        "writes": rows,
        "next": None if following is None else format_data(following),
        "isKept": oldest is None,
        "oldest": oldest,
    }


def get_block_difference(
    explorer: Explorer, which: BlockName, start: Hash32
) -> Document:
    """What a block changed, in pages of accounts by the hashes of their addresses.

    Edits of the state before its transactions are among that. What its first block
    changed is all that the chain began with.
    """
    chain = explorer.chain
    block = chain.reader.find_block(which)
    after = chain.state_at(block.hash)
    return difference_page(state_before(explorer, block), after, start)


def get_transaction_difference(
    explorer: Explorer, tx_hash: HashLike, start: Hash32
) -> Document:
    """What a transaction changed; its block is run again where it has others."""
    chain = explorer.chain
    block, index = chain.reader.block_of(tx_hash)
    if index:
        before = chain.state_at(block.hash, index - 1)
    else:
        before = WorldState(chain.database, chain.reader.start_root(block))
    return difference_page(before, chain.state_at(block.hash, index), start)


def state_before(explorer: Explorer, block: Block) -> WorldState:
    """The state after a block's parent; before the first block an empty one."""
    chain = explorer.chain
    loaded = chain.genesis.loaded
    if block.header.number == (0 if loaded is None else loaded.number):
        return WorldState(chain.database)
    return chain.state_at(block.header.parent_hash)


def difference_page(before: WorldState, after: WorldState, start: Hash32) -> Document:
    """Accounts that differ, from the hash `start` on."""
    found = state_differences(before, after)
    rest = (one for one in found if one.address_hash >= start)
    page = list(islice(rest, PAGE_ROWS + 1))
    following = page[PAGE_ROWS].address_hash if len(page) > PAGE_ROWS else None
    return {
        "accounts": [bounded_account(one) for one in page[:PAGE_ROWS]],
        "next": None if following is None else format_data(following),
    }


def bounded_account(difference: AccountDifference) -> Document:
    """An account's differences; of code its size, of many slots the first."""
    document = account_document(difference)
    document["slotCount"] = len(difference.slots)
    document["slots"] = document["slots"][:MAX_SLOTS]
    codes = difference.codes
    document["changedCodes"] = codes and [
        {"data": format_data(code[:SHOWN_BYTES]), "size": len(code)} for code in codes
    ]
    return document
