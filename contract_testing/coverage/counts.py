"""Counts of instructions by code section, in memory and in files that add up."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import Any, TypeVar

from contractvm.errors import ContractVmError
from contractvm.ledger.debug_info import code_section

MAGIC = b"cvmcov\x00\x01"
BRANCH_MAGIC = b"cvmbra\x00\x01"
HASH_BYTES = 32
PAIR = Struct("<IQ")
TRIPLE = Struct("<IIQ")
MAX_COUNT = (1 << 53) - 1
MODULE_FILE = "module.wasm"
SUFFIX = ".cov"
BRANCH_SUFFIX = ".branches"

# Where counts are kept, below a project's root.
COVERAGE_FOLDER = ".contractvm/coverage"

# The offset of a branch in the code section's content, and which of its edges.
Edge = tuple[int, int]


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

    `module` is the build with debug information, or the code itself. `by_edge` is how
    often edges of branches were passed.
    """

    module: bytes
    by_offset: dict[int, int] = field(default_factory=dict)
    by_edge: dict[Edge, int] = field(default_factory=dict)

    def add(self, counted: Mapping[int, int]) -> None:
        """Add counts; the order of additions does not matter."""
        _add(self.by_offset, counted)

    def add_edges(self, counted: Mapping[Edge, int]) -> None:
        """Add counts of edges."""
        _add(self.by_edge, counted)


Key = TypeVar("Key")


def _add(counts: dict[Key, int], counted: Mapping[Key, int]) -> None:
    for key, count in counted.items():
        counts[key] = min(counts.get(key, 0) + count, MAX_COUNT)


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
        triples = b"".join(
            TRIPLE.pack(*edge, count) for edge, count in sorted(found.by_edge.items())
        )
        (place / f"{worker}{BRANCH_SUFFIX}").write_bytes(
            BRANCH_MAGIC + digest + triples
        )


def read_counts(folders: Iterable[Path]) -> tuple[AllCounts, list[MalformedCounts]]:
    """The counts of all workers added up, and the files that could not be read."""
    counts: AllCounts = {}
    faults: list[MalformedCounts] = []
    for folder in folders:
        for path in sorted(folder.glob(f"*/*{SUFFIX}")):
            try:
                digest, pairs = read_file(path, MAGIC, PAIR)
                known = counts.get(digest)
                if known is None:
                    module = (path.parent / MODULE_FILE).read_bytes()
                    known = counts[digest] = Counts(module)
                known.add(dict(pairs))
                beside = path.with_suffix(BRANCH_SUFFIX)
                if beside.is_file():
                    _, triples = read_file(beside, BRANCH_MAGIC, TRIPLE)
                    known.add_edges(
                        {(offset, edge): count for offset, edge, count in triples}
                    )
            except MalformedCounts as fault:
                faults.append(fault)
            except OSError as error:
                faults.append(MalformedCounts(path, error.strerror or "unreadable"))
    return counts, faults


def read_file(path: Path, magic: bytes, row: Struct) -> tuple[bytes, list[Any]]:
    """The hash of the code section, and the rows; raises MalformedCounts."""
    content = path.read_bytes()
    head = len(magic) + HASH_BYTES
    if not content.startswith(magic) or len(content) < head:
        raise MalformedCounts(path, "no file of counts")
    digest, rows = content[len(magic) : head], content[head:]
    if digest.hex() != path.parent.name:
        raise MalformedCounts(path, "counts of other code than its folder's")
    if len(rows) % row.size:
        raise MalformedCounts(path, "it is cut short")
    return digest, list(row.iter_unpack(rows))


def forget_counts(folder: Path) -> None:
    """Remove the counts of earlier runs."""
    for suffix in (SUFFIX, BRANCH_SUFFIX):
        for path in folder.glob(f"*/*{suffix}"):
            path.unlink()
