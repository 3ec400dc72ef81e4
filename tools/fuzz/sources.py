"""The modules of a seed: one of `wasm-tools smith` or of a corpus, and its mutants."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from random import Random

from tests.helpers.smith import OPTIONS
from tests.helpers.wasm_tools import run_wasm_tools
from tools.fuzz.programs import program
from tools.fuzz.variants import variant_of, verdict
from tools.fuzz.wide_programs import wide_program

ROOT = Path(__file__).parents[2]
VARIANTS = 2
PROGRAMS = 2
# Each set of options has one thing in abundance; every one but the first has all
# features that we have.
ALL_FEATURES: dict[str, object] = {"extended-const-enabled": "true"}
FLOATS = ALL_FEATURES | {"allow-floats": "true"}
QUIET = FLOATS | {"disallow-traps": "true", "min-memories": 1}
FLAVOURS: dict[str, dict[str, object]] = {
    "mvp": {
        "bulk-memory-enabled": "false",
        "multi-value-enabled": "false",
        "reference-types-enabled": "false",
        "saturating-float-to-int-enabled": "false",
        "sign-extension-ops-enabled": "false",
        "allow-floats": "true",
    },
    "integers": ALL_FEATURES,
    "floats": FLOATS,
    "tables": FLOATS
    | {
        "min-tables": 2,
        "max-tables": 5,
        "min-element-segments": 2,
        "max-table-elements": 1_000,
    },
    "memory": FLOATS | {"min-memories": 1, "min-data-segments": 2},
    "imports": FLOATS | {"min-imports": 3, "max-imports": 12},
    "quiet": QUIET,
    "long": QUIET | {"max-instructions": 2_000},
    "over-long": FLOATS | {"min-uleb-size": 4, "max-imports": 5},
}
SIZES = (300, 800, 1_500, 3_000, 6_000)
MOST_BYTES = 40_000


@dataclass(frozen=True)
class Source:
    """A module to run; `terminates` if it ends without gas, too."""

    name: str
    kind: str
    wasm: bytes
    terminates: bool


def smith_source(seed: int) -> Source | None:
    """The module of `wasm-tools smith` for a seed; None where it has none for it."""
    random = Random(seed)
    flavour = random.choice(sorted(FLAVOURS))
    terminates = random.random() < 0.4
    options = OPTIONS | FLAVOURS[flavour]
    options |= {"memory-max-size-required": "true", "table-max-size-required": "true"}
    options["fuel"] = random.choice((10, 100, 1_000))
    if not terminates:
        del options["ensure-termination"], options["fuel"]
    flags = [
        f"--{name}" if value is None else f"--{name}={value}"
        for name, value in options.items()
    ]
    entropy = random.randbytes(random.choice(SIZES))
    done = run_wasm_tools(["smith", *flags], entropy)
    if done.returncode:
        return None
    return Source(f"{seed}-{flavour}", "smith", done.stdout, terminates)


def mutant_of(wasm: bytes, seed: int) -> bytes | None:
    """A mutant of `wasm-tools mutate`; None where it finds nothing to change."""
    done = run_wasm_tools(["mutate", "-", "--seed", str(seed)], wasm)
    return None if done.returncode else done.stdout


@lru_cache(maxsize=1)
def seed_corpus() -> tuple[Path, ...]:
    """Real modules to mutate: examples and the benchmarks' kernels."""
    return tuple(
        path
        for folder in ("examples", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.wasm"))
        if path.stat().st_size < 20_000
    )


def family(seed: int) -> list[Source]:
    """The modules of a seed, each mutant made from the one before it."""
    random = Random(seed ^ 0x5EED)
    corpus = seed_corpus()
    found = list(programs(seed, random))
    if corpus and seed % 16 == 0:
        path = random.choice(corpus)
        name, wasm = f"{seed}-{path.stem}", path.read_bytes()
    else:
        parent = smith_source(seed)
        if parent is None or len(parent.wasm) > MOST_BYTES:
            return found
        found.append(parent)
        found.extend(variants(parent.name, parent.wasm, random))
        name, wasm = parent.name, parent.wasm
    for generation in range(1, random.choice((0, 1, 1, 2)) + 1):
        mutant = mutant_of(wasm, random.getrandbits(32))
        if mutant is None or len(mutant) > MOST_BYTES or verdict(mutant)[0] is None:
            break
        wasm = mutant
        name = f"{name}-mutant-{generation}"
        # A mutant may have lost what made its parent end.
        found.append(Source(name, "mutant", wasm, False))
        found.extend(variants(name, wasm, random))
    return found


def programs(seed: int, random: Random) -> Iterator[Source]:
    """Dense programs, of which one ends without gas, wide ones, and their variants."""
    for place in range(PROGRAMS):
        terminates = place == 0
        wasm = program(seed * PROGRAMS + place, terminates=terminates)
        name = f"{seed}-program-{place}"
        yield Source(name, "program", wasm, terminates)
        yield from variants(name, wasm, random)
    if seed % 2:
        wasm = wide_program(seed)
        yield Source(f"{seed}-wide", "program", wasm, True)
        yield from variants(f"{seed}-wide", wasm, random)


def variants(name: str, wasm: bytes, random: Random) -> Iterator[Source]:
    """A few variants of a module, without those that are its equals."""
    module, _ = verdict(wasm)
    if module is None:
        return
    for number in range(VARIANTS):
        variant = variant_of(module, random.getrandbits(32))
        if variant is not None:
            yield Source(f"{name}-variant-{number}", "variant", variant, False)
