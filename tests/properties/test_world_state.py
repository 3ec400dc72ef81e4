"""The world state compared with a plain dict, under any operations."""

import tempfile
from copy import deepcopy

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.primitives.database_keys import CODE, NODE, preimage_key
from chain_sim.ethereum.primitives.text import (
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    keccak256,
)
from chain_sim.ethereum.state.reachability import code_hashes, reachable_nodes
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie import DatabaseNodes
from tests.helpers.state_model import (
    ZERO,
    Model,
    ModelAccount,
    check_equal,
    root_of,
)

POOL = [Address(bytes((byte,)) * 20) for byte in (0, 1, 3, 0xFF)]
SLOTS = [bytes(32), bytes(31) + b"\1", b"\xff" * 32, keccak256(b"slot")]
ONE = bytes(31) + b"\1"
ADDRESSES = st.sampled_from(POOL)
KEYS = st.sampled_from(SLOTS)
WORDS = st.sampled_from(
    (ZERO, bytes(31) + b"\1", bytes(31) + b"\x7f", bytes(31) + b"\x80", b"\xff" * 32)
)
AMOUNTS = st.sampled_from((0, 1, 127, 128, 10**18, 2**128))


class WorldStateMachine(RuleBasedStateMachine):
    """Each rule does one thing to both; the invariants compare them."""

    @initialize()
    def start(self) -> None:
        self.database = MemoryDatabase()
        self.state = WorldState(self.database)
        self.model: Model = {}
        self.touched: set[Address] = set()
        self.snapshots: list[tuple[int, Model, set[Address]]] = []
        self.committed: dict[Hash32, Model] = {EMPTY_TRIE_ROOT: {}}

    def written(self, address: Address) -> ModelAccount:
        self.touched.add(address)
        return self.model.setdefault(address, ModelAccount())

    @rule(address=ADDRESSES, nonce=st.integers(0, 300))
    def set_nonce(self, address: Address, nonce: int) -> None:
        self.state.set_nonce(address, nonce)
        self.written(address).nonce = nonce

    @rule(address=ADDRESSES)
    def increment_nonce(self, address: Address) -> None:
        self.state.increment_nonce(address)
        self.written(address).nonce += 1

    @rule(address=ADDRESSES, amount=AMOUNTS)
    def set_balance(self, address: Address, amount: int) -> None:
        self.state.set_balance(address, amount)
        self.written(address).balance = amount

    @rule(address=ADDRESSES, amount=AMOUNTS)
    def add_balance(self, address: Address, amount: int) -> None:
        self.state.add_balance(address, amount)
        self.touched.add(address)
        if amount:
            self.written(address).balance += amount

    @rule(address=ADDRESSES, data=st.data())
    def subtract_balance(self, address: Address, data: st.DataObject) -> None:
        balance = self.model.get(address, ModelAccount()).balance
        amount = data.draw(st.sampled_from((0, balance // 2, balance)))
        self.state.subtract_balance(address, amount)
        self.touched.add(address)
        if amount:
            self.written(address).balance -= amount

    @rule(address=ADDRESSES, code=st.sampled_from((b"", b"one", b"two" * 100)))
    def set_code(self, address: Address, code: bytes) -> None:
        self.state.set_code(address, code)
        self.written(address).code = code

    @rule(address=ADDRESSES, key=KEYS, value=WORDS)
    def set_storage(self, address: Address, key: bytes, value: bytes) -> None:
        old = self.model.get(address, ModelAccount()).storage.get(key, ZERO)
        self.state.set_storage(address, key, value)
        if value != old:
            self.written(address).storage[key] = value

    @rule(address=ADDRESSES)
    def clear_storage(self, address: Address) -> None:
        self.state.clear_storage(address)
        if address in self.model:
            self.model[address].storage.clear()

    @rule(address=ADDRESSES)
    def delete_account(self, address: Address) -> None:
        self.state.delete_account(address)
        self.model.pop(address, None)

    @rule(address=ADDRESSES)
    def touch(self, address: Address) -> None:
        self.state.touch(address)
        self.touched.add(address)

    @rule()
    def destroy_empty_touched(self) -> None:
        self.state.destroy_empty_touched()
        for address in self.touched:
            if self.model.get(address, ModelAccount()).is_empty:
                self.model.pop(address, None)

    @rule()
    def snapshot(self) -> None:
        content = deepcopy(self.model), set(self.touched)
        self.snapshots.append((self.state.snapshot(), *content))

    @precondition(lambda self: self.snapshots)
    @rule(data=st.data())
    def rollback(self, data: st.DataObject) -> None:
        index = data.draw(st.integers(0, len(self.snapshots) - 1))
        snapshot_id, self.model, self.touched = self.snapshots[index]
        del self.snapshots[index:]
        self.state.rollback(snapshot_id)

    @rule()
    def end_transaction(self) -> None:
        self.state.end_transaction()
        self.snapshots.clear()
        self.touched.clear()

    @rule(address=ADDRESSES, key=KEYS, value=WORDS, is_fork_kept=st.booleans())
    def fork(
        self, address: Address, key: bytes, value: bytes, is_fork_kept: bool
    ) -> None:
        self.commit(is_read_before_written=False)
        snapshot = self.state.snapshot()
        self.state.set_storage(address, key, ONE)
        self.state.increment_nonce(address)
        self.state.rollback(snapshot)
        fork = self.state.fork()
        kept, left = (fork, self.state) if is_fork_kept else (self.state, fork)
        left.delete_account(address)
        left.set_storage(address, key, value)
        left.set_code(address, b"left")
        left.commit()
        self.state = kept

    @rule()
    def compute_root(self) -> None:
        assert self.state.compute_root() == root_of(self.model)

    @rule(is_read_before_written=st.booleans())
    def commit(self, is_read_before_written: bool) -> None:
        known = dict(self.database.iterate(b""))
        root, puts = self.state.commit()
        assert root == root_of(self.model)
        if is_read_before_written:
            check_equal(self.state, self.model, POOL, SLOTS)
        self.database.write_batch(puts)
        self.snapshots.clear()
        self.touched.clear()
        self.committed[root] = deepcopy(self.model)
        self.check_database(root, known, puts)

    def check_database(
        self, root: Hash32, known: dict[bytes, bytes], puts: dict[bytes, bytes]
    ) -> None:
        """Every entry that the root needs exists, and every entry written is needed."""
        nodes = DatabaseNodes(self.database)
        needed = {
            NODE + node_hash: encoded
            for node_hash, encoded in reachable_nodes(nodes, root, lambda _: True)
        }
        for code_hash in code_hashes(nodes, root):
            code = self.database.get(CODE + code_hash)
            assert code is not None
            needed[CODE + code_hash] = code
        for address, account in self.model.items():
            slots = [key for key, value in account.storage.items() if value != ZERO]
            for preimage in (address, *slots):
                needed[preimage_key(keccak256(preimage))] = preimage
        assert needed.items() <= (known | puts).items()
        # A root computed on the way may have left a preimage that no state needs.
        for preimage in (*POOL, *SLOTS):
            needed[preimage_key(keccak256(preimage))] = preimage
        assert puts.items() <= needed.items()

    @rule()
    def reopen_after_commit(self) -> None:
        root, puts = self.state.commit()
        self.database.write_batch(puts)
        self.committed[root] = deepcopy(self.model)
        self.state = WorldState(self.database, root)
        self.end_transaction()

    @rule(data=st.data())
    def reopen_at_a_committed_root(self, data: st.DataObject) -> None:
        root = data.draw(st.sampled_from(sorted(self.committed)))
        self.model = deepcopy(self.committed[root])
        self.state = WorldState(self.database, root)
        self.end_transaction()

    @invariant()
    def reads_equal_the_model(self) -> None:
        check_equal(self.state, self.model, POOL, SLOTS)
        assert self.state.touched_addresses() == sorted(self.touched)

    def teardown(self) -> None:
        if not hasattr(self, "state"):
            return
        assert self.state.compute_root() == root_of(self.model)
        for root, model in self.committed.items():
            assert root == root_of(model)
            check_equal(WorldState(self.database, root), model, POOL, SLOTS)


class LazyWorldStateMachine(WorldStateMachine):
    """Without reads between the writes, so slots are not in memory yet."""

    @invariant()
    def reads_equal_the_model(self) -> None:
        assert self.state.touched_addresses() == sorted(self.touched)


class WorldStateInDirectoryMachine(LazyWorldStateMachine):
    """The same on LevelDB, which is closed and reopened in between."""

    @initialize()
    def start(self) -> None:
        super().start()
        self.folder = tempfile.TemporaryDirectory()
        self.database = self.opened()  # type: ignore[assignment]
        self.state = WorldState(self.database)

    def opened(self) -> LevelDatabase:
        path = self.folder.name
        return LevelDatabase(path, write_buffer_bytes=1 << 16)

    @rule()
    def close_and_open(self) -> None:
        root, puts = self.state.commit()
        self.database.write_batch(puts)
        self.committed[root] = deepcopy(self.model)
        self.database.close()
        self.database = self.opened()  # type: ignore[assignment]
        self.state = WorldState(self.database, root)
        self.end_transaction()

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "folder"):
            self.database.close()
            self.folder.cleanup()


SETTINGS = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestWorldState = WorldStateMachine.TestCase
TestWorldState.settings = SETTINGS
TestLazyWorldState = LazyWorldStateMachine.TestCase
TestLazyWorldState.settings = SETTINGS
TestWorldStateInDirectory = WorldStateInDirectoryMachine.TestCase
TestWorldStateInDirectory.settings = settings(
    max_examples=10, stateful_step_count=40, deadline=None
)
