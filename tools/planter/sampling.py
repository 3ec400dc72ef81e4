"""Choice of faults by a seed: each line that can have one is as likely as any other."""

import fnmatch
import random
from collections.abc import Iterable
from pathlib import Path

from tools.planter.operators import Fault, faults
from tools.planter.results import Planted, planted

PACKAGES = ("chain_sim", "contract_fuzz", "contractvm", "gas_schedule")
SUFFIXES = (".py", ".pyx", ".pxd", ".h")
# Where a fault costs users most; what is left out prints, measures or describes.
LEFT_OUT = (
    "*/__init__.py",
    "contractvm/calibration/*",
    "contractvm/spec_scripts/*",
    "contractvm/progress.py",
    "contract_fuzz/workers/*",
    "*/generated/*",
    "*/opcodes.pxd",
    "*/errors.py",
    "*_errors.py",
)


def source_files(tree: Path, pattern: str = "*") -> list[str]:
    """The paths of the sources that faults are planted in, sorted."""
    paths = (
        str(path.relative_to(tree))
        for package in PACKAGES
        for path in (tree / package).rglob("*")
        if path.suffix in SUFFIXES
    )
    return sorted(
        path
        for path in paths
        if fnmatch.fnmatch(path, pattern)
        and not any(fnmatch.fnmatch(path, left_out) for left_out in LEFT_OUT)
    )


def choose(tree: Path, paths: Iterable[str], seed: int, count: int) -> list[Planted]:
    """Up to `count` faults, one a line at most, in the order in which they are run."""
    lines: dict[tuple[str, int], list[Fault]] = {}
    sources = {path: (tree / path).read_text() for path in paths}
    for path, source in sources.items():
        for fault in faults(source, path):
            lines.setdefault((path, source.count("\n", 0, fault.start)), []).append(
                fault
            )
    generator = random.Random(seed)
    places = generator.sample(sorted(lines), min(count, len(lines)))
    return [
        planted(place[0], sources[place[0]], generator.choice(lines[place]))
        for place in places
    ]
