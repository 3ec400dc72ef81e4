"""Branches, snapshots and the clock against plain dicts and lists.

The model of a chain is a list of (time, balance of one account), one for each block; a
branch is a name for such a list, a snapshot a number for one.
"""

import tempfile
from itertools import islice

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives.database_keys import PRUNED
from chain_sim.ethereum.primitives.errors import BlockNotKept
from tests.helpers.stored_values import GENESIS, STRANGER

NAMES = ["main", "left", "right", "deep/er"]
Blocks = tuple[tuple[int, int], ...]


class ChainHistoryMachine(RuleBasedStateMachine):
    """Each rule does one thing to both; the invariants compare them."""

    @initialize()
    def start(self) -> None:
        self.database: KeyValueStore = self.opened()
        self.chain = Blockchain(self.database, GENESIS)
        self.blocks: Blocks = ((GENESIS.timestamp, 0),)
        self.others: dict[str, Blocks] = {}
        self.current = "main"
        # With the time that was set for the next block.
        self.snapshots: dict[int, tuple[Blocks, int | None]] = {}
        self.set_for_next: int | None = None
        self.has_collected = False
        # What was seen under each hash: equal blocks are the same block.
        self.seen: dict[bytes, Blocks] = {}

    def opened(self) -> KeyValueStore:
        return MemoryDatabase()

    def grow(self, balance_change: int, interval: int = 1) -> None:
        last_time, balance = self.blocks[-1]
        time = last_time + interval
        if self.set_for_next is not None:
            time, self.set_for_next = self.set_for_next, None
        self.blocks = (*self.blocks, (time, balance + balance_change))

    @rule(value=st.integers(1, 3))
    def send(self, value: int) -> None:
        receipt = self.chain.send(STRANGER, value=value)
        self.grow(value)
        assert receipt.block_number == len(self.blocks) - 1
        assert self.chain.receipt(receipt.transaction_hash) == receipt

    @rule(count=st.integers(1, 5), interval=st.integers(1, 20))
    def mine(self, count: int, interval: int) -> None:
        self.chain.mine_blocks(count, interval=interval)
        for _ in range(count):
            self.grow(0, interval)

    @rule(seconds=st.integers(0, 100))
    def increase_time(self, seconds: int) -> None:
        following = self.set_for_next or self.blocks[-1][0] + 1
        self.set_for_next = self.chain.clock.advance(seconds)
        assert self.set_for_next == following + seconds

    @rule()
    def snapshot(self) -> None:
        self.snapshots[self.chain.snapshot()] = self.blocks, self.set_for_next
        assert list(self.snapshots) == list(range(1, len(self.snapshots) + 1))

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def revert(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(list(self.snapshots)))
        self.chain.revert(number)
        self.blocks, self.set_for_next = self.snapshots[number]

    @rule(data=st.data())
    def create_branch(self, data: st.DataObject) -> None:
        free = [name for name in NAMES if name not in (self.current, *self.others)]
        if not free:
            return
        name = data.draw(st.sampled_from(free))
        number = data.draw(st.integers(0, len(self.blocks) - 1))
        if self.is_gone(number):
            with pytest.raises(BlockNotKept):
                self.chain.branches.create(name, number)
            return
        self.chain.branches.create(name, number)
        self.others[name] = self.blocks[: number + 1]

    def is_gone(self, number: int) -> bool:
        """Whether the state of a block of the chain was removed."""
        block_hash = self.chain.block(number).hash
        return self.database.get(PRUNED + block_hash) is not None

    @rule(keep=st.integers(1, 4))
    def collect_garbage(self, keep: int) -> None:
        """The newest blocks of each branch stay whole, and those of snapshots."""
        branches = {**self.others, self.current: self.blocks}
        kept = {
            block.hash: balance
            for name, blocks in branches.items()
            for block, (_, balance) in zip(
                islice(self.chain.history.blocks(name), keep),
                blocks[::-1],
                strict=False,
            )
            if self.database.get(PRUNED + block.hash) is None
        }
        collect_garbage(self.database, keep)
        self.has_collected = True
        for block_hash, balance in kept.items():
            state = self.chain.state_at(block_hash)
            assert state.get_balance(STRANGER) == balance
        for number, (blocks, _) in self.snapshots.items():
            at_snapshot = self.chain.branches.snapshot_block(number).hash
            state = self.chain.state_at(at_snapshot)
            assert state.get_balance(STRANGER) == blocks[-1][1]

    @precondition(lambda self: self.others)
    @rule(data=st.data())
    def switch_branch(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.others)))
        self.chain.branches.switch(name)
        self.others[self.current] = self.blocks
        self.blocks = self.others.pop(name)
        self.current, self.set_for_next = name, None

    @precondition(lambda self: self.others)
    @rule(data=st.data())
    def delete_branch(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.others)))
        self.chain.branches.delete(name)
        del self.others[name]

    @rule()
    def open_again(self) -> None:
        self.chain = Blockchain(self.database)

    @invariant()
    def head_and_branches_are_the_models(self) -> None:
        chain = self.chain
        found = {branch.name: branch for branch in chain.branches.all()}
        expected = {**self.others, self.current: self.blocks}
        assert chain.branches.current == self.current
        assert list(found) == sorted(expected)
        for name, blocks in expected.items():
            tip = found[name].tip
            assert tip.header.number == len(blocks) - 1
            assert tip.header.timestamp == blocks[-1][0]
            assert chain.state_at(name).get_balance(STRANGER) == blocks[-1][1]
            assert self.seen.setdefault(tip.hash, blocks) == blocks
        assert chain.head == found[self.current].tip
        following = self.set_for_next or self.blocks[-1][0] + 1
        assert chain.clock.next_time == following

    @invariant()
    def each_block_of_the_chain_is_the_models(self) -> None:
        numbered = [self.chain.block(n) for n in range(len(self.blocks))]
        assert numbered == list(self.chain.history.blocks())[::-1]
        assert [block.header.timestamp for block in numbered] == [
            time for time, _ in self.blocks
        ]
        middle = len(self.blocks) // 2
        if self.is_gone(middle):
            assert self.has_collected
            return
        state = self.chain.state_at(middle)
        assert state.get_balance(STRANGER) == self.blocks[middle][1]

    def teardown(self) -> None:
        if hasattr(self, "chain"):
            verdicts = BlockChecker(self.database).check(whole_blocks(self.database))
            assert [one.fault for one in verdicts if one.fault is not None] == []


class ChainHistoryInDirectoryMachine(ChainHistoryMachine):
    """The same on LevelDB, which is closed and reopened in between."""

    def opened(self) -> KeyValueStore:
        self.folder = getattr(self, "folder", None) or tempfile.TemporaryDirectory()
        return LevelDatabase(self.folder.name, write_buffer_bytes=1 << 16)

    @rule()
    def open_again(self) -> None:
        self.database.close()
        self.database = self.opened()
        self.chain = Blockchain(self.database)

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "folder"):
            self.database.close()
            self.folder.cleanup()


TestChainHistory = ChainHistoryMachine.TestCase
TestChainHistory.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None
)
TestChainHistoryInDirectory = ChainHistoryInDirectoryMachine.TestCase
TestChainHistoryInDirectory.settings = settings(
    max_examples=6, stateful_step_count=25, deadline=None
)
