"""Entries that wait to be written: read before and after they are."""

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.dumps import pending
from chain_sim.ethereum.dumps.pending import PendingEntries


def test_entries_are_written_once_they_fill_a_batch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pending, "BATCH_BYTES", 2 * 150 + 4)
    database = MemoryDatabase()
    entries = PendingEntries(database)
    entries.put(b"a", b"1")
    entries.put(b"b", b"2")
    assert list(database.iterate(b"")) == []
    assert b"a" in entries
    entries.put(b"c", b"")
    written = [(b"a", b"1"), (b"b", b"2"), (b"c", b"")]
    assert list(database.iterate(b"")) == written
    assert b"a" in entries
    assert b"d" not in entries
    entries.put(b"d", b"4")
    assert list(database.iterate(b"")) == written
