"""Small verbs print what cast 1.7.1 prints: what it printed is kept beside this."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.source_tree import ROOT

CAST = ROOT / "build/clients/node_modules/@foundry-rs/cast-linux-amd64/bin/cast"
CASES = json.loads(Path(__file__).with_name("values_as_cast.json").read_text())


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 60
    assert len({case["ours"][0] for case in CASES}) >= 14


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case["ours"])[:40])
def test_ours_print_the_same(run: Run, case: dict[str, list[str]]) -> None:
    assert run(*case["ours"]).out == f"{case['out']}\n"


@pytest.mark.slow
def test_cast_prints_it_too() -> None:
    if not CAST.is_file():
        pytest.skip("no cast: `make clients` installs it from npm")
    for case in CASES:
        done = subprocess.run(
            [CAST, *case["cast"]], capture_output=True, text=True, check=True
        )
        assert done.stdout.rstrip().removeprefix("Computed Address: ") == case["out"]
