"""Threads on one database: they take turns, and closing waits for those using it."""

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from chain_sim.database.errors import DatabaseClosed
from chain_sim.database.leveldb import level
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.meta_keys import BATCH_COUNT_KEY
from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.chain.blockchain import Blockchain
from tests.helpers.threads import in_threads, switching_often

ENTRIES = {b"k%05d" % number: bytes([number & 0xFF]) * 500 for number in range(2_000)}


def filled(path: Path) -> LevelDatabase:
    database = LevelDatabase(path)
    database.write_batch(ENTRIES)
    database.compact()
    return database


def gets(database: LevelDatabase) -> int:
    """The number of entries that differ from what was written."""
    return sum(database.get(key) != value for key, value in ENTRIES.items())


def walks(database: LevelDatabase) -> int:
    return sum(1 for _ in database.iterate(b"k"))


def forever(work: Callable[[LevelDatabase], int], database: LevelDatabase) -> None:
    while True:
        work(database)


@pytest.mark.parametrize("work", [gets, walks])
def test_closing_ends_what_other_threads_do_there(
    work: Callable[[LevelDatabase], int], tmp_path: Path
) -> None:
    path = tmp_path / "db"
    filled(path).close()
    for _ in range(20):
        database = LevelDatabase(path)
        outcomes = in_threads(
            [lambda: forever(work, database)] * 2 + [database.close]  # noqa: B023
        )
        assert [type(outcome) for outcome in outcomes[:2]] == [DatabaseClosed] * 2


def test_compacting_opens_anew_while_other_threads_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(level, "MAX_GROWN_BYTES", 0)
    database = filled(tmp_path / "db")
    done = Event()

    def compact() -> None:
        for _ in range(30):
            database.compact()
        done.set()

    def read() -> int:
        wrong = 0
        while not done.is_set():
            wrong += gets(database)
        return wrong

    assert in_threads([read, read, compact]) == [0, 0, None]
    database.close()


def test_batches_of_many_threads_are_all_counted(tmp_path: Path) -> None:
    database = LevelDatabase(tmp_path / "db")
    before = int.from_bytes(database.get(BATCH_COUNT_KEY) or b"", "big")

    def write() -> None:
        for number in range(25):
            database.write_batch({b"%d" % number: b"value"})

    with switching_often():
        in_threads([write] * 4)
    database.close()
    with LevelDatabase(tmp_path / "db") as database:
        after = int.from_bytes(database.get(BATCH_COUNT_KEY) or b"", "big")
    assert after - before == 100


def test_a_chain_is_read_while_another_thread_makes_blocks(tmp_path: Path) -> None:
    sender = DEVELOPER_ACCOUNTS[0].address
    with LevelDatabase(tmp_path / "db") as database:
        chain = Blockchain(database)
        balance = chain.balance(sender)
        done = Event()

        def mine() -> None:
            for _ in range(40):
                chain.mine([])
                database.compact()
            done.set()

        def read() -> set[int]:
            found = set()
            while not done.is_set():
                found.add(chain.balance(sender))
                found |= {block.header.gas_used for block in chain.history.blocks()}
            return found

        results = in_threads([mine, read, read])
        assert results == [None, {balance, 0}, {balance, 0}]
        assert chain.head.header.number == 40
