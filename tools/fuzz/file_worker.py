"""One process of the fuzzer of files: mutants, each within limits of time and memory.

Which one is at work stands in a file that outlives the process: whatever ends it, the
mutant can be made again. It tells what it did in lines of JSON.
"""

import argparse
import json
import mmap
import resource
import signal
import struct
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from random import Random
from types import FrameType

from tools.fuzz.file_surface import Surface

MEMORY_BYTES = 512 * 1024 * 1024
PRESENT = struct.Struct("<qqd")
SHRINK_SECONDS = 3.0
FINDINGS_OF_A_KIND = 3
STATUS = Path("/proc/self/status")
CLEAR_REFS = Path("/proc/self/clear_refs")


class TookTooLong(BaseException):
    """Processor time is over; no `except Exception` of a reader may take it."""


def surfaces_named(name: str) -> tuple[Surface, ...]:
    """The surfaces of `package.module:NAME`."""
    module, _, attribute = name.partition(":")
    found: tuple[Surface, ...] = getattr(import_module(module), attribute)
    return found


def mutant(surface: Surface, seeds: Sequence[bytes], seed: int, number: int) -> bytes:
    """The same for the same numbers."""
    random = Random(f"{seed}/{surface.name}/{number}")
    return surface.mutate(random.choice(seeds), random, seeds)


def verdict(surface: Surface, data: bytes) -> tuple[str, str | None]:
    """What became of it, and the fault if that is one."""
    signal.setitimer(signal.ITIMER_PROF, surface.seconds)
    try:
        surface.take(data)
    except surface.refusals as error:
        return type(error).__name__, None
    except TookTooLong:
        return "fault", f"more than {surface.seconds} s of processor time"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        return "fault", f"{type(error).__name__} in {where}: {str(error)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return "accepted", None


def shrunk(surface: Surface, data: bytes, fault: str) -> bytes:
    """A smaller one with the same fault, as far as a few seconds get."""
    end = time.monotonic() + SHRINK_SECONDS
    kind = fault.partition(":")[0]
    size = len(data) // 2
    while size and time.monotonic() < end:
        start = 0
        while start < len(data) and time.monotonic() < end:
            shorter = data[:start] + data[start + size :]
            found = verdict(surface, shorter)[1]
            if found is not None and found.partition(":")[0] == kind:
                data = shorter
            else:
                start += size
        size //= 2
    return data


def limit_memory() -> None:
    """What the process can write to now, and MEMORY_BYTES more.

    Not its address space: of that, an instance reserves a gibibyte for its memory.
    """
    limit = memory_kib("VmData") * 1024 + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def memory_kib(name: str) -> int:
    """A figure of this process."""
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0


class Round:
    """A surface's share of mutants, and what they came to."""

    def __init__(self, options: argparse.Namespace, present: mmap.mmap) -> None:
        self._options = options
        self._present = present
        self._kinds: Counter[str] = Counter()

    def run(self, place: int, surface: Surface, first: int, count: int) -> None:
        """Take mutants and tell."""
        options = self._options
        seeds = self._seeds(surface)
        verdicts: Counter[str] = Counter()
        slowest = 0.0
        CLEAR_REFS.write_text("5")  # resets the peak
        before = memory_kib("VmRSS")
        for index in range(count):
            number = first + index * options.step
            now = time.monotonic()
            self._present[:] = PRESENT.pack(place, number, now)
            data = mutant(surface, seeds, options.seed, number)
            began = time.process_time()
            name, fault = verdict(surface, data)
            slowest = max(slowest, time.process_time() - began)
            verdicts[name] += 1
            if fault is not None:
                self._found(surface, number, data, fault)
        self._present[:] = PRESENT.pack(-1, 0, time.monotonic())
        tell(
            surface=surface.name,
            next=first + count * options.step,
            verdicts=verdicts,
            slowest=slowest,
            peak_kib=memory_kib("VmHWM") - before,
        )

    def _seeds(self, surface: Surface) -> Sequence[bytes]:
        if surface.name not in _SEEDS:
            _SEEDS[surface.name] = surface.seeds()
        return _SEEDS[surface.name]

    def _found(self, surface: Surface, number: int, data: bytes, fault: str) -> None:
        kind = f"{surface.name}: {fault.partition(':')[0]}"
        self._kinds[kind] += 1
        if self._kinds[kind] > FINDINGS_OF_A_KIND:
            return
        is_quick = "processor time" not in fault
        small = shrunk(surface, data, fault) if is_quick else data
        tell(finding=surface.name, number=number, fault=fault, data=small.hex())


_SEEDS: dict[str, Sequence[bytes]] = {}


def tell(**facts: object) -> None:
    """A line for the main process."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def stop(_signal: int, _frame: FrameType | None) -> None:
    """The handler of the timer."""
    raise TookTooLong


def main() -> None:
    """Round after round, until the time or the mutants are over."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--surfaces", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--step", type=int, required=True)
    parser.add_argument("--next", required=True, help="the first numbers, as JSON")
    parser.add_argument("--until", type=float, required=True, help="monotonic time")
    parser.add_argument("--mutants", type=int, required=True)
    parser.add_argument("--present", type=Path, required=True)
    options = parser.parse_args()
    surfaces = surfaces_named(options.surfaces)
    numbers: dict[str, int] = json.loads(options.next)
    signal.signal(signal.SIGPROF, stop)
    with options.present.open("r+b") as file:
        present = mmap.mmap(file.fileno(), PRESENT.size)
    rounds = Round(options, present)
    limit_memory()
    left: int = options.mutants
    while True:
        for place, surface in enumerate(surfaces):
            count = min(surface.share, left)
            if time.monotonic() >= options.until or not count:
                return
            rounds.run(place, surface, numbers[surface.name], count)
            numbers[surface.name] += count * options.step
            left -= count


if __name__ == "__main__":
    main()
