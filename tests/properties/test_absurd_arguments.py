"""Absurd calls of compiled modules from Python never end the process."""

import os
import re
import subprocess
import sys
from importlib import import_module

import pytest

from tests.helpers.source_tree import ROOT
from tools.absurd.__main__ import Absurdity
from tools.absurd.targets import all_targets, compiled_names

IS_SANITIZED = "libasan" in os.environ.get("LD_PRELOAD", "")
# The address sanitizer reserves far more addresses than any limit: it has its own.
MOST_MEGABYTES = "max_allocation_size_mb=1024"
LAST_LINES = 5


def run_rounds(rounds: int, seed: int, seconds: int) -> str:
    """The last line of a child that makes absurd calls."""
    options = os.environ.get("ASAN_OPTIONS", "")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tools.absurd"),
            *("--rounds", str(rounds), "--seed", str(seed)),
            *(["--no-limit"] if IS_SANITIZED else []),
        ],
        cwd=ROOT,
        env=os.environ
        | {"PYTHONHASHSEED": "0", "ASAN_OPTIONS": f"{options}:{MOST_MEGABYTES}"},
        capture_output=True,
        check=False,
        text=True,
        timeout=seconds,
    )
    last = done.stdout.splitlines()[-LAST_LINES:]
    assert done.returncode == 0, "\n".join(
        (f"exit code {done.returncode} in the last of these calls:", *last, done.stderr)
    )
    return last[-1]


def calls_and_targets(line: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d+) calls of (\d+) targets", line)
    assert found is not None, line
    return int(found[1]), int(found[2])


def test_absurd_calls_end_in_a_result_or_an_exception() -> None:
    calls, targets = calls_and_targets(run_rounds(150, seed=0, seconds=240))
    assert calls > 150 * 60
    assert targets == len(all_targets())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 7))
def test_many_absurd_calls_end_in_a_result_or_an_exception(seed: int) -> None:
    calls, _ = calls_and_targets(run_rounds(1_000, seed, seconds=900))
    assert calls > 1_000 * 60


def test_the_same_seed_makes_the_same_calls() -> None:
    assert run_rounds(5, seed=9, seconds=60) == run_rounds(5, seed=9, seconds=60)


def test_every_compiled_module_is_tried() -> None:
    names = {target.name for target in all_targets()}
    assert len(compiled_names()) == len(list(ROOT.glob("c*/**/*.pyx")))
    assert {
        "chain_sim.ethereum.trie.lookup.find_value",
        "contract_fuzz.judging.feature_map.FeatureMap.observe",
        "contractvm.wasm.interpreter.store.Table.get",
        "contractvm.wasm.interpreter.interpreter.Execution.resume",
        "contractvm.wasm.validation.body_validator.BodyValidator.__init__",
    } <= names
    for name in compiled_names():
        assert import_module(name).__file__.endswith(".so")  # type: ignore[union-attr]


def test_an_error_of_the_interpreter_is_no_answer() -> None:
    absurdity = Absurdity(0)

    def broken() -> None:
        raise SystemError("NULL result without error")

    assert absurdity.attempt("broken", broken) is None
    assert absurdity.faults == [
        "broken: SystemError('NULL result without error')",
    ]
