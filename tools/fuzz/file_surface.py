"""One kind of file, for the fuzzer: seeds, mutants, a reader and what it may refuse."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

SECONDS = 5.0

Mutate = Callable[[bytes, Random, Sequence[bytes]], bytes]


@dataclass(frozen=True)
class Surface:
    """A kind of file: `take` reads one and raises one of `refusals`, or nothing.

    `share` is how many mutants a round has.
    """

    name: str
    seeds: Callable[[], list[bytes]]
    mutate: Mutate
    take: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...]
    share: int
    seconds: float = SECONDS
