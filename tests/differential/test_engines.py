"""Our two engines on instrumented modules: everything agrees, to the unit."""

from pathlib import Path
from random import Random

import pytest

from contractvm.wasm.interpreter.engine import InterpreterEngine
from tests.helpers.compare_engines import compare_engines
from tests.helpers.smith import smith_module
from tests.helpers.source_tree import ROOT
from tests.helpers.wat import wat_to_wasm
from tests.helpers.wrong_engine import MiscountingEngine, WrongEngine
from tools.fuzz.programs import program
from tools.fuzz.sources import family

REAL = sorted(
    path.relative_to(ROOT)
    for folder in ("examples", "benchmarks/kernels")
    for path in (ROOT / folder).rglob("*.wasm")
)


@pytest.mark.parametrize("path", REAL, ids=str)
def test_real_modules_run_alike(path: Path) -> None:
    for seed in range(3):
        found = compare_engines((ROOT / path).read_bytes(), seed)
        assert (found.skipped, found.difference) == (None, None)
        assert found.calls > 0


@pytest.mark.parametrize("seed", range(40))
def test_random_modules_run_alike(seed: int) -> None:
    options = {"allow_floats": "true", "max_imports": seed % 4}
    found = compare_engines(smith_module(seed + 900, **options), seed)
    assert found.difference is None


@pytest.mark.parametrize("seed", range(40))
def test_programs_run_alike(seed: int) -> None:
    found = compare_engines(program(seed + 900, terminates=seed % 2 == 0), seed)
    assert (found.skipped, found.difference) == (None, None)
    assert found.calls > 0


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 400, 50))
def test_many_generated_modules_run_alike(start: int) -> None:
    calls = 0
    for seed in range(start, start + 50):
        for source in family(seed):
            found = compare_engines(source.wasm, Random(seed).randrange(1 << 30))
            assert found.difference is None, source.name
            calls += found.calls
    assert calls > 1_000


# The comparison detects differences

SOURCE = wat_to_wasm("""(module (memory 1) (global $g (mut i32) (i32.const 1))
  (table 1 2 funcref)
  (func (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))""")


class Writing(WrongEngine):
    def spoil(self, instance) -> None:
        instance.exports["memory 0"].write(3, b"!")


class Setting(WrongEngine):
    def spoil(self, instance) -> None:
        instance.exports["global 0"].value += 1


class Growing(WrongEngine):
    def spoil(self, instance) -> None:
        instance.exports["table 0"].grow(1)


@pytest.mark.parametrize("kind", [MiscountingEngine, Writing, Setting, Growing])
def test_a_wrong_engine_is_found_out(kind: type[WrongEngine]) -> None:
    engines = InterpreterEngine(), InterpreterEngine()
    assert compare_engines(SOURCE, engines=engines).difference is None
    found = compare_engines(SOURCE, engines=(InterpreterEngine(), kind()))
    assert found.difference is not None


def test_what_cannot_be_compared_says_why() -> None:
    assert "invalid" in str(compare_engines(b"\0asm").skipped)
    large = wat_to_wasm("(module (memory 1025))")
    assert compare_engines(large).skipped == "large memories or tables"
    trapping = wat_to_wasm("(module (start 0) (func unreachable))")
    assert "unreachable" in str(compare_engines(trapping).skipped)
