"""Accounts and transactions that are named, on a chain that is open."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import (
    HASH_BYTES,
    Address,
    Hash32,
    format_address,
    format_data,
)
from contractvm_cli.address_book import (
    BookEntry,
    Entries,
    add_entry,
    book_path,
    changed_book,
    entry_address,
    find_entry,
    path_in_project,
    project_path,
    read_book,
)
from contractvm_cli.chains import find_block
from contractvm_cli.failures import CommandFailed
from contractvm_cli.names import LAST_CONTRACT, LAST_TRANSACTION, Name

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain

# How many blocks are searched for the last contract or transaction.
LOOKED_AT = 1_000


def chain_name(chain: "Blockchain | NodeChain") -> str:
    """How the address book names a chain: its id, and the hash of its first block."""
    here = chain.genesis.chain_id if isinstance(chain, Blockchain) else chain.chain_id
    return f"{here}:{format_data(find_block(chain, 0).hash)}"


def book_entries(chain: "Blockchain | NodeChain") -> Entries:
    """The chain's names; raises InvalidBook."""
    return read_book(book_path()).chains.get(chain_name(chain), {})


def account_of(chain: "Blockchain | NodeChain", given: Address | Name) -> Address:
    """The account that is named, on this chain; raises CommandFailed."""
    if not isinstance(given, Name):
        return given
    if given == LAST_CONTRACT:
        found = next((one for one in _created(chain) if one is not None), None)
        if found is None:
            raise CommandFailed(f"no contract was created in {_looked_at(chain)}")
        return found
    entry = find_entry(book_entries(chain), given)
    if entry is None:
        raise CommandFailed(
            f"{given!r} is a name on another chain, not on this one:"
            " `contractvm book list --all` shows both"
        )
    return entry_address(entry)


def transaction_of(chain: "Blockchain | NodeChain", given: Hash32 | Name) -> Hash32:
    """The transaction that is named, on this chain; raises CommandFailed."""
    if not isinstance(given, Name):
        return given
    for block in _newest_blocks(chain):
        if block.transactions:
            return block.transactions[-1].hash
    raise CommandFailed(f"there is no transaction in {_looked_at(chain)}")


def _newest_blocks(chain: "Blockchain | NodeChain") -> Iterator[Block]:
    return islice(chain.history.blocks(), LOOKED_AT)


def _looked_at(chain: "Blockchain | NodeChain") -> str:
    return f"the newest {min(LOOKED_AT, chain.head.header.number + 1):,} blocks"


def _created(chain: "Blockchain | NodeChain") -> Iterator[Address | None]:
    """What the newest creations made, newest first; None for those that failed."""
    for block in _newest_blocks(chain):
        for tx in reversed(block.transactions):
            if tx.to is None:
                yield chain.receipt(tx.hash).contract_address


def is_transaction(target: Address | Hash32 | Name) -> bool:
    """Whether a transaction is meant, and not an account."""
    if isinstance(target, Name):
        return target == LAST_TRANSACTION
    return len(target) == HASH_BYTES


def target_of(
    chain: "Blockchain | NodeChain", target: Address | Hash32 | Name
) -> Address | Hash32:
    """The account or the transaction that is named; raises CommandFailed."""
    if is_transaction(target):
        return transaction_of(
            chain, target if isinstance(target, Name) else Hash32(target)
        )
    return account_of(chain, target if isinstance(target, Name) else Address(target))


def named_contracts(
    chain: "Blockchain | NodeChain",
) -> Iterator[tuple[str, Address, Path | None]]:
    """The names of the chain's accounts, and the files of those with an ABI."""
    for name, entries in book_entries(chain).items():
        for entry in entries:
            path = None if entry.abi is None else project_path(entry.abi)
            yield name, entry_address(entry), path


def name_account(
    chain: "Blockchain | NodeChain", name: str, address: Address, abi: Path | None
) -> None:
    """Write a name into the book; the ABI's file by its path from the project."""
    entry = BookEntry(
        format_address(address), None if abi is None else path_in_project(abi)
    )
    with changed_book(book_path(), chain_name(chain)) as entries:
        add_entry(entries, name, entry)
