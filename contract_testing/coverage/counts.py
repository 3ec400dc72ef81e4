"""Counts of instructions by code section, in memory and in files that add up."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from struct import Struct

from contractvm.errors import ContractVmError
from contractvm.ledger.debug_info import code_section

MAGIC = b"cvmcov\x00\x01"
HASH_BYTES = 32
PAIR = Struct("<IQ")
MAX_COUNT = (1 << 53) - 1
MODULE_FILE = "module.wasm"
SUFFIX = ".cov"


class MalformedCounts(ContractVmError):
    """A file of counts that cannot be read."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def section_hash(code: bytes) -> bytes:
    """The identity of code: builds with the same code section count together."""
    return sha256(code_section(code)).digest()


@dataclass(slots=True)
class Counts:
    """How often instructions ran, by offset in the code section's content.

    `module` is the build with debug information, or the code itself.
    """

    module: bytes
    by_offset: dict[int, int] = field(default_factory=dict)

    def add(self, counted: Mapping[int, int]) -> None:
        """Add counts; the order of additions does not matter."""
        for offset, count in counted.items():
            total = self.by_offset.get(offset, 0) + count
            self.by_offset[offset] = min(total, MAX_COUNT)


AllCounts = dict[bytes, Counts]


def write_counts(folder: Path, worker: str, counts: AllCounts) -> None:
    """Write each code section's counts into a folder of its own."""
    for digest, found in counts.items():
        place = folder / digest.hex()
        place.mkdir(parents=True, exist_ok=True)
        # Workers write the same module: a whole one at any time.
        begun = place / f"{worker}.{os.getpid()}.part"
        begun.write_bytes(found.module)
        begun.replace(place / MODULE_FILE)
        pairs = b"".join(PAIR.pack(*pair) for pair in sorted(found.by_offset.items()))
        (place / f"{worker}{SUFFIX}").write_bytes(MAGIC + digest + pairs)


def read_counts(folders: Iterable[Path]) -> tuple[AllCounts, list[MalformedCounts]]:
    """The counts of all workers added up, and the files that could not be read."""
    counts: AllCounts = {}
    faults: list[MalformedCounts] = []
    for folder in folders:
        for path in sorted(folder.glob(f"*/*{SUFFIX}")):
            try:
                digest, counted = read_file(path)
                known = counts.get(digest)
                if known is None:
                    module = (path.parent / MODULE_FILE).read_bytes()
                    known = counts[digest] = Counts(module)
                known.add(counted)
            except MalformedCounts as fault:
                faults.append(fault)
            except OSError as error:
                faults.append(MalformedCounts(path, error.strerror or "unreadable"))
    return counts, faults


def read_file(path: Path) -> tuple[bytes, dict[int, int]]:
    """The hash of the code section, and its counts; raises MalformedCounts."""
    content = path.read_bytes()
    head = len(MAGIC) + HASH_BYTES
    if not content.startswith(MAGIC) or len(content) < head:
        raise MalformedCounts(path, "no file of counts")
    digest, pairs = content[len(MAGIC) : head], content[head:]
    if digest.hex() != path.parent.name:
        raise MalformedCounts(path, "counts of other code than its folder's")
    if len(pairs) % PAIR.size:
        raise MalformedCounts(path, "it is cut short")
    return digest, dict(PAIR.iter_unpack(pairs))


def forget_counts(folder: Path) -> None:
    """Remove the counts of earlier runs."""
    for path in folder.glob(f"*/*{SUFFIX}"):
        path.unlink()
