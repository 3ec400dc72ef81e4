"""A LevelDB directory with tables and a log, and damaged copies of it."""

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from google_crc32c import value as crc32c

from chain_sim.database.errors import DatabaseDamaged, DatabaseUnavailable
from chain_sim.database.leveldb.level import LevelDatabase

PREFIXES = (b"b", b"n", b"t")
DIARIES = {"LOCK", "LOG", "LOG.old"}


@dataclass(frozen=True)
class Sample:
    """The directory, and what is in it."""

    path: Path
    entries: dict[bytes, bytes]

    def files(self) -> list[Path]:
        """The files that are not empty."""
        return sorted(path for path in self.path.iterdir() if path.name not in DIARIES)

    def damaged(self, name: str, change: Callable[[bytes], bytes]) -> Path:
        """A copy with one file changed."""
        copy = self.path.with_name("damaged")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.path, copy)
        file = copy / name
        file.write_bytes(change(file.read_bytes()))
        return copy


def make_sample(path: Path) -> Sample:
    """Some tables and a log not yet made into one, with all three prefixes in each."""
    chance = random.Random(7)
    entries: dict[bytes, bytes] = {}
    with LevelDatabase(path, write_buffer_bytes=1 << 16) as database:
        for _ in range(45):
            batch = {
                chance.choice(PREFIXES) + chance.randbytes(6): chance.randbytes(80)
                for _ in range(40)
            }
            database.write_batch(batch)
            entries |= batch
        while len(list(path.glob("*.log"))) > 1:  # LevelDB still writes a table
            time.sleep(0.01)
    return Sample(path, entries)


def log_fragment(kind: int, payload: bytes) -> bytes:
    """One fragment of a record, as LevelDB's logs have them: 1 is a whole record."""
    content = bytes((kind,)) + payload
    crc = crc32c(content)
    masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
    return masked.to_bytes(4, "little") + len(payload).to_bytes(2, "little") + content


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def wrong_answers(path: Path, entries: dict[bytes, bytes]) -> list[str]:
    """Results that are neither right nor a refusal; none is allowed."""
    try:
        database = LevelDatabase(path, must_exist=True)
    except (DatabaseDamaged, DatabaseUnavailable):
        return []
    found = []
    with database:
        for prefix in PREFIXES:
            right = {k: v for k, v in entries.items() if k.startswith(prefix)}
            try:
                if dict(database.iterate(prefix)) != right:
                    found.append(f"iteration over {prefix!r}")
            except DatabaseDamaged:
                pass
        for key in sorted(entries)[::9]:
            try:
                if database.get(key) != entries[key]:
                    found.append(f"value under {key.hex()}")
            except DatabaseDamaged:
                pass
    return found


def is_refused(path: Path) -> bool:
    try:
        LevelDatabase(path, must_exist=True).close()
    except DatabaseDamaged:
        return True
    return False
