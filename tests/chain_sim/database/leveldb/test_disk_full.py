"""Failing writes: nothing that was reported is lost, and nothing is kept in part."""

import subprocess
import sys
from pathlib import Path

import pytest

from chain_sim.database.errors import DatabaseWriteFailed
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.ancestry import whole_blocks
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.primitives.text import Address

STRANGER = Address(b"\x99" * 20)

# No file may grow beyond the limit, as on a full disk; then there is room again.
FILL_THE_DISK = """
import resource, signal, sys
from chain_sim.database.errors import DatabaseWriteFailed
from chain_sim.database.leveldb.level import LevelDatabase
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with LevelDatabase(sys.argv[1]) as database:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), -1))
    number = 0
    try:
        while True:
            value = b"%d" % number
            database.write_batch({b"n%d" % index: value * 99 for index in range(20)})
            number += 1
    except DatabaseWriteFailed as error:
        print(number, error.reason, flush=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
    try:
        database.write_batch({b"n0": b"later"})
    except DatabaseWriteFailed as error:
        print(error.reason, flush=True)
    print(database.get(b"n0") == b"%d" % (number - 1) * 99, flush=True)
"""


@pytest.mark.parametrize("limit", [9_000, 33_000, 50_001, 70_000])
def test_on_a_full_disk_what_was_written_stays_and_nothing_follows(
    tmp_path: Path, limit: int
) -> None:
    """LevelDB itself would continue, and could not read its own log afterwards."""
    result = subprocess.run(
        [sys.executable, "-c", FILL_THE_DISK, str(tmp_path), str(limit)],
        capture_output=True,
        text=True,
        check=True,
    )
    first, later, is_readable = result.stdout.splitlines()
    number, _, reason = first.partition(" ")
    assert "File too large" in reason
    assert later.startswith("an earlier one failed")
    assert later.endswith("open it again")
    assert is_readable == "True"
    with LevelDatabase(tmp_path) as database:
        values = {value for _, value in database.iterate(b"n")}
        assert values == {b"%d" % (int(number) - 1) * 99}
        database.write_batch({b"n0": b"room again"})


class FullDatabase(MemoryDatabase):
    """Refuses writes while it is full."""

    is_full = False

    def write_batch(self, puts, deletes=()):  # type: ignore[no-untyped-def]
        if self.is_full:
            raise DatabaseWriteFailed("memory", "no space left on device")
        super().write_batch(puts, deletes)


def test_a_block_that_cannot_be_written_is_no_block() -> None:
    database = FullDatabase()
    chain = Blockchain(database)
    chain.send(STRANGER, value=1)
    head = chain.head
    database.is_full = True
    before = dict(database.iterate(b""))
    with pytest.raises(DatabaseWriteFailed):
        chain.send(STRANGER, value=1)
    assert chain.head == head
    assert chain.balance(STRANGER) == 1
    assert dict(database.iterate(b"")) == before
    database.is_full = False
    chain.send(STRANGER, value=5)
    assert chain.balance(STRANGER) == 6
    verdicts = BlockChecker(database).check(whole_blocks(database))
    assert [verdict.fault for verdict in verdicts] == [None] * 3
