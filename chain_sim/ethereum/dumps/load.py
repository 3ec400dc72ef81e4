"""A new chain from a dump, anvil's `state.json` or geth's `genesis.json`.

The file is read as a stream, with its keys in any order. From other tools' files, the
state and its block's fields are kept; this chain has no form for their other blocks.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.blocks.genesis import (
    GenesisConfig,
    decode_genesis,
    encode_genesis,
    genesis_header,
)
from chain_sim.ethereum.blocks.next_block import EditedState, NextBlock
from chain_sim.ethereum.dumps.account_loading import StateLoader
from chain_sim.ethereum.dumps.dump import (
    FORMAT_VERSION,
    OPEN_EDITS,
    OURS,
    OURS_END,
)
from chain_sim.ethereum.dumps.edit_documents import read_edits
from chain_sim.ethereum.dumps.errors import MalformedDump, WrongStateRoot
from chain_sim.ethereum.dumps.foreign import ACCOUNTS_KEYS, ForeignFields
from chain_sim.ethereum.dumps.hex_gzip import plain
from chain_sim.ethereum.dumps.history_loading import HistoryLoader
from chain_sim.ethereum.dumps.json_events import JsonEvents
from chain_sim.ethereum.dumps.new_database import new_database
from chain_sim.ethereum.dumps.values import any_data, any_number, any_word
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import UnknownFeeMarket, UnknownFork
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import MAX_UINT_64, MAX_UINT_256
from chain_sim.ethereum.state.account import Account
from chain_sim.ethereum.state.edits import Edits, settle_edits
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.progress import Progress, no_progress
from gas_schedule.arguments import as_path
from gas_schedule.bounded_files import open_regular


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Options for other tools' files: gas schedule, chain id, fee market.

    By default the schedule is that of a new chain, the id the file's, and there is no
    fee market.
    """

    schedule: str | None = None
    chain_id: int | None = None
    fees: str | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Counts of what was loaded and skipped; `source` is the tool of the file."""

    source: str
    head: Block
    accounts: int
    slots: int
    codes: int
    blocks: int
    transactions: int
    skipped_blocks: int
    skipped_transactions: int
    warnings: tuple[str, ...]


def load_chain(
    file: str | os.PathLike[str],
    path: str | os.PathLike[str],
    options: LoadOptions = LoadOptions(),
    progress: Progress = no_progress,
) -> LoadReport:
    """A new chain in the directory `path` from a file; on failure there is none.

    Raises MalformedDump, WrongStateRoot, InvalidGenesis, ChainExists, OSError.
    """
    file, path = as_path(file, "file"), as_path(path)
    with open_regular(file) as stream, new_database(path) as database:
        return load_into(database, stream, options, progress)


def load_into(
    database: KeyValueStore,
    stream: IO[bytes],
    options: LoadOptions = LoadOptions(),
    progress: Progress = no_progress,
) -> LoadReport:
    """The chain from a file that can be sought in, into a new database.

    A database in which this failed must be discarded.
    """
    return _Loader(database, JsonEvents(plain(stream)), progress).load(options)


class _Loader:
    def __init__(
        self,
        database: KeyValueStore,
        events: JsonEvents,
        progress: Progress,
    ) -> None:
        self._database = database
        self._events = events
        self._state = StateLoader(database, progress)
        self._progress = progress
        self._foreign = ForeignFields()
        self._said_root = b""
        self._said_number: int | None = None
        self._said_end = b""
        self._open_edits: Edits = ()

    def load(self, options: LoadOptions) -> LoadReport:
        history: HistoryLoader | None = None
        genesis: GenesisConfig | None = None
        for index, key in enumerate(self._events.members()):
            if key == OURS:
                if index:
                    self._events.refuse("has to be the first key")
                genesis = self._read_ours()
                history = HistoryLoader(self._database, genesis, self._progress)
            elif key in ACCOUNTS_KEYS:
                self._foreign.begin_accounts(key, self._events)
                self._read_accounts(is_ours=history is not None)
            elif history is None:
                if key == OURS_END:
                    self._events.refuse(f"{OURS} has to be the first key")
                self._foreign.read(key, self._events)
            else:
                self._read_own_key(key, history)
        self._events.end()
        root = self._state.finish()
        if history is None or genesis is None:
            return self._finish_foreign(root, options)
        return self._finish_own(root, history, genesis)

    def _read_ours(self) -> GenesisConfig:
        ours = self._events.value()
        place = self._events.place
        if not isinstance(ours, dict) or "format" not in ours:
            self._events.refuse("has no format version")
        if ours["format"] is True or ours["format"] != FORMAT_VERSION:
            reason = f"format version {ours['format']!r:.20}, not {FORMAT_VERSION}"
            self._events.refuse(reason)
        wanted = {"format", "stateRoot", "headHash", "genesis"}
        if ours.keys() - {OPEN_EDITS} != wanted:
            self._events.refuse("has other keys than format version 1 has")
        self._said_root = any_data(ours["stateRoot"], f"{place}.stateRoot", 32)
        self._said_head = any_data(ours["headHash"], f"{place}.headHash", 32)
        if OPEN_EDITS in ours:
            edits = read_edits(ours[OPEN_EDITS], f"{place}.{OPEN_EDITS}")
            self._open_edits = edits
        genesis = decode_genesis(json.dumps(ours["genesis"]))
        try:
            find_fork(genesis.fork, genesis.fees)
        except (UnknownFork, UnknownFeeMarket) as error:
            raise MalformedDump(f"{place}.genesis", str(error)) from error
        return genesis

    def _read_own_key(self, key: str, history: HistoryLoader) -> None:
        events = self._events
        match key:
            case "blocks":
                history.load_blocks(events)
            case "transactions":
                if history.head is None:
                    events.refuse("has to come after the blocks")
                history.load_transactions(events)
            case "best_block_number":
                number = any_number(events.value(), events.place, 2**64)
                self._said_number = number
            case _ if key == OURS_END:
                self._said_end = any_data(events.value(), events.place, 32)
            case "block" | "historical_states":
                events.skip()
            case _:
                events.refuse("unknown key")

    def _read_accounts(self, *, is_ours: bool) -> None:
        for key in self._events.members():
            place = self._events.place
            address = Address(any_data(key, place, 20))
            self._state.add_account(address, self._read_account(is_ours), place)

    def _read_account(self, is_ours: bool) -> Account:
        events, state = self._events, self._state
        found: dict[str, Any] = {}
        for name in events.members():
            if name == "nonce":
                found[name] = any_number(events.value(), events.place, MAX_UINT_64)
            elif name == "balance":
                found[name] = any_number(events.value(), events.place, MAX_UINT_256)
            elif name == "code":
                found["code_hash"] = state.add_code(
                    any_data(events.value(), events.place)
                )
            elif name == "storage":
                place = events.place
                found["storage_root"] = state.add_storage(self._read_slots(), place)
            elif is_ours:
                events.refuse("unknown key")
            else:
                events.skip()
                text = f"unknown key {name[:40]!r} of accounts is passed over"
                self._foreign.warn(text)
        if "balance" not in found:
            events.refuse("has no balance")
        return Account(**found)

    def _read_slots(self) -> Iterator[tuple[bytes, bytes]]:
        for key in self._events.members():
            place = self._events.place
            yield any_word(key, place), any_word(self._events.value(), place)

    def _finish_own(
        self, root: Hash32, history: HistoryLoader, genesis: GenesisConfig
    ) -> LoadReport:
        if root != self._said_root:
            raise WrongStateRoot(self._said_root, root)
        puts = history.finish()
        head = history.head
        if head is None or head.hash != self._said_head:
            raise MalformedDump("blocks", "the last one is not contractvm.headHash")
        if self._said_end != self._said_head:
            raise MalformedDump(OURS_END, "not contractvm.headHash")
        if head.header.state_root != root:
            raise WrongStateRoot(head.header.state_root, root)
        if self._said_number != head.header.number:
            raise MalformedDump("best_block_number", f"not {head.header.number}")
        puts[keys.GENESIS_KEY] = encode_genesis(genesis).encode()
        if self._open_edits:
            puts |= self._edited_state(root)
        self._database.write_batch(puts, [keys.PRUNED + head.hash])
        return self._report(OURS, head, history.block_count, history.transaction_count)

    def _edited_state(self, root: Hash32) -> dict[bytes, bytes]:
        """The entries of the state that the next block starts from."""
        state = WorldState(self._database, root)
        settle_edits(state, self._open_edits)
        edited_root, entries = state.commit()
        edited = EditedState(edited_root, self._open_edits)
        return {**entries, **NextBlock(edited=edited).entries()}

    def _finish_foreign(self, root: Hash32, options: LoadOptions) -> LoadReport:
        foreign = self._foreign
        genesis = foreign.genesis(
            root, options.schedule, options.chain_id, options.fees
        )
        block = Block(genesis_header(genesis, root), ())
        entries = BlockStore(self._database).entries(block, (), ())
        entries[keys.GENESIS_KEY] = encode_genesis(genesis).encode()
        self._database.write_batch(entries)
        if self._state.foreign_code_count:
            foreign.warn(
                f"{self._state.foreign_code_count} of the contracts are no WebAssembly:"
                " they can be looked at, a call of one fails"
            )
        return self._report(foreign.kind, block, 0, 0)

    def _report(
        self, source: str, head: Block, blocks: int, transactions: int
    ) -> LoadReport:
        skipped = self._foreign.skipped
        return LoadReport(
            source=source,
            head=head,
            accounts=self._state.account_count,
            slots=self._state.slot_count,
            codes=self._state.code_count,
            blocks=blocks,
            transactions=transactions,
            skipped_blocks=skipped.get("blocks", 0),
            skipped_transactions=skipped.get("transactions", 0),
            warnings=tuple(self._foreign.warnings),
        )
