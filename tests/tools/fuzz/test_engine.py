"""The engine fuzzer: no difference on sound engines, and faults are detected."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from contractvm.wasm.binary.decoder import decode_module
from tests.helpers.wat import wat_to_wasm
from tools.fuzz.comparison import compare_module
from tools.fuzz.corpus import CORPUS, Case, read_case
from tools.fuzz.ours import OurInstance
from tools.fuzz.programs import program
from tools.fuzz.sources import FLAVOURS, Source, family
from tools.fuzz.variants import variant_of, verdict

ADDER = wat_to_wasm("""(module (memory 1) (global (mut i32) (i32.const 0))
  (func (export "f") (param i32) (result i32)
    (i32.store (i32.const 0) (local.get 0))
    (global.set 0 (i32.add (global.get 0) (i32.const 1)))
    (i32.add (local.get 0) (i32.const 5))))""")


def compare(source: Source, seed: int) -> int:
    report = compare_module(source.wasm, seed, terminates=source.terminates)
    assert report.difference is None
    return report.calls


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda p: p.stem)
def test_what_once_differed_is_the_same(path: Path) -> None:
    assert read_case(path).difference() is None


@pytest.mark.parametrize("seed", range(8))
def test_dense_programs_do_the_same_on_both_engines(seed: int) -> None:
    for terminates in (True, False):
        wasm = program(seed, terminates=terminates)
        assert compare(Source("program", "program", wasm, terminates), seed) > 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_all_modules_of_a_seed_do_the_same_on_both_engines(seed: int) -> None:
    assert sum(compare(source, seed) for source in family(seed)) > 0


def test_a_seed_gives_the_same_modules_again() -> None:
    assert family(16) == family(16)


def test_every_flavour_of_smith_is_met() -> None:
    drawn = {Random(seed).choice(sorted(FLAVOURS)) for seed in range(100)}
    assert drawn == set(FLAVOURS)


def test_dense_programs_are_valid() -> None:
    for seed in range(40):
        assert verdict(program(seed, terminates=False))[1] is None


def test_a_variant_is_valid_and_another_module() -> None:
    found = 0
    for seed in range(10):
        wasm = program(seed, terminates=False)
        variant = variant_of(decode_module(wasm), seed)
        if variant is not None:
            found += 1
            assert variant != wasm
            assert verdict(variant)[1] is None
    assert found > 5


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("i32.const 5", "i32.const 6", "call 0"),
        ("i32.store (", "i32.store offset=1 (", "state"),
        ("(i32.const 1)))", "(i32.const 2)))", "state"),
    ],
)
def test_a_wrong_result_memory_or_global_is_seen(
    before: str, after: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our side runs another module than wasmtime."""
    source = """(module (memory 1) (global (mut i32) (i32.const 0))
      (func (export "f") (param i32) (result i32)
        (i32.store (i32.const 0) (i32.const 1))
        (global.set 0 (i32.add (global.get 0) (i32.const 1)))
        (i32.add (local.get 0) (i32.const 5))))"""
    right, wrong = wat_to_wasm(source), wat_to_wasm(source.replace(before, after, 1))
    assert compare_module(right, 1, terminates=True).difference is None
    original = OurInstance.__init__

    def confused(self: OurInstance, module: object) -> None:
        original(self, exposed_wrong)
        assert module != exposed_wrong

    exposed_wrong = exposed_form(wrong)
    monkeypatch.setattr(OurInstance, "__init__", confused)
    found = compare_module(right, 1, terminates=True).difference
    assert found is not None
    assert found.place.startswith(place)


def exposed_form(wasm: bytes) -> object:
    """As it is given to our side."""
    seen: list[object] = []
    original = OurInstance.__init__

    def spy(self: OurInstance, module: object) -> None:
        seen.append(module)
        original(self, module)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OurInstance, "__init__", spy)
        compare_module(wasm, 1, terminates=True)
    return seen[0]


def test_a_case_file_holds_what_runs_it_again(tmp_path: Path) -> None:
    case = Case("name", 7, True, ADDER, "a story")
    path = case.write(tmp_path)
    assert read_case(path) == case
    assert json.loads(path.read_text())["story"] == "a story"
    assert read_case(path).difference() is None


def test_the_command_tells_how_many_ran_and_where_to_go_on(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "tools.fuzz.engine", "--seconds", "60"),
        *("--count", "4", "--workers", "1", "--seed", "5", "--corpus", str(tmp_path)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1]
    assert (done.returncode, done.stderr) == (0, "")
    assert "0 differences: the same on both engines; go on with --seed 6" in last
    assert list(tmp_path.iterdir()) == []
