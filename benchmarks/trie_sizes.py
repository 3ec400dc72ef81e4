"""The trie's cost against its size: python -m benchmarks.trie_sizes

For each size a LevelDB directory is filled with that many random 32-byte keys, with
values of 32 bytes, in the order of the keys and in batches of some 20,000, so that
hardly a node is written twice and memory stays bounded. Then, on the database just
opened again, in rounds: values of 1,000 random keys, proofs of 1,000 keys, and an
update of 1,000 random keys, committed in one synced batch. Each figure is the median of
the rounds, in this thread's processor time: what others take of the machine isn't
counted, and LevelDB's compaction runs in a thread beside it. For the update the time
that passes is measured too, as it waits for the disk. Each size runs in a process of
its own, so that its peak of memory is its own.

    --sizes 1000,10000   others than 10^3 to 10^7
    --out FILE           table, figures and plot: FILE.md, FILE.json, FILE.png, FILE.svg
    --from FILE          draw and print figures measured before, from a .json
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from benchmarks.size_plot import Figures, draw, table
from chain_sim.database.keys import node_key
from chain_sim.database.level import LevelDatabase
from chain_sim.primitives import EMPTY_TRIE_ROOT, Hash32
from chain_sim.trie import DatabaseNodes, NodeCache, Trie
from chain_sim.trie.proofs import prove

SIZES = tuple(10**power for power in range(3, 8))
BATCH_KEYS = 20_000
SAMPLE = 1_000
ROUNDS = 7
WARM_UP_ROUNDS = 3
KNOWN_KEYS = 50_000
KEY_BYTES = 32


class StoredTrie:
    """A trie in a database, each change committed before the next."""

    def __init__(self, path: Path, root: Hash32 = EMPTY_TRIE_ROOT) -> None:
        self.database = LevelDatabase(path)
        self.nodes = DatabaseNodes(self.database)
        self.cache = NodeCache()
        self.root = root

    @property
    def trie(self) -> Trie:
        return Trie(self.nodes, self.root, self.cache)

    def commit(self, changes: dict[bytes, bytes]) -> None:
        self.root, nodes = self.trie.updated(changes)
        self.database.write_batch(
            {node_key(node_hash): encoded for node_hash, encoded in nodes.items()}
        )


def key_batches(size: int, generator: random.Random) -> Iterator[list[bytes]]:
    """Random keys in batches, each of which has a range of its own, ascending."""
    count = max(1, size // BATCH_KEYS)
    width = 2 ** (8 * KEY_BYTES) // count
    for index in range(count):
        keys = (size * (index + 1)) // count - (size * index) // count
        yield [
            (index * width + generator.randrange(width)).to_bytes(KEY_BYTES)
            for _ in range(keys)
        ]


def load(path: Path, size: int) -> tuple[Hash32, list[bytes]]:
    """Fill the database; the root, and keys of it to work with later."""
    generator = random.Random(size)
    stored = StoredTrie(path)
    known: list[bytes] = []
    batch_count = max(1, size // BATCH_KEYS)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("keys", total=size)
        for keys in key_batches(size, generator):
            stored.commit({key: generator.randbytes(32) for key in keys})
            known += generator.sample(keys, min(len(keys), KNOWN_KEYS // batch_count))
            progress.advance(task, len(keys))
    stored.database.close()
    return stored.root, known


def measure(path: Path, size: int) -> Figures:
    """One size, in this process."""
    start = time.perf_counter()
    root, known = load(path, size)
    figures: Figures = {
        "size": size,
        "load_seconds": time.perf_counter() - start,
        "load_peak_megabytes": peak_megabytes(),
    }
    stored = StoredTrie(path, root)
    generator = random.Random(0)
    rounds: dict[str, list[float]] = {}
    for index in range(WARM_UP_ROUNDS + ROUNDS):
        keys = generator.sample(known, SAMPLE)
        changes = {
            key: generator.randbytes(32) for key in generator.sample(known, SAMPLE)
        }
        for name, work in works(stored, keys, changes).items():
            clocks = time.thread_time(), time.perf_counter()
            work()
            taken = {
                name: time.thread_time() - clocks[0],
                f"{name}_wall": time.perf_counter() - clocks[1],
            }
            if index >= WARM_UP_ROUNDS:
                for clock, value in taken.items():
                    rounds.setdefault(clock, []).append(value)
    stored.database.close()
    figures |= {name: median(values) / SAMPLE for name, values in rounds.items()}
    figures["disk_megabytes"] = (
        sum(file.stat().st_size for file in path.iterdir()) / 1e6
    )
    return figures


def works(
    stored: StoredTrie, keys: list[bytes], changes: dict[bytes, bytes]
) -> dict[str, Callable[[], object]]:
    return {
        "get": lambda: [stored.trie.get(key) for key in keys],
        "proof": lambda: [prove(stored.nodes, stored.root, key) for key in keys],
        "update": lambda: stored.commit(changes),
    }


def peak_megabytes() -> float:
    """The most memory that this process had; Linux counts in units of 1,024 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def measure_apart(size: int, folder: str | None) -> Figures:
    """One size, in a process of its own, on a directory that is removed."""
    with tempfile.TemporaryDirectory(dir=folder) as directory:
        command = [sys.executable, "-m", "benchmarks.trie_sizes"]
        command += ["--one", str(size), "--path", os.path.join(directory, "state")]
        output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    figures: Figures = json.loads(output)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--folder", help="where the databases are made")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--from", dest="measured", type=Path)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.path, options.one)))
        return
    if options.measured:
        figures = json.loads(options.measured.read_text())
    else:
        sizes = [int(size) for size in options.sizes.split(",")]
        figures = [measure_apart(size, options.folder) for size in sizes]
    print(table(figures))
    if options.out:
        options.out.with_suffix(".json").write_text(
            json.dumps(figures, indent=2) + "\n"
        )
        draw(figures, options.out)


if __name__ == "__main__":
    main()
