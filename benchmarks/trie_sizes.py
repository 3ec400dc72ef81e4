"""The trie's cost against its size: python -m benchmarks.trie_sizes

For each size a LevelDB directory is filled with that many random 32-byte keys, with
values of 32 bytes, in the order of the keys and in batches of some 20,000, so that
hardly a node is written twice and memory stays bounded. The database is opened again,
and 300,000 values are read, so that the cache holds what it holds in a process that has
run for a while. Then, in rounds: values of 1,000 random keys, proofs of 1,000, and an
update of 1,000, committed in one synced batch. No key is used twice before each of
350,000 that were kept for this has been used. Each figure is the median of the rounds,
in this thread's processor time: what others take of the machine isn't counted, and
LevelDB's compaction runs in another thread. Elapsed time is measured too.
Each size runs in a process of its own, so that its peak of memory is its own.

    --sizes 1000,10000   others than 10^3 to 10^7
    --out FILE           table, figures and plot: FILE.md, FILE.json, FILE.png, FILE.svg
    --from FILE          draw and print figures measured before, from a .json
    --keep               leave the databases in --folder, and measure those found there
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
from itertools import cycle, islice
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from benchmarks.size_plot import Figures, draw, table
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.primitives.database_keys import node_key
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Hash32
from chain_sim.ethereum.trie import HELD_BYTES, DatabaseNodes, NodeCache, Trie
from chain_sim.ethereum.trie.proofs import prove

SIZES = tuple(10**power for power in range(3, 8))
BATCH_KEYS = 20_000
SAMPLE = 1_000
ROUNDS = 15
WARM_UP_ROUNDS = 3
WARM_UP_READS = 300_000
KNOWN_KEYS = 350_000
KEY_BYTES = 32
WORKS = ("get", "proof", "update")


class StoredTrie:
    """A trie in a database, each change committed before the next."""

    def __init__(self, path: Path, root: Hash32 = EMPTY_TRIE_ROOT) -> None:
        self.database = LevelDatabase(path)
        self.nodes = DatabaseNodes(self.database)
        self.cache = NodeCache()
        self.root = root

    @property
    def trie(self) -> Trie:
        return Trie(self.nodes, self.root, self.cache, HELD_BYTES)

    def commit(self, changes: dict[bytes, bytes]) -> None:
        self.root, nodes = self.trie.updated(changes)
        self.database.write_batch(
            {node_key(node_hash): record for node_hash, record in nodes.items()}
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


def filled(path: Path, size: int) -> tuple[Figures, Hash32, list[bytes]]:
    """What filling the database took, then or now; the root, and keys to work with."""
    notes = path.with_suffix(".filled")
    if notes.exists():
        kept = json.loads(notes.read_text())
        keys = [bytes.fromhex(key) for key in kept["keys"]]
        return kept["figures"], Hash32(bytes.fromhex(kept["root"])), keys
    start = time.perf_counter()
    root, keys = load(path, size)
    figures: Figures = {
        "size": size,
        "load_seconds": time.perf_counter() - start,
        "load_peak_megabytes": peak_megabytes(),
    }
    random.Random(0).shuffle(keys)
    return figures, root, keys


def measure(path: Path, size: int) -> Figures:
    """One size, in this process."""
    figures, root, known = filled(path, size)
    stored = StoredTrie(path, root)
    supply = cycle(known)
    generator = random.Random(0)
    for key in islice(supply, WARM_UP_READS):
        stored.trie.get(key)
    rounds: dict[str, list[float]] = {}
    for index in range(WARM_UP_ROUNDS + ROUNDS):
        work_keys = {name: list(islice(supply, SAMPLE)) for name in WORKS}
        changes = {key: generator.randbytes(32) for key in work_keys["update"]}
        for name, work in works(stored, work_keys, changes).items():
            clocks = time.thread_time(), time.perf_counter()
            work()
            taken = {
                name: time.thread_time() - clocks[0],
                f"{name}_wall": time.perf_counter() - clocks[1],
            }
            if index >= WARM_UP_ROUNDS:
                for clock, value in taken.items():
                    rounds.setdefault(clock, []).append(value / SAMPLE)
    stored.database.close()
    # The next time others are used, and the trie as it is then.
    kept = {
        "figures": figures,
        "root": stored.root.hex(),
        "keys": [key.hex() for key in islice(supply, len(known))],
    }
    path.with_suffix(".filled").write_text(json.dumps(kept))
    figures = figures | {name: median(values) for name, values in rounds.items()}
    figures |= {f"{name}_least": min(values) for name, values in rounds.items()}
    figures["disk_megabytes"] = (
        sum(file.stat().st_size for file in path.iterdir()) / 1e6
    )
    return figures


def works(
    stored: StoredTrie, keys: dict[str, list[bytes]], changes: dict[bytes, bytes]
) -> dict[str, Callable[[], object]]:
    nodes, root = stored.nodes, stored.root
    return {
        "get": lambda: [stored.trie.get(key) for key in keys["get"]],
        "proof": lambda: [prove(nodes, root, key) for key in keys["proof"]],
        "update": lambda: stored.commit(changes),
    }


def peak_megabytes() -> float:
    """The most memory that this process had; Linux counts in units of 1,024 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def measure_apart(size: int, folder: str) -> Figures:
    """One size, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.trie_sizes"]
    command += ["--one", str(size), "--path", os.path.join(folder, str(size))]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    figures: Figures = json.loads(output)
    return figures


def measure_all(sizes: list[int], folder: str | None, keep: bool) -> list[Figures]:
    """All sizes; the directories are removed after each unless they are to be kept."""
    if keep and folder is not None:
        os.makedirs(folder, exist_ok=True)
        return [measure_apart(size, folder) for size in sizes]
    figures = []
    for size in sizes:
        with tempfile.TemporaryDirectory(dir=folder) as directory:
            figures.append(measure_apart(size, directory))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--folder", help="where the databases are made")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--from", dest="measured", type=Path)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.keep and options.folder is None:
        parser.error("--keep needs a --folder to keep them in")
    if options.one:
        print(json.dumps(measure(options.path, options.one)))
        return
    if options.measured:
        figures = json.loads(options.measured.read_text())
    else:
        sizes = [int(size) for size in options.sizes.split(",")]
        figures = measure_all(sizes, options.folder, options.keep)
    print(table(figures))
    if options.out:
        options.out.with_suffix(".json").write_text(
            json.dumps(figures, indent=2) + "\n"
        )
        draw(figures, options.out)


if __name__ == "__main__":
    main()
