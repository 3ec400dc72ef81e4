"""A case is the same file, with the same replay, in another process and folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chain_sim.ethereum.capture.case_document import encode_case
from tests.helpers.histories import EVERYTHING, history_of
from tests.helpers.source_tree import ROOT

CAPTURE = """
from chain_sim.ethereum.capture.case_document import encode_case
from tests.helpers.histories import EVERYTHING, history_of
chain = history_of(EVERYTHING).chain
print(encode_case(chain.export.capture(chain.head.transactions[-1].hash)), end="")
"""


def output_of(arguments: list[str], hash_seed: str, folder: Path) -> str:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize("hash_seed", ["1", "12345"])
def test_another_process_makes_the_same_case_and_replays_it(
    hash_seed: str, tmp_path: Path
) -> None:
    chain = history_of(EVERYTHING).chain
    text = encode_case(chain.export.capture(chain.head.transactions[-1].hash))
    assert output_of(["-c", CAPTURE], hash_seed, tmp_path) == text
    tmp_path.joinpath("case.json").write_text(text)
    for engine in ("interpreter", "wasmtime"):
        arguments = ["replay", "case.json", "--json", "--engine", engine]
        program = ["-m", "contractvm_cli", *arguments]
        shown = output_of(program, hash_seed, tmp_path)
        assert '"same": true' in shown
        assert sorted(path.name for path in tmp_path.iterdir()) == ["case.json"]
