"""What long work says of itself: each phase, in steps that only go up."""

import io

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.dumps import account_loading, dump, history_loading
from chain_sim.ethereum.dumps.load import load_into
from chain_sim.ethereum.maintenance import block_check, pruning, statistics
from tests.chain_sim.ethereum.dumps.test_round_trip import dump_of
from tests.helpers.chains import chain_with_history

Step = tuple[str, int, int | None]


class Steps:
    """A Progress that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Step] = []

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        self.told.append((phase, done, total))

    def of(self, phase: str) -> list[int]:
        """How much was done, each time that the phase was told."""
        return [done for told, done, _ in self.told if told == phase]

    @property
    def phases(self) -> list[str]:
        return [*dict.fromkeys(phase for phase, _, _ in self.told)]


@pytest.fixture
def database() -> MemoryDatabase:
    database = MemoryDatabase()
    chain_with_history(database, 6)
    return database


def count(database: MemoryDatabase, *kinds: bytes) -> int:
    return sum(1 for kind in kinds for _ in database.iterate(kind))


def test_pruning_tells_its_three_phases(
    database: MemoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "STEPS_PER_REPORT", 1)
    monkeypatch.setattr(pruning, "BLOCKS_PER_BATCH", 2)
    monkeypatch.setattr(pruning, "KEYS_PER_BATCH", 3)
    keys = pruning.keys
    kinds = (keys.NODE, keys.CODE, keys.PREIMAGE)
    sizes = [count(database, kind) for kind in kinds]
    steps = Steps()
    collected = pruning.collect_garbage(database, 2, steps)
    assert steps.phases == ["marking", "removing blocks", "sweeping"]
    marked = steps.of("marking")
    assert marked == sorted(marked)
    assert len(marked) > 3
    removed = steps.of("removing blocks")
    assert (removed[-1], len(removed)) == (collected.removed_blocks, 3)
    swept = []
    for size in sizes:
        before = swept[-1] if swept else 0
        swept += [before + min(done, size) for done in range(3, size + 3, 3)]
    assert steps.of("sweeping") == swept
    assert swept[-1] == sum(sizes)


def test_statistics_tell_what_they_read(
    database: MemoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statistics, "ENTRIES_PER_REPORT", 10)
    steps = Steps()
    statistics.measure(database, steps)
    total = count(database, b"")
    assert steps.told == [("reading", done, None) for done in range(0, total, 10)]


def test_a_check_tells_what_it_read(
    database: MemoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(block_check, "STEPS_PER_REPORT", 5)
    steps = Steps()
    checker = block_check.BlockChecker(database, steps)
    assert all(
        verdict.fault is None for verdict in checker.check(whole_blocks(database))
    )
    most = checker.entry_count
    assert steps.of("nodes and code") == [*range(5, most + 1, 5)]


def test_dumps_tell_what_they_write_and_read(
    database: MemoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (dump, account_loading, history_loading):
        monkeypatch.setattr(module, "STEPS_PER_REPORT", 2)
    chain = chain_with_history(MemoryDatabase(), 6)
    content = dump_of(chain)
    steps = Steps()
    load_into(MemoryDatabase(), io.BytesIO(content), progress=steps)
    accounts = steps.of("accounts")
    assert accounts == [*range(2, 2 * len(accounts) + 1, 2)]
    assert len(accounts) >= 5
    assert steps.of("blocks") == [2, 4, 6]
    assert steps.of("transactions")
