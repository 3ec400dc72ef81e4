"""This project's trie compared with the `trie` package: python -m benchmarks.trie

Both have 10,000 random 32-byte keys with 32-byte values in a dict. The `trie` package
is measured in both of its ways to insert: key by key, and in a batch that it calls
squash_changes; the ratio is to the faster one. An update changes one key and gives the
new root, from which the next one starts. The two take turns; figures are medians of
processor time. "cold": with a new cache each time, so that every node on the way is
decoded again (the `trie` package always does that).
"""

import random
from collections.abc import Callable, Mapping

from trie import HexaryTrie

from benchmarks.measuring import interleaved_medians
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.trie import NodeCache, Trie

KEY_COUNT = 10_000
SINGLE_COUNT = 1_000
ROUNDS = 5
GOALS = {"batch insert": 30, "get of one key": 20, "update of one key": 10}

Entries = dict[bytes, bytes]


class OurTrie:
    """Our trie as it is used: nodes kept in a dict, each root made from the last."""

    def __init__(self, entries: Entries) -> None:
        self.cache = NodeCache()
        self.root, self.nodes = Trie({}, cache=self.cache).updated(entries)

    def get(self, key: bytes) -> bytes:
        return Trie(self.nodes, self.root, self.cache).get(key)

    def get_cold(self, key: bytes) -> bytes:
        return Trie(self.nodes, self.root, NodeCache()).get(key)

    def update(self, key: bytes, value: bytes) -> Hash32:
        return self._update(key, value, self.cache)

    def update_cold(self, key: bytes, value: bytes) -> Hash32:
        return self._update(key, value, NodeCache())

    def _update(self, key: bytes, value: bytes, cache: NodeCache) -> Hash32:
        trie = Trie(self.nodes, self.root, cache)
        self.root, new_nodes = trie.updated({key: value})
        self.nodes.update(new_nodes)
        return self.root


def peer_inserts(entries: Entries) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[key] = value
    return trie


def peer_batch_inserts(entries: Entries) -> HexaryTrie:
    trie = HexaryTrie({})
    with trie.squash_changes() as batch:
        for key, value in entries.items():
            batch[key] = value
    return trie


def peer_update(peer: HexaryTrie, key: bytes, value: bytes) -> bytes:
    peer[key] = value
    return bytes(peer.root_hash)


def each_once(
    update: Callable[[bytes, bytes], object], keys: list[bytes]
) -> Callable[[], object]:
    """A round of updates; each writes what was never written there."""
    generator = random.Random()
    return lambda: [update(key, generator.randbytes(32)) for key in keys]


def measure(entries: Entries) -> dict[str, tuple[int, Mapping[str, float]]]:
    """For each row its number of keys, and seconds by who did it."""
    keys = random.Random(1).sample(sorted(entries), SINGLE_COUNT)
    ours, peer = OurTrie(entries), peer_inserts(entries)
    if (
        peer.root_hash != ours.root
        or peer_batch_inserts(entries).root_hash != ours.root
    ):
        raise SystemExit("the roots differ")
    rows = {
        "batch insert": (
            KEY_COUNT,
            {
                "ours": lambda: Trie({}).updated(entries),
                "trie": lambda: peer_inserts(entries),
                "trie, batch": lambda: peer_batch_inserts(entries),
            },
        ),
        "get of one key": (
            SINGLE_COUNT,
            {
                "ours": lambda: [ours.get(key) for key in keys],
                "cold": lambda: [ours.get_cold(key) for key in keys],
                "trie": lambda: [peer[key] for key in keys],
            },
        ),
        "update of one key": (
            SINGLE_COUNT,
            {
                "ours": each_once(ours.update, keys),
                "cold": each_once(ours.update_cold, keys),
                "trie": each_once(lambda *entry: peer_update(peer, *entry), keys),
            },
        ),
    }
    return {
        name: (count, interleaved_medians(works, ROUNDS))
        for name, (count, works) in rows.items()
    }


def main() -> None:
    generator = random.Random(1)
    entries = {
        generator.randbytes(32): generator.randbytes(32) for _ in range(KEY_COUNT)
    }
    print(f"Trie of {KEY_COUNT} random keys, microseconds a key")
    print(f"{'':20}{'ours':>8}{'cold':>8}{'trie':>8}{'ratio':>8}{'goal':>6}")
    for name, (count, seconds) in measure(entries).items():
        ours = seconds["ours"] / count * 1e6
        cold = f"{seconds['cold'] / count * 1e6:.2f}" if "cold" in seconds else ""
        peer = min(seconds["trie"], seconds.get("trie, batch", 1e9)) / count * 1e6
        print(
            f"{name:20}{ours:8.2f}{cold:>8}{peer:8.1f}{peer / ours:7.1f}x"
            f"{GOALS[name]:5}x"
        )


if __name__ == "__main__":
    main()
