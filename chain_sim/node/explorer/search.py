"""Search of a chain by number, hash, address, branch and function."""

import re
from collections.abc import Iterator
from itertools import islice

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.branch_store import BranchStore
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Address, format_address, format_data
from chain_sim.node.explorer.explorer import Explorer

MAX_RESULTS = 10
MAX_CHARACTERS = 200
MAX_ABIS_SEARCHED = 200
MIN_DIGITS = 4
"""Fewer digits of a hash would fit too many."""

NUMBER = re.compile(r"[0-9]{1,19}")
HEX = re.compile(r"0x[0-9a-f]+")
HASH_DIGITS, ADDRESS_DIGITS = 64, 40


def search(explorer: Explorer, text: str) -> list[Document]:
    """What a text may mean: blocks, transactions, accounts, branches, contracts.

    Numbers are of blocks; a hash may be its beginning, from MIN_DIGITS digits on; a
    branch or a function of a registered ABI is found by a part of its name. At most
    MAX_RESULTS, each with its `kind`, its `target` and a `label`.
    """
    wanted = text.strip().lower()[:MAX_CHARACTERS]
    if not wanted:
        return []
    sources = (blocks_by_number, accounts, blocks_and_transactions, branches, functions)
    found = (result for source in sources for result in source(explorer, wanted))
    return list(islice(found, MAX_RESULTS))


def result(kind: str, target: object, label: str) -> Document:
    """A result: `target` is what the page of this kind is opened with."""
    return {"kind": kind, "target": target, "label": label}


def blocks_by_number(explorer: Explorer, wanted: str) -> Iterator[Document]:
    """The block of the chain with this number."""
    if NUMBER.fullmatch(wanted):
        block_hash = explorer.chain.reader.block_hash(int(wanted))
        if block_hash is not None:
            yield result("block", int(wanted), format_data(block_hash))


def accounts(explorer: Explorer, wanted: str) -> Iterator[Document]:
    """The account of a whole address, and developer accounts by their beginning."""
    if not HEX.fullmatch(wanted):
        return
    if len(wanted) == 2 + ADDRESS_DIGITS:
        address = Address(bytes.fromhex(wanted[2:]))
        has_code = bool(explorer.chain.code(address))
        label = "contract" if has_code else "account"
        yield result("address", format_address(address), label)
    elif len(wanted) >= 2 + MIN_DIGITS:
        for known in DEVELOPER_ACCOUNTS:
            if format_data(known.address).startswith(wanted):
                label = f"developer account {known.index}"
                yield result("address", format_address(known.address), label)


def blocks_and_transactions(explorer: Explorer, wanted: str) -> Iterator[Document]:
    """Those in the database whose hash begins so, on any branch."""
    if (
        not HEX.fullmatch(wanted)
        or not MIN_DIGITS + 2 <= len(wanted) <= HASH_DIGITS + 2
    ):
        return
    digits = wanted[2:]
    prefix = bytes.fromhex(digits[: len(digits) // 2 * 2])
    for kind, key in (("transaction", keys.TX_INDEX), ("block", keys.BLOCK)):
        for found, _ in explorer.chain.database.iterate(key + prefix):
            text = format_data(found[len(key) :])
            if text.startswith(wanted):
                yield result(kind, text, kind)


def branches(explorer: Explorer, wanted: str) -> Iterator[Document]:
    """The newest blocks of branches whose names have the text in them."""
    for name, tip in BranchStore(explorer.chain.database).tips().items():
        if wanted in name.lower():
            yield result("block", format_data(tip), f"branch {name}")


def functions(explorer: Explorer, wanted: str) -> Iterator[Document]:
    """Contracts with a function whose name has the text in it."""
    for target in explorer.abis.targets()[:MAX_ABIS_SEARCHED]:
        abi = explorer.abis.get(target)
        if abi is None or len(target) != 2 + ADDRESS_DIGITS:
            continue
        for function in abi.functions:
            if wanted in function.name.lower():
                yield result("address", target, function.signature)
