"""Fuzz with damaged modules: python -m tools.fuzz.damaged --count 100000.

Truncations, flipped bits and worse of real modules, through the whole pipeline. Each
must be refused with one of two errors or run like any contract, in time linear in its
size. Exits 1 at the first that does not; its bytes are then in the corpus folder.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

from contractvm.errors import LinkError
from tools.fuzz.corpus import CORPUS
from tools.fuzz.pipeline import run_bytes
from tools.fuzz.programs import program
from tools.fuzz.sources import seed_corpus

# Far above what a run takes, far below anything that is not linear.
SECONDS_PER_MODULE = 2.0
SECONDS_PER_BYTE = 0.000_1
FAMILY = 50
INTERESTING = b"\x00\x01\x02\x05\x0b\x40\x7f\x80\xff"
LYING = (b"\xff\xff\xff\xff\x0f", b"\x80\x80\x04", b"\xff\xff\xff\x7f", b"\xd0\x86\x03")


def flipped(data: bytes, random: Random) -> bytes:
    """One bit the other way round."""
    place = random.randrange(len(data))
    changed = bytes([data[place] ^ 1 << random.randrange(8)])
    return data[:place] + changed + data[place + 1 :]


def truncated(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def inserted(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data) + 1)
    return data[:place] + bytes([random.choice(INTERESTING)]) + data[place:]


def removed(data: bytes, random: Random) -> bytes:
    place = random.randrange(len(data))
    return data[:place] + data[place + random.randrange(1, 5) :]


def repeated(data: bytes, random: Random) -> bytes:
    place, start = random.randrange(len(data)), random.randrange(len(data))
    return data[:place] + data[start : start + random.randrange(40)] + data[place:]


def lying(data: bytes, random: Random) -> bytes:
    """A size that is not true in the place of a byte."""
    place = random.randrange(8, len(data))
    return data[:place] + random.choice(LYING) + data[place + 1 :]


DAMAGES = (flipped, flipped, flipped, truncated, inserted, removed, repeated, lying)


def sources(seed: int) -> bytes:
    """A module to damage: real ones, and dense programs, which have every section."""
    random = Random(seed)
    corpus = seed_corpus()
    if corpus and random.random() < 0.2:
        return random.choice(corpus).read_bytes()
    return program(seed, terminates=random.random() < 0.5)


def damaged(seed: int) -> Iterator[bytes]:
    """Some damaged forms of the seed's module; a few are damaged twice or thrice."""
    random = Random(~seed)
    source = sources(seed)
    for _ in range(FAMILY):
        data = source
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            if len(data) > 8:
                data = random.choice(DAMAGES)(data, random)
        yield data


def fault_of(data: bytes, verdicts: Counter[str]) -> str | None:
    """What is wrong with how the pipeline took the bytes."""
    allowed = SECONDS_PER_MODULE + SECONDS_PER_BYTE * len(data)
    began = time.process_time()
    try:
        verdict = verdict_of(data)
        spent = time.process_time() - began
        if spent > allowed:
            # Again: a collection of all garbage may have come in between.
            began = time.process_time()
            verdict_of(data)
            spent = min(spent, time.process_time() - began)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        return f"{type(error).__name__}: {error}"
    verdicts[verdict] += 1
    if spent > allowed:
        return f"{spent:.1f} s for {len(data)} bytes"
    return None


def verdict_of(data: bytes) -> str:
    """What the pipeline says of the bytes."""
    try:
        return run_bytes(data)
    except LinkError:
        # Two imports of one name and different types cannot both be given.
        return "LinkError"


def main() -> None:
    """Go on until the time or the modules are over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--count", type=int, default=10**9)
    parser.add_argument("--workers", type=int, default=1, help="not used: it is quick")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    options = parser.parse_args()
    verdicts: Counter[str] = Counter()
    end = time.monotonic() + options.seconds
    done = 0
    for seed in count(options.seed):
        if time.monotonic() > end or done >= options.count:
            break
        for data in damaged(seed):
            # On the disk before it runs: a crash leaves it there.
            options.corpus.mkdir(parents=True, exist_ok=True)
            path = options.corpus / "damaged-present.wasm"
            path.write_bytes(data)
            fault = fault_of(data, verdicts)
            if fault is not None:
                kept = path.rename(path.with_name(f"damaged-{seed}.wasm"))
                sys.exit(f"seed {seed}: {fault}; the bytes are in {kept}")
            path.unlink()
            done += 1
    told = ", ".join(f"{number} {name}" for name, number in sorted(verdicts.items()))
    sys.stdout.write(f"{done} damaged modules: {told}; go on with --seed {seed}\n")


if __name__ == "__main__":
    main()
