"""A dumped and loaded chain is the same chain, and dumps the same bytes."""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import heads, whole_blocks
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps import pending
from chain_sim.ethereum.dumps.dump import DumpWriter
from chain_sim.ethereum.dumps.load import load_chain, load_into
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import BlockNotKept
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, keccak256
from chain_sim.ethereum.state.account import decode_account
from chain_sim.ethereum.trie.missing import MissingPreimage
from chain_sim.ethereum.trie.node_reader import DatabaseNodes
from chain_sim.ethereum.trie.trie import Trie, trie_root
from tests.helpers.chains import chain_with_history, numbered
from tests.helpers.histories import BLOCKS, EVERYTHING, history_of


def dump_of(chain: Blockchain) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "state.json")
        chain.export.dump(path)
        return path.read_bytes()


def loaded(dump: bytes) -> tuple[Blockchain, MemoryDatabase]:
    database = MemoryDatabase()
    load_into(database, io.BytesIO(dump))
    return Blockchain(database), database


def state_of(chain: Blockchain, database: MemoryDatabase) -> dict[bytes, object]:
    """All accounts and slots by hash, read from the tries."""
    nodes = DatabaseNodes(database)
    found: dict[bytes, object] = {}
    for digest, encoded in Trie(nodes, chain.head.header.state_root).items():
        account = decode_account(encoded, digest)
        found[digest] = (account, dict(Trie(nodes, account.storage_root).items()))
    return found


@given(BLOCKS)
@example(EVERYTHING)
@settings(max_examples=10, deadline=None)
def test_everything_that_a_dump_has_comes_back(
    blocks: Sequence[Sequence[tuple[str, int, int]]],
) -> None:
    chain = history_of(blocks).chain
    dump = dump_of(chain)
    copy, database = loaded(dump)
    assert copy.genesis == chain.genesis
    assert copy.head == chain.head
    assert state_of(copy, database) == state_of(chain, chain.database)
    for number in range(chain.head.header.number + 1):
        block = chain.block(number)
        assert copy.block(number) == block
        assert copy.reader.receipts(copy.block(number)) == chain.reader.receipts(block)
    assert dump_of(copy) == dump
    # Both continue in the same way.
    for one in (chain, copy):
        one.send(numbered(7), value=7)
    assert copy.head == chain.head


def test_a_loaded_database_is_whole_and_has_nothing_superfluous() -> None:
    chain = history_of(EVERYTHING).chain
    copy, database = loaded(dump_of(chain))
    assert list(whole_blocks(database)) == [copy.head.hash]
    assert [
        verdict.fault for verdict in BlockChecker(database).check(heads(database))
    ] == [None]
    before = dict(database.iterate(b""))
    collected = collect_garbage(database, 1)
    assert (collected.removed_blocks, collected.removed_entries) == (0, 0)
    after = dict(database.iterate(b""))
    assert {key for key in before if key not in after} == set()


def test_states_of_older_blocks_are_said_not_to_be_there() -> None:
    copy, _ = loaded(dump_of(chain_with_history(MemoryDatabase(), 3)))
    assert copy.state_at(3).get_balance(copy.accounts[1].address) == 10_000 * 10**18
    for number in range(3):
        with pytest.raises(BlockNotKept):
            copy.state_at(number)
        assert len(copy.reader.receipts(copy.block(number))) == min(number, 1)


def test_a_chain_that_was_pruned_keeps_what_it_has() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 6)
    collect_garbage(database, 2)
    dump = dump_of(chain)
    copy, _ = loaded(dump)
    assert dump_of(copy) == dump
    assert copy.block(3) == chain.block(3)
    with pytest.raises(BlockNotKept):
        copy.reader.receipts(copy.block(3))
    assert copy.reader.receipts(copy.block(5)) == chain.reader.receipts(chain.block(5))


def test_blocks_of_another_branch_are_not_in_the_dump() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 2)
    snapshot = chain.snapshot()
    chain.mine()
    chain.mine()
    chain.revert(snapshot)
    copy, _ = loaded(dump_of(chain))
    assert copy.head.header.number == 2
    chain.mine()
    copy.mine()
    assert dump_of(copy) == dump_of(chain)


def hash_of(key: str) -> bytes:
    return keccak256(bytes.fromhex(key.removeprefix("0x")))


def test_addresses_and_slots_stand_in_the_order_of_their_hashes() -> None:
    accounts = json.loads(dump_of(history_of(EVERYTHING).chain))["accounts"]
    assert len(accounts) > 15
    assert max(len(account["storage"]) for account in accounts.values()) > 2
    for keys_in_order in (accounts, *(one["storage"] for one in accounts.values())):
        assert list(keys_in_order) == sorted(keys_in_order, key=hash_of)


@pytest.mark.parametrize("order", [sorted, reversed, list], ids=["key", "back", "trie"])
@pytest.mark.parametrize("in_memory", [1, 3])
def test_batches_in_any_order_give_the_same_state(
    monkeypatch: pytest.MonkeyPatch,
    order: Callable[[Iterable[object]], Iterable[tuple[str, dict[str, Any]]]],
    in_memory: int,
) -> None:
    chain = history_of(EVERYTHING).chain
    dump = dump_of(chain)
    document = json.loads(dump)
    for account in document["accounts"].values():
        account["storage"] = dict(order(account["storage"].items()))
    document["accounts"] = dict(order(document["accounts"].items()))
    monkeypatch.setattr(pending, "ITEMS_IN_MEMORY", in_memory)
    monkeypatch.setattr(pending, "ITEMS_PER_UPDATE", 2)
    copy, database = loaded(json.dumps(document).encode())
    assert copy.head == chain.head
    assert state_of(copy, database) == state_of(chain, chain.database)
    assert dump_of(copy) == dump
    for prefix in (keys.LOADED_ACCOUNT, keys.LOADED_SLOT):
        assert list(database.iterate(prefix)) == []


@pytest.mark.parametrize("in_memory", [1, 2, 3, 10])
def test_a_key_that_comes_twice_is_found_wherever_the_first_one_waits(
    monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    monkeypatch.setattr(pending, "ITEMS_IN_MEMORY", in_memory)
    keys_in_order = [bytes([number]) * 32 for number in (5, 9, 1, 7)]
    for again in keys_in_order:
        entries = pending.PendingEntries(MemoryDatabase())
        builder = pending.TrieBuilder(entries, keys.LOADED_SLOT)
        assert all(builder.add(key, key) for key in keys_in_order)
        assert not builder.add(again, b"other")
        assert builder.count == 4
        assert builder.finish() == trie_root({key: key for key in keys_in_order})


def test_both_forms_are_loaded_into_a_directory(tmp_path: Path) -> None:
    chain = chain_with_history(MemoryDatabase(), 3)
    chain.export.dump(tmp_path / "plain.json")
    chain.export.dump(tmp_path / "text.hex", is_hex=True)
    chain.export.dump(tmp_path / "again.hex", is_hex=True)
    text = (tmp_path / "text.hex").read_bytes()
    assert text.startswith(b"0x1f8b")
    assert (tmp_path / "again.hex").read_bytes() == text
    (tmp_path / "quoted.hex").write_bytes(b' "' + text + b'"\n')
    (tmp_path / "raw.gz").write_bytes(bytes.fromhex(text[2:].decode()))
    for name in ("plain.json", "text.hex", "quoted.hex", "raw.gz"):
        report = load_chain(tmp_path / name, tmp_path / f"{name}.db")
        assert (report.source, report.blocks, report.transactions) == (
            "contractvm",
            4,
            3,
        )
        with Blockchain.open(tmp_path / f"{name}.db") as copy:
            assert copy.head == chain.head


def test_an_address_that_an_older_version_did_not_keep_is_named(tmp_path: Path) -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 2)
    lost = keys.preimage_key(keccak256(chain.accounts[3].address))
    database.write_batch({}, [lost])
    path = tmp_path / "state.json"
    path.write_text("kept")
    with pytest.raises(MissingPreimage) as caught:
        chain.export.dump(path)
    assert (caught.value.digest, caught.value.kind) == (lost[1:], "address")
    assert path.read_text() == "kept"
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]


def test_an_empty_state_is_dumped_and_loaded() -> None:
    database = MemoryDatabase()
    load_into(database, io.BytesIO(b'{"accounts":{}}'))
    chain = Blockchain(database)
    assert chain.head.header.state_root == EMPTY_TRIE_ROOT
    dump = dump_of(chain)
    copy, _ = loaded(dump)
    assert dump_of(copy) == dump
    assert copy.head == chain.head


def test_the_writer_writes_to_any_file() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 1)
    seen: list[str] = []
    writer = DumpWriter(
        database,
        chain.genesis,
        chain.head,
        lambda phase, done, total: seen.append(phase),
    )
    file = io.BytesIO()
    writer.write(file)
    assert file.getvalue() == dump_of(chain)
    assert set(seen) == {"accounts", "blocks"}
