"""A fuzzer of the readers of untrusted files: python -m tools.fuzz.files --seconds 60.

Each mutant is taken, or refused with a documented error, within limits of time and
memory. Prints a line a surface; exits 1 where one was not, its bytes are then in a
folder. A seed gives the same mutants again, whatever the number of workers.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

from tools.fuzz.file_surface import Surface
from tools.fuzz.file_worker import PRESENT, mutant, surfaces_named

SURFACES = "tools.fuzz.file_surfaces:SURFACES"
FINDINGS = Path("build/fuzz-files")
# In real time, for what waits and uses no processor time.
GRACE_SECONDS = 25.0
POLL_SECONDS = 0.2
NOBODY = -1


@dataclass
class Totals:
    """What the mutants of one surface came to."""

    verdicts: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    peak_kib: int = 0

    def line(self, name: str) -> str:
        """For the end."""
        count = sum(self.verdicts.values())
        refused = sorted(set(self.verdicts) - {"accepted", "fault"})
        told = ", ".join(f"{self.verdicts[kind]} {kind}" for kind in refused)
        return (
            f"{name:18} {count:8} mutants: {self.verdicts['accepted']} accepted"
            f"{', ' if told else ''}{told}, {self.verdicts['fault']} FAULTS;"
            f" slowest {self.slowest * 1000:.0f} ms, peak {self.peak_kib // 1024} MiB"
        )


class Worker:
    """A process that is restarted if it ends too early."""

    def __init__(self, options: argparse.Namespace, number: int, folder: Path) -> None:
        self.present = folder / f"present-{number}"
        self.next = {
            surface.name: number for surface in surfaces_named(options.surfaces)
        }
        self.left = options.mutants // options.workers
        self._options = options

    def start(self, lines: "Queue[tuple[Worker, Any]]", until: float) -> None:
        """Start, or continue after the last report."""
        options = self._options
        self.present.write_bytes(PRESENT.pack(NOBODY, 0, time.monotonic()))
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tools.fuzz.file_worker"),
                *("--surfaces", options.surfaces, "--seed", str(options.seed)),
                *("--step", str(options.workers), "--next", json.dumps(self.next)),
                *("--until", str(until), "--mutants", str(self.left)),
                *("--present", str(self.present)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        Thread(target=self._listen, args=(lines,), daemon=True).start()

    def present_mutant(self) -> tuple[int, int, float]:
        """Place of the surface, number of the mutant, and when it began."""
        place, number, began = PRESENT.unpack(self.present.read_bytes())
        return place, number, began

    def _listen(self, lines: "Queue[tuple[Worker, Any]]") -> None:
        with self.process as process:
            for line in process.stdout or ():
                lines.put((self, json.loads(line)))
        lines.put((self, None))


class Fuzzing:
    """The workers, and all that they told."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.surfaces = surfaces_named(options.surfaces)
        self.totals = {surface.name: Totals() for surface in self.surfaces}
        self.findings: list[Path] = []
        self._options = options
        self._until = time.monotonic() + options.seconds
        self._lines: Queue[tuple[Worker, Any]] = Queue()
        self._workers = [
            Worker(options, number, folder) for number in range(options.workers)
        ]
        self._waits: set[int] = set()

    def run(self) -> None:
        """Until all workers have ended."""
        for worker in self._workers:
            worker.start(self._lines, self._until)
        alive = len(self._workers)
        try:
            while alive:
                try:
                    worker, facts = self._lines.get(timeout=POLL_SECONDS)
                except Empty:
                    self._kill_silent()
                    continue
                if facts is None:
                    alive -= not self._goes_on(worker)
                else:
                    self._hear(worker, facts)
        finally:
            for worker in self._workers:
                worker.process.kill()

    def _hear(self, worker: Worker, facts: dict[str, Any]) -> None:
        if "finding" in facts:
            surface = self._surface(facts["finding"])
            data = bytes.fromhex(facts["data"])
            self._keep(surface, facts["number"], facts["fault"], data)
            return
        totals = self.totals[facts["surface"]]
        totals.verdicts.update(facts["verdicts"])
        totals.slowest = max(totals.slowest, facts["slowest"])
        totals.peak_kib = max(totals.peak_kib, facts["peak_kib"])
        worker.next[facts["surface"]] = facts["next"]
        worker.left -= sum(facts["verdicts"].values())

    def _kill_silent(self) -> None:
        for worker in self._workers:
            place, _, began = worker.present_mutant()
            if place == NOBODY or worker.process.poll() is not None:
                continue
            limit = self.surfaces[place].seconds + self._options.grace
            if time.monotonic() - began > limit:
                self._waits.add(worker.process.pid)
                worker.process.kill()

    def _goes_on(self, worker: Worker) -> bool:
        """Whether a worker that ended was restarted; if it died, that is a finding."""
        code = worker.process.returncode
        if not code:
            return False
        place, number, _ = worker.present_mutant()
        if place == NOBODY:
            raise SystemExit(f"a worker ended with code {code} between two mutants")
        surface = self.surfaces[place]
        fault = f"the process ended with code {code}"
        if worker.process.pid in self._waits:
            fault = f"no answer in {surface.seconds + self._options.grace} s"
        data = mutant(surface, surface.seeds(), self._options.seed, number)
        self._keep(surface, number, fault, data)
        self.totals[surface.name].verdicts["fault"] += 1
        worker.next[surface.name] = number + self._options.workers
        worker.left -= 1
        worker.start(self._lines, self._until)
        return True

    def _surface(self, name: str) -> Surface:
        return next(surface for surface in self.surfaces if surface.name == name)

    def _keep(self, surface: Surface, number: int, fault: str, data: bytes) -> None:
        folder: Path = self._options.findings
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{surface.name.replace(' ', '-')}-{number}.json"
        content = {
            "surface": surface.name,
            "seed": self._options.seed,
            "number": number,
            "fault": fault,
            "bytes": data.hex(),
        }
        path.write_text(json.dumps(content, indent=2) + "\n")
        path.with_suffix(".bytes").write_bytes(data)
        self.findings.append(path)
        sys.stderr.write(f"{surface.name}: {fault}; the bytes are in {path}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 1 where there is a finding."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mutants", type=int, default=10**9, help="stop after so many")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--grace", type=float, default=GRACE_SECONDS)
    parser.add_argument("--findings", type=Path, default=FINDINGS)
    parser.add_argument("--surfaces", default=SURFACES, help="another table of them")
    options = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        fuzzing = Fuzzing(options, Path(folder))
        fuzzing.run()
    for name, totals in fuzzing.totals.items():
        sys.stdout.write(totals.line(name) + "\n")
    count = sum(sum(one.verdicts.values()) for one in fuzzing.totals.values())
    seconds = time.monotonic() - began
    speed = count / seconds
    verdict = f"{len(fuzzing.findings)} FINDINGS" if fuzzing.findings else "no finding"
    sys.stdout.write(
        f"{count} mutants in {seconds:.0f} s, {speed:.0f} a second: {verdict}\n"
    )
    return bool(fuzzing.findings)


if __name__ == "__main__":
    sys.exit(main())
