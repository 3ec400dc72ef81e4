"""This project's trie beside the `trie` package: python -m benchmarks.trie

Both have 10,000 random 32-byte keys with 32-byte values in a dict. The `trie` package
is measured in both of its ways to insert: key by key, and in a batch that it calls
squash_changes; the ratio is to the faster one. Each figure is the best of some rounds.
"""

import random
import time
from collections.abc import Callable

from trie import HexaryTrie

from chain_sim.trie import Trie

KEY_COUNT = 10_000
SINGLE_COUNT = 2_000
ROUNDS = 3


def best_seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def peer_inserts(entries: dict[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[key] = value
    return trie


def peer_batch_inserts(entries: dict[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    with trie.squash_changes() as batch:
        for key, value in entries.items():
            batch[key] = value
    return trie


def print_row(name: str, count: int, ours: float, peer: float) -> None:
    print(
        f"{name:32} {ours / count * 1e6:10.2f} {peer / count * 1e6:10.2f}"
        f" {peer / ours:8.1f}x"
    )


def main() -> None:
    generator = random.Random(1)
    entries = {
        generator.randbytes(32): generator.randbytes(32) for _ in range(KEY_COUNT)
    }
    keys = generator.sample(sorted(entries), SINGLE_COUNT)
    root, nodes = Trie({}).updated(entries)
    peer = peer_inserts(entries)
    if peer.root_hash != root:
        raise SystemExit("the roots differ")
    trie = Trie(nodes, root)

    print(f"{'microseconds each':32} {'ours':>10} {'trie':>10} {'ratio':>9}")
    print_row(
        f"batch insert of {KEY_COUNT}",
        KEY_COUNT,
        best_seconds(lambda: Trie({}).updated(entries)),
        min(
            best_seconds(lambda: peer_inserts(entries)),
            best_seconds(lambda: peer_batch_inserts(entries), 1),
        ),
    )
    print_row(
        "get of one key",
        SINGLE_COUNT,
        best_seconds(lambda: [trie.get(key) for key in keys]),
        best_seconds(lambda: [peer[key] for key in keys]),
    )
    # The peer's trie changes in place, so each round writes something else.
    values = iter([b"first", b"second", b"third"])

    def update_peer() -> None:
        value = next(values)
        for key in keys:
            peer[key] = value

    print_row(
        "update of one key, with root",
        SINGLE_COUNT,
        best_seconds(lambda: [trie.updated({key: b"new"}) for key in keys]),
        best_seconds(update_peer),
    )


if __name__ == "__main__":
    main()
