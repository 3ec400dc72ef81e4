"""Clients in Python environments of their own: `make clients` makes these."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.node_clients import client_of_node, require, run_script
from tests.helpers.source_tree import ROOT

HERE = Path(__file__).parent
SCRIPTS = HERE / "python"
WEB3_TESTS = 12


@pytest.mark.parametrize(
    ("name", "checks"), [("titanoboa", "10 checks"), ("ape", "14 checks")]
)
def test_script_passes(name: str, checks: str, tmp_path: Path) -> None:
    python = require(f"{name}/bin/python")
    require(f"{name}/bin/{'ape' if name == 'ape' else 'vyper'}")
    command = [python, SCRIPTS / f"{name}_script.py"]
    with client_of_node() as client:
        found = run_script(command, tmp_path, client, {"HOME": str(tmp_path)})
    assert found == checks


def test_what_web3_8_does_web3_7_does() -> None:
    """The same tests, with the libraries of version 7 before those of this process."""
    (libraries,) = require("web3-7").glob("lib/python3*/site-packages")
    if not (libraries / "web3").exists():
        pytest.skip("no web3 7 in build/clients: `make clients` installs it")
    environment = {**os.environ, "PYTHONPATH": str(libraries), "WEB3_VERSION": "7"}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:xdist"),
            *("-W", "ignore::DeprecationWarning", HERE / "test_web3.py"),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"{WEB3_TESTS} passed" in done.stdout
