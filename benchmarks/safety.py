"""The cost of the database's checks: `python -m benchmarks.safety`."""

import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import plyvel

from chain_sim.database.leveldb.commit_mark import CommitMark
from chain_sim.database.leveldb.file_check import check_files
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.primitives.text import keccak256

ENTRIES = 100_000
READS = 20_000


def microseconds(work: Callable[[], object], count: int) -> float:
    """The least of five runs, for one of `count`."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best / count * 1e6


def read_all(database: plyvel.DB, keys: list[bytes], verify: bool) -> None:
    for key in keys:
        database.get(key, verify_checksums=verify)


def main() -> None:
    chance = random.Random(0)
    values = [chance.randbytes(150) for _ in range(ENTRIES)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with LevelDatabase(path) as database:
            database.write_batch({b"n" + keccak256(value): value for value in values})
            database.compact()
        keys = [b"n" + keccak256(value) for value in chance.sample(values, READS)]
        for verify in (False, True):
            with plyvel.DB(str(path), paranoid_checks=True) as database:
                cost = microseconds(partial(read_all, database, keys, verify), READS)
            print(f"read a node, checksums {verify}: {cost:.2f} us")
        cost = microseconds(lambda: [keccak256(value) for value in values], ENTRIES)
        print(f"hash of a node: {cost:.2f} us")
        cost = microseconds(lambda: list(check_files(path)), 1)
        print(f"look at the files before opening: {cost:.0f} us")
        cost = microseconds(lambda: list(check_files(path, is_thorough=True)), 1)
        size = sum(file.stat().st_size for file in path.iterdir())
        print(f"check every block of {size} bytes: {cost:.0f} us")
        mark = CommitMark(path)
        cost = microseconds(lambda: [mark.write(number) for number in range(999)], 999)
        print(f"write the mark behind a batch: {cost:.2f} us")
        mark.close()


if __name__ == "__main__":
    main()
