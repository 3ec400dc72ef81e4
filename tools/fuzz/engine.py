"""Fuzz our interpreter against wasmtime: python -m tools.fuzz.engine --seconds 60.

Prints how far it is, ends with a line that says where to go on, and exits 1 where the
engines differed or a process died; what did it is then in the corpus folder.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from tools.fuzz.corpus import CORPUS

GRACE_SECONDS = 120


class Worker:
    """A process with its latest numbers."""

    def __init__(self, options: argparse.Namespace, number: int, folder: Path) -> None:
        self.present = folder / f"present-{number}"
        self.totals: Counter[str] = Counter()
        self.next_seed = options.seed + number
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tools.fuzz.worker"),
                *(str(options.seed + number), str(options.workers)),
                *(str(options.seconds), str(options.count // options.workers)),
                *(str(options.corpus), str(self.present)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )

    def listen(self, lines: Queue) -> None:
        """Pass on each line; None at the end. For a thread."""
        for line in self.process.stdout:
            lines.put((self, json.loads(line)))
        lines.put((self, None))


def modules_of(totals: Counter[str]) -> int:
    return sum(totals[kind] for kind in ("smith", "mutant", "variant", "program"))


def summary(workers: list[Worker], began: float) -> str:
    totals = sum((worker.totals for worker in workers), Counter())
    modules = modules_of(totals)
    speed = modules / max(time.monotonic() - began, 0.001)
    return (
        f"{modules} modules ({totals['smith']} of smith, {totals['mutant']} of mutate,"
        f" {totals['program']} programs, {totals['variant']} variants),"
        f" {totals['calls']} calls,"
        f" {speed:.0f} modules/s, {totals['differences']} differences"
    )


def save_crash(worker: Worker, corpus: Path) -> None:
    """Keep the module at which a worker died."""
    code = worker.process.returncode
    sys.stderr.write(f"a worker ended with code {code}\n")
    if worker.present.exists():
        corpus.mkdir(parents=True, exist_ok=True)
        heading, text = worker.present.read_text().splitlines()
        name, seed = heading.split()
        content = {
            "story": f"a worker ended with code {code}",
            "seed": int(seed),
            "terminates": False,
            "wasm": text,
        }
        path = corpus / f"crash-{name}.json"
        path.write_text(json.dumps(content, indent=2) + "\n")
        sys.stderr.write(f"its module is in {path}\n")


def watch(workers: list[Worker], options: argparse.Namespace) -> bool:
    """Show the progress until all have ended; True if all went well."""
    lines: Queue = Queue()
    for worker in workers:
        Thread(target=worker.listen, args=(lines,), daemon=True).start()
    began = shown = time.monotonic()
    alive, is_well = len(workers), True
    while alive:
        try:
            worker, facts = lines.get(timeout=options.seconds + GRACE_SECONDS)
        except Empty:
            sys.stderr.write("a worker is silent: it hangs at its present module\n")
            for silent in workers:
                silent.process.kill()
            continue
        if facts is None:
            alive -= 1
            if worker.process.wait():
                is_well = False
                save_crash(worker, options.corpus)
        elif "difference" in facts:
            is_well = False
            sys.stderr.write(f"{facts['difference']}\n")
        else:
            worker.totals = Counter(facts["totals"])
            worker.next_seed = facts["next_seed"]
        if time.monotonic() - shown > options.every:
            shown = time.monotonic()
            sys.stdout.write(summary(workers, began) + "\n")
            sys.stdout.flush()
    next_seed = min(worker.next_seed for worker in workers)
    verdict = "the same on both engines" if is_well else "NOT the same"
    sys.stdout.write(
        f"{summary(workers, began)}: {verdict}; go on with --seed {next_seed}\n"
    )
    return is_well


def main() -> None:
    """Start the workers and watch them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--count", type=int, default=10**9, help="stop after so many")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--every", type=float, default=10, help="seconds per line")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        workers = [
            Worker(options, number, Path(folder)) for number in range(options.workers)
        ]
        try:
            is_well = watch(workers, options)
        finally:
            for worker in workers:
                worker.process.kill()
    sys.exit(not is_well)


if __name__ == "__main__":
    main()
