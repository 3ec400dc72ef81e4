"""A chain as one file in the form of anvil's `state.json`, with extra keys.

The chain is written while it is read, in one order: the same chain gives the same
bytes, and memory does not grow with it. The first key, `contractvm`, has the format's
version and the genesis; the last one, `contractvmEnd`, has the head's hash. One without
the other is refused, so that no changed byte turns a dump into another tool's file.
Anvil ignores both.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.genesis import GenesisConfig, encode_genesis
from chain_sim.ethereum.blocks.next_block import read_next_block
from chain_sim.ethereum.blocks.transaction_receipt import (
    receipts_of_block,
    senders_of,
)
from chain_sim.ethereum.documents.whole_files import whole_file
from chain_sim.ethereum.dumps.anvil_documents import anvil_block, anvil_transaction
from chain_sim.ethereum.dumps.edit_documents import edit_documents
from chain_sim.ethereum.dumps.hex_gzip import zip_as_hex
from chain_sim.ethereum.dumps.listing import list_accounts, list_slots
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
    format_quantity,
)
from chain_sim.ethereum.state.account import Account
from chain_sim.ethereum.state.entries import StateEntries
from chain_sim.ethereum.trie.node_cache import NodeCache
from contractvm.progress import Progress, no_progress

FORMAT_VERSION = 1
STEPS_PER_REPORT = 1_000
OURS = "contractvm"
OURS_END = "contractvmEnd"
OPEN_EDITS = "openEdits"


class DumpWriter:
    """Writes the chain that ends at `head`."""

    def __init__(
        self,
        database: KeyValueStore,
        genesis: GenesisConfig,
        head: Block,
        progress: Progress = no_progress,
    ) -> None:
        self._database = database
        self._store = BlockStore(database)
        self._codes = StateEntries(database, NodeCache())
        self._genesis = genesis
        self._head = head
        self._progress = progress

    def write(self, file: IO[bytes]) -> None:
        """The whole document, each account, block and transaction on a line."""
        header = self._head.header
        edited = read_next_block(self._database.get).edited
        ours = {
            "format": FORMAT_VERSION,
            "stateRoot": format_data(header.state_root),
            "headHash": format_data(self._head.hash),
            "genesis": json.loads(encode_genesis(self._genesis)),
            **({} if edited is None else {OPEN_EDITS: edit_documents(edited.edits)}),
        }
        _write(file, "{", _member(OURS, ours), ",\n")
        _write(file, _member("block", self._environment()), ",\n")
        _write(file, '"accounts":{')
        separator = "\n"
        accounts = list_accounts(self._database, header.state_root)
        for done, (address, account) in enumerate(accounts):
            if done % STEPS_PER_REPORT == 0:
                self._progress("accounts", done, None)
            _write(file, separator)
            self._write_account(file, address, account)
            separator = ",\n"
        _write(file, "\n},\n", _member("best_block_number", header.number), ",\n")
        _write_list(file, "blocks", map(self._block_document, self._blocks()))
        _write(file, ",\n")
        _write_list(file, "transactions", self._transactions())
        _write(file, ',\n"historical_states":null,\n')
        _write(file, _member(OURS_END, ours["headHash"]), "}\n")

    def _environment(self) -> dict[str, Any]:
        header = self._head.header
        return {
            "number": format_quantity(header.number),
            "beneficiary": format_data(header.coinbase),
            "timestamp": format_quantity(header.timestamp),
            "gas_limit": header.gas_limit,
            "basefee": header.base_fee_per_gas or 0,
            "difficulty": format_quantity(header.difficulty),
            "prevrandao": format_data(bytes(32)),
            "blob_excess_gas_and_price": {"excess_blob_gas": 0, "blob_gasprice": 1},
        }

    def _write_account(
        self, file: IO[bytes], address: Address, account: Account
    ) -> None:
        code = self._codes.get_code(account.code_hash)
        _write(
            file,
            f'"{format_data(address)}":{{"nonce":{account.nonce},'
            f'"balance":"{format_quantity(account.balance)}",'
            f'"code":"{format_data(code)}","storage":{{',
        )
        separator = ""
        for key, value in list_slots(self._database, account.storage_root):
            _write(file, f'{separator}"{format_data(key)}":"{format_data(value)}"')
            separator = ","
        _write(file, "}}")

    def _blocks(self) -> Iterator[Block]:
        """The chain's blocks that are kept, the oldest first."""
        for key, value in self._database.iterate(keys.NUMBER_INDEX):
            number = int.from_bytes(key[len(keys.NUMBER_INDEX) :], "big")
            if number > self._head.header.number:
                return
            block = self._store.block(Hash32(value))
            if block is None:
                raise DatabaseDamaged(keys.BLOCK + value, "missing block")
            if number % STEPS_PER_REPORT == 0:
                self._progress("blocks", number, self._head.header.number)
            yield block

    def _block_document(self, block: Block) -> dict[str, Any]:
        edited = self._store.edited(block.hash)
        return anvil_block(block, () if edited is None else edited.edits)

    def _transactions(self) -> Iterator[dict[str, Any]]:
        for block in self._blocks():
            if not block.transactions or not self._store.has_receipts(block.hash):
                continue
            receipts = receipts_of_block(
                block,
                senders_of(block, self._genesis.chain_id),
                self._store.receipts(block.hash),
                self._store.outcomes(block.hash),
                find_fork(self._genesis.fork, self._genesis.fees).fee_market,
            )
            for tx, receipt in zip(block.transactions, receipts, strict=True):
                yield anvil_transaction(tx, receipt)


def write_dump(path: Path, writer: DumpWriter, *, is_hex: bool = False) -> None:
    """Write the dump to `path` atomically.

    `is_hex` gives the form of `anvil_dumpState`: gzip as `0x` text.
    """
    with whole_file(path) as file:
        if not is_hex:
            writer.write(file)
            return
        with zip_as_hex(file) as zipped:
            writer.write(zipped)


def _write_list(file: IO[bytes], key: str, items: Iterator[dict[str, Any]]) -> None:
    _write(file, f'"{key}":[')
    separator = "\n"
    for item in items:
        _write(file, separator, _compact(item))
        separator = ",\n"
    _write(file, "\n]")


def _member(key: str, value: object) -> str:
    return f'"{key}":{_compact(value)}'


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _write(file: IO[bytes], *texts: str) -> None:
    for text in texts:
        file.write(text.encode("ascii"))
