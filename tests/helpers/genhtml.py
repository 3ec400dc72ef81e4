"""Run genhtml, which makes pages of lcov files, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest


def run_genhtml(folder: Path, name: str) -> str:
    """What it prints of a file in a folder; skips the test where it is absent."""
    genhtml = shutil.which("genhtml")
    if genhtml is None:
        pytest.skip("genhtml is not installed (apt install lcov)")
    done = subprocess.run(
        [genhtml, "--branch-coverage", name, "-o", "pages"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
