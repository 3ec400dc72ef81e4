"""One process of the fuzzer: its seeds' modules, compared; a line of JSON a second.

Before each module its bytes are written to a file, so that the module that ended the
process is known, even after a crash.
"""

import argparse
import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path

from tools.fuzz.comparison import compare_module
from tools.fuzz.corpus import Case, shrunk
from tools.fuzz.sources import Source, family

AHEAD = 3


def families(first: int, step: int) -> Iterator[tuple[int, list[Source]]]:
    """The seeds and their modules; the next ones are made while one is compared."""
    waiting: deque[tuple[int, Future[list[Source]]]] = deque()
    with ThreadPoolExecutor(AHEAD) as pool:
        for seed in count(first, step):
            waiting.append((seed, pool.submit(family, seed)))
            if len(waiting) > AHEAD:
                ready, future = waiting.popleft()
                yield ready, future.result()


def tell(**facts: object) -> None:
    """One line for the parent."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def compare_source(source: Source, seed: int, corpus: Path, totals: Counter) -> None:
    """Compare one module and count it; write a case where the engines differ."""
    report = compare_module(source.wasm, seed, terminates=source.terminates)
    totals["calls"] += report.calls
    totals[source.kind if report.is_valid else "skipped"] += 1
    if report.difference is not None:
        totals["differences"] += 1
        story = str(report.difference)[:2_000]
        case = Case(source.name, seed, source.terminates, source.wasm, story)
        path = shrunk(case).write(corpus)
        tell(difference=f"{path}: {story}")


def main() -> None:
    """Run until the time or the modules are over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("first", type=int)
    parser.add_argument("step", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("modules", type=int)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("present", type=Path)
    options = parser.parse_args()
    totals: Counter[str] = Counter()
    end = time.monotonic() + options.seconds
    told = time.monotonic()
    compared = 0
    for seed, sources in families(options.first, options.step):
        is_over = time.monotonic() >= end or compared >= options.modules
        if is_over or time.monotonic() - told > 1:
            tell(next_seed=seed, totals=totals)
            told = time.monotonic()
        if is_over:
            break
        for source in sources:
            options.present.write_text(f"{source.name} {seed}\n{source.wasm.hex()}")
            compare_source(source, seed, options.corpus, totals)
            compared += 1


if __name__ == "__main__":
    main()
