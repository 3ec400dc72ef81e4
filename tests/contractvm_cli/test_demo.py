"""The demonstration script: it runs, and prints the same each time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.examples import EXAMPLES

REPOSITORY = EXAMPLES.parent


@pytest.fixture
def path_with_contractvm(tmp_path: Path) -> str:
    """A PATH where `contractvm` is this source tree's, run by this Python."""
    program = tmp_path / "contractvm"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{REPOSITORY}" exec "{sys.executable}"'
        ' -m contractvm_cli "$@"\n'
    )
    program.chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.slow
def test_the_demonstration_prints_the_same_twice(path_with_contractvm: str) -> None:
    first, second = (
        subprocess.run(
            [EXAMPLES / "demo.sh"],
            env={**os.environ, "PATH": path_with_contractvm},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        for _ in range(2)
    )
    assert first.returncode == 0, first.stdout
    assert first.stdout == second.stdout
    facts = dict(line.split(maxsplit=1) for line in first.stdout.splitlines()[-4:])
    assert facts["get()"] == "0x" + "00" * 31 + "02"
    assert list(facts) == ["get()", "gas", "block", "state"]
    assert "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45" in (
        first.stdout  # keccak256("abc")
    )
