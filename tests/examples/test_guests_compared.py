"""The page that compares guests with other packages: all its code is run."""

import os
import subprocess
import sys

import pytest

from tests.helpers.source_tree import ROOT
from tests.test_documentation import fences

PAGE = ROOT / "docs" / "guests-compared.md"
PROGRAMS = [text for language, text in fences(PAGE) if language == "python"]
PACKAGES = ("contractvm", "wasmtime", "extism")


def test_each_package_has_its_program() -> None:
    assert len(PROGRAMS) == len(PACKAGES)
    for package, program in zip(PACKAGES, PROGRAMS, strict=True):
        assert f"import {package}\n" in program or f"from {package} import" in program


@pytest.mark.parametrize("number", range(len(PACKAGES)), ids=PACKAGES)
def test_program_does_the_job(number: int) -> None:
    pytest.importorskip(PACKAGES[number], reason="make guests installs it")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAMS[number]],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
