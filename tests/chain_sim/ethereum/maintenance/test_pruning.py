"""Garbage collection: what stays, what goes, and what an interruption leaves."""

from collections import Counter
from collections.abc import Collection, Mapping

import pytest

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import HASH_WINDOW, whole_blocks
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance import pruning
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import (
    MIN_INTERVAL_BLOCKS,
    AutomaticPruning,
    Collected,
    collect_garbage,
    mark,
)
from chain_sim.ethereum.maintenance.statistics import measure
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    UnknownBlock,
    UnknownTransaction,
)
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.state import overlay
from contractvm.errors import InternalError
from tests.helpers.chains import chain_with_history, numbered


class Interrupted(Exception):
    """Stands in for a process that ends."""


class FailingDatabase(MemoryDatabase):
    """Accepts this many batches, and then no more."""

    batches_left = 1_000_000

    def write_batch(self, puts, deletes=()):  # type: ignore[no-untyped-def]
        if not self.batches_left:
            raise Interrupted
        self.batches_left -= 1
        super().write_batch(puts, deletes)


def numbers(database: MemoryDatabase) -> list[int]:
    store = BlockStore(database)
    blocks = [store.block(block_hash) for block_hash in whole_blocks(database)]
    return sorted(block.header.number for block in blocks if block is not None)


def faults(database: MemoryDatabase) -> list[object]:
    verdicts = BlockChecker(database).check(whole_blocks(database))
    return [verdict.fault for verdict in verdicts if verdict.fault is not None]


@pytest.mark.parametrize("keep", [1, 2, 7, 12, 13, 100])
def test_the_newest_blocks_stay_whole(keep: int) -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 12)
    balances = [chain.state_at(n).get_balance(numbered(2)) for n in range(13)]
    collected = collect_garbage(database, keep)
    oldest = max(13 - keep, 0)
    assert collected.kept_blocks == 13 - oldest
    assert collected.removed_blocks == oldest
    assert numbers(database) == list(range(oldest, 13))
    assert faults(database) == []
    for number in range(13):
        if number >= oldest:
            state = chain.state_at(number)
            assert state.get_balance(numbered(2)) == balances[number]
            continue
        with pytest.raises(BlockNotKept):
            chain.state_at(number)


def test_nothing_is_left_that_no_kept_block_reaches() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 12)
    collect_garbage(database, 3)
    kept = [chain.block(number).hash for number in (10, 11, 12)]
    needed = mark(database, kept)
    for prefix in (keys.NODE, keys.CODE):
        assert {key for key, _ in database.iterate(prefix)} == {
            key for key in needed if key.startswith(prefix)
        }
    assert len(list(database.iterate(keys.RECEIPTS))) == 3
    assert len(list(database.iterate(keys.TX_INDEX))) == 3
    assert collect_garbage(database, 3).removed_entries == 0


@pytest.mark.parametrize("keep", [1, 5, 12])
def test_what_is_removed_is_counted_with_its_keys(keep: int) -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 12)
    before = dict(database.iterate(b""))
    kept = [chain.block(number).hash for number in range(13 - keep, 13)]
    reached = mark(database, kept)
    collected = collect_garbage(database, keep)
    after = dict(database.iterate(b""))
    gone = {key: value for key, value in before.items() if key not in after}
    assert collected == Collected(
        kept_blocks=keep,
        kept_entries=len(reached),
        removed_blocks=13 - keep,
        removed_entries=len(gone),
        removed_bytes=sum(len(key) + len(value) for key, value in gone.items()),
    )
    assert len(gone) > 3


def test_a_pruned_block_has_no_transactions_and_receipts_any_more() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 6)
    block = chain.block(2)
    collect_garbage(database, 1)
    assert chain.block(2) == block
    with pytest.raises(BlockNotKept) as caught:
        chain.reader.receipts(block)
    assert str(caught.value) == "block number 2 is no longer kept: it was pruned"
    with pytest.raises(UnknownTransaction):
        chain.receipt(block.transactions[0].hash)
    with pytest.raises(UnknownBlock):
        chain.block(7)


def test_blocks_whose_hash_a_contract_can_ask_for_stay() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 1)
    for _ in range(HASH_WINDOW + 3):
        chain.mine()
    head = chain.head.header.number
    collect_garbage(database, 1)
    oldest = head - HASH_WINDOW
    assert chain.block(oldest).header.number == oldest
    with pytest.raises(BlockNotKept):
        chain.block(oldest - 1)


def test_the_chain_goes_on_as_if_nothing_had_been_removed() -> None:
    pruned, whole = MemoryDatabase(), MemoryDatabase()
    chain, twin = chain_with_history(pruned, 6), chain_with_history(whole, 6)
    collect_garbage(pruned, 1)
    for number in range(6):
        chain.send(numbered(number), value=5)
        twin.send(numbered(number), value=5)
    assert chain.head.hash == twin.head.hash
    assert faults(pruned) == []


def test_a_snapshot_keeps_its_block_on_any_branch() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 5)
    before = chain.snapshot()
    chain.send(numbered(1), value=7)
    chain.send(numbered(1), value=7)
    other = chain.snapshot()
    abandoned = chain.head
    chain.revert(before)
    for _ in range(4):
        chain.mine()
    main = chain.snapshot()
    collect_garbage(database, 2)
    assert faults(database) == []
    assert numbers(database) == [5, 7, 8, 9]
    assert chain.revert(other) == abandoned
    assert chain.block(6).hash == abandoned.header.parent_hash
    assert chain.balance(numbered(1)) == 14
    assert chain.revert(main).header.number == 9
    assert chain.block(6).hash != abandoned.header.parent_hash


def test_a_revert_to_a_branch_without_its_past_forgets_the_other_past() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 1)
    start = chain.snapshot()
    for _ in range(HASH_WINDOW + 20):
        chain.mine()
    first = chain.snapshot()
    tip = chain.head
    chain.revert(start)
    for _ in range(HASH_WINDOW + 30):
        chain.send(numbered(0), value=1)
    collect_garbage(database, 1)
    assert chain.revert(first) == tip
    oldest = tip.header.number - HASH_WINDOW
    assert chain.block(oldest).header.number == oldest
    with pytest.raises(BlockNotKept):
        chain.block(oldest - 1)


def test_interrupted_at_any_batch_it_leaves_kept_blocks_whole_and_goes_on() -> None:
    reference = MemoryDatabase()
    chain_with_history(reference, 10)
    collect_garbage(reference, 2)
    interruptions = 0
    for batches in range(100):
        database = FailingDatabase()
        chain_with_history(database, 10)
        database.batches_left = batches
        try:
            collect_garbage(database, 2)
        except Interrupted:
            interruptions += 1
        else:
            break
        database.batches_left = 1_000_000
        assert faults(database) == []
        assert set(numbers(database)) >= {9, 10}
        is_begun = batches > 0
        assert measure(database).unfinished_keep == (2 if is_begun else None)
        collect_garbage(database, 2)
        assert dict(database.iterate(b"")) == dict(reference.iterate(b""))
        assert measure(database).unfinished_keep is None
    assert interruptions >= 4


class CountedDeletes(MemoryDatabase):
    """Remembers how many entries of each kind each batch deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.deleted: list[Counter[bytes]] = []

    def write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        self.deleted.append(Counter(key[:1] for key in deletes))
        super().write_batch(puts, deletes)


def test_much_is_removed_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, piecewise = CountedDeletes(), CountedDeletes()
    for database, blocks, entries in ((at_once, 500, 5_000), (piecewise, 3, 4)):
        chain_with_history(database, 10)
        database.deleted.clear()
        monkeypatch.setattr(pruning, "BLOCKS_PER_BATCH", blocks)
        monkeypatch.setattr(pruning, "KEYS_PER_BATCH", entries)
        collect_garbage(database, 2)
    assert dict(piecewise.iterate(b"")) == dict(at_once.iterate(b""))

    def sizes(database: CountedDeletes, kind: bytes) -> list[int]:
        return [batch[kind] for batch in database.deleted if batch[kind]]

    assert (sizes(at_once, keys.RECEIPTS), sizes(at_once, keys.NODE)) == ([9], [29])
    assert sizes(piecewise, keys.RECEIPTS) == [3, 3, 3]
    # Of each four nodes, those that no kept state has.
    assert sizes(piecewise, keys.NODE) == [1, 2, 2, 3, 3, 2, 4, 3, 4, 4, 1]


def test_nothing_is_removed_where_a_kept_block_is_damaged() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 6)
    database.write_batch({}, [keys.NODE + chain.head.header.state_root])
    before = dict(database.iterate(b""))
    with pytest.raises(DatabaseDamaged):
        collect_garbage(database, 2)
    assert dict(database.iterate(b"")) == before


def test_nothing_is_removed_where_a_kept_block_is_missing() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 6)
    parent = chain.head.header.parent_hash
    database.write_batch({}, [keys.BLOCK + parent])
    with pytest.raises(DatabaseDamaged) as caught:
        collect_garbage(database, 3)
    assert caught.value.key == keys.BLOCK + Hash32(parent)


@pytest.mark.parametrize("keep", [0, -1])
def test_at_least_one_block_is_kept(keep: int) -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 2)
    with pytest.raises(TypeError, match="must be an int of at least 1"):
        chain.prune(keep)
    with pytest.raises(InternalError):
        collect_garbage(database, keep)
    assert numbers(database) == [0, 1, 2]


def test_records_that_hold_nothing_and_others_live_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Half of the chain as older versions wrote it, with each node by itself."""
    database, alike = MemoryDatabase(), MemoryDatabase()
    monkeypatch.setattr(overlay, "HELD_BYTES", 0)
    chain_with_history(database, 8)
    monkeypatch.undo()
    chain_with_history(alike, 8)
    counts = [len(list(each.iterate(keys.NODE))) for each in (database, alike)]
    assert counts[0] > counts[1]
    chain = chain_with_history(database, 16)
    other = chain_with_history(alike, 16)
    assert chain.head.hash == other.head.hash
    assert faults(database) == []
    for keep in (12, 9, 5, 1):
        collect_garbage(database, keep)
        assert numbers(database) == list(range(17 - keep, 17))
        assert faults(database) == []
        nodes = {key for key, _ in database.iterate(keys.NODE)}
        needed = mark(database, whole_blocks(database))
        assert nodes == {key for key in needed if key.startswith(keys.NODE)}
    newest = Blockchain(database).state_at(16)
    for number in range(16):
        address = numbered(number)
        assert newest.get_balance(address) == other.state_at(16).get_balance(address)


def test_a_chain_reads_on_after_it_has_collected() -> None:
    """Also entries cached before, under roots that it returns to."""
    database = MemoryDatabase()
    chain = chain_with_history(database, 4)
    snapshot = chain.snapshot()
    kept = chain.head.header.number
    balances = [chain.state_at().get_balance(numbered(n)) for n in range(6)]
    chain.prune(1)
    for number in range(MIN_INTERVAL_BLOCKS - kept):
        chain.send(numbered(number), value=1)
        chain.state_at().get_balance(numbered(number))
    assert numbers(database) == [kept, chain.head.header.number]
    chain.revert(snapshot)
    state = chain.state_at()
    assert [state.get_balance(numbered(n)) for n in range(6)] == balances
    chain.send(numbered(1), value=1)
    assert chain.state_at().get_balance(numbered(1)) == balances[1] + 1
    assert faults(database) == []


def test_automatic_pruning_collects_when_it_is_due() -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 1)
    chain.prune(5)
    for number in range(2, MIN_INTERVAL_BLOCKS):
        chain.mine()
        assert len(numbers(database)) == number + 1
    chain.mine()
    assert numbers(database) == list(range(60, 65))
    chain = Blockchain(database)  # as after opening again
    chain.prune(5)
    for _ in range(MIN_INTERVAL_BLOCKS - 1):
        chain.mine()
    assert len(numbers(database)) == 5 + MIN_INTERVAL_BLOCKS - 1
    chain.mine()
    assert numbers(database) == list(range(124, 129))
    assert faults(database) == []


def test_with_many_to_keep_at_most_twice_as_many_are_there() -> None:
    database = MemoryDatabase()
    chain_with_history(database, 1)
    pruning = AutomaticPruning(database, 100)
    assert pruning.after_blocks(98) is None
    assert pruning.after_blocks() is not None
    assert pruning.after_blocks(99) is None


def test_nothing_is_removed_where_the_block_of_the_tip_is_missing() -> None:
    """The head, another branch's newest block, and a snapshot's: each is a tip."""
    for tip in ("head", "branch", "snapshot"):
        database = MemoryDatabase()
        chain = chain_with_history(database, 6)
        lost = chain.head.hash
        if tip != "head":
            number = chain.snapshot()
            if tip == "branch":
                chain.branches.create("other")
            chain.send(numbered(1), value=1)
            assert number == 1
        database.write_batch({}, [keys.BLOCK + lost])
        before = dict(database.iterate(b""))
        with pytest.raises(DatabaseDamaged) as caught:
            collect_garbage(database, 1)
        assert caught.value.key == keys.BLOCK + lost
        assert dict(database.iterate(b"")) == before


@pytest.mark.parametrize("keep", [1, 3])
def test_receipts_and_outcomes_go_with_their_blocks(keep: int) -> None:
    database = MemoryDatabase()
    chain = chain_with_history(database, 9)
    kept = {chain.block(number).hash for number in range(10 - keep, 10)}
    collect_garbage(database, keep)
    for kind in (keys.RECEIPTS, keys.OUTCOMES):
        assert {key[len(kind) :] for key, _ in database.iterate(kind)} == kept


def test_everything_that_names_an_abandoned_block_goes_with_it() -> None:
    """A block of no branch, after whose number the chain has another one."""
    database = MemoryDatabase()
    chain = chain_with_history(database, 3)
    start = chain.snapshot()
    receipt = chain.send(numbered(5), value=5)
    gone = chain.head.hash
    chain.revert(start)
    for _ in range(HASH_WINDOW + 2):
        chain.mine()
    assert gone in b"".join(key for key, _ in database.iterate(b""))
    collect_garbage(database, 1)
    assert [key for key, _ in database.iterate(b"") if gone in key] == []
    assert [value for _, value in database.iterate(b"") if gone in value] == []
    with pytest.raises(UnknownTransaction):
        chain.receipt(receipt.transaction_hash)
