"""What is reported is on the disk: LevelDB is told to sync, and to check."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plyvel
import pytest

from chain_sim.database.leveldb import level
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from tests.helpers.ewasm import contract

STRANGER = Address(b"\x99" * 20)


class SpiedDatabase:
    """LevelDB's database; notes with which options it is opened, written and read."""

    opened: list[dict[str, Any]]
    batches: list[dict[str, Any]]
    reads: list[dict[str, Any]]

    def __init__(self, name: str, **options: Any) -> None:
        self.opened.append(options)
        self._db = plyvel.DB(name, **options)

    def write_batch(self, **options: Any) -> Any:
        self.batches.append(options)
        return self._db.write_batch(**options)

    def get(self, key: bytes, **options: Any) -> Any:
        self.reads.append(options)
        return self._db.get(key, **options)

    def iterator(self, *, prefix: bytes, **options: Any) -> Any:
        self.reads.append(options)
        return self._db.iterator(prefix=prefix, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> type[SpiedDatabase]:
    """Every database that is opened in this test."""

    class Module:
        DB = SpiedDatabase
        Error = plyvel.Error
        CorruptionError = plyvel.CorruptionError

    monkeypatch.setattr(level, "plyvel", Module)
    for name in ("opened", "batches", "reads"):
        monkeypatch.setattr(SpiedDatabase, name, [], raising=False)
    return SpiedDatabase


CHANGES: list[Callable[[Blockchain], object]] = [
    lambda chain: chain.deploy(contract("")),
    lambda chain: chain.send(STRANGER, value=1),
    lambda chain: chain.mine(),
    lambda chain: chain.mine_blocks(3),
    lambda chain: chain.snapshot(),
    lambda chain: chain.revert(chain.snapshot()),
    lambda chain: chain.branches.create("other"),
    lambda chain: chain.clock.advance(5),
]


def test_every_batch_is_synced(tmp_path: Path, spied: type[SpiedDatabase]) -> None:
    with Blockchain.open(tmp_path / "db") as chain:
        # The format, and block 0.
        assert spied.batches == [{"sync": True}] * 2
        for change in CHANGES:
            before = len(spied.batches)
            change(chain)
            assert len(spied.batches) > before
    assert spied.batches == [{"sync": True}] * len(spied.batches)


def test_a_migration_is_synced_too(tmp_path: Path, spied: type[SpiedDatabase]) -> None:
    with LevelDatabase(tmp_path) as database:
        database.write_batch({level.FORMAT_KEY: b"1"})
    spied.batches.clear()
    LevelDatabase(tmp_path).close()
    assert spied.batches == [{"sync": True}]


@pytest.mark.parametrize("read_only", [False, True])
def test_every_read_is_checked(
    tmp_path: Path, spied: type[SpiedDatabase], read_only: bool
) -> None:
    with Blockchain.open(tmp_path / "db") as chain:
        chain.send(STRANGER, value=1)
    spied.reads.clear()
    with Blockchain.open(tmp_path / "db", read_only=read_only) as chain:
        assert chain.balance(STRANGER) == 1
        list(chain.database.iterate(b""))
    assert spied.reads == [{"verify_checksums": True}] * len(spied.reads)
    assert len(spied.reads) > 5


@pytest.mark.parametrize("read_only", [False, True])
def test_damage_to_a_log_stops_the_opening(
    tmp_path: Path, spied: type[SpiedDatabase], read_only: bool
) -> None:
    LevelDatabase(tmp_path).close()
    LevelDatabase(tmp_path, read_only=read_only).close()
    assert [options["paranoid_checks"] for options in spied.opened] == [True] * 2
    assert [options["create_if_missing"] for options in spied.opened] == [True, False]
