"""Other projects' pytest plugins beside ours: no name is taken twice."""

import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.helpers.examples import EXAMPLES
from tests.helpers.node_clients import require
from tests.helpers.source_tree import ROOT

# The libraries of the other project come first, ours fill the gaps.
RUN = (
    "import sys; sys.path += sys.argv[1:3]; import pytest;"
    " sys.exit(pytest.main(sys.argv[3:]))"
)
TESTS = """
import asyncio
import sys

import pytest

@pytest.fixture(scope="module")
def counter(cvm):
    return cvm.deploy("counter.wat", abi=["increment()(uint256)", "get()(uint256)"])

@pytest.mark.parametrize("turn", range(2))
def test_counter(cvm, counter, turn):
    assert counter.increment().return_value == 1
    assert cvm.cosmos.head.height == 1
    cvm.cosmos.account("alice")

@pytest.mark.skipif("pytest_asyncio" not in sys.modules, reason="no asyncio here")
@pytest.mark.asyncio
async def test_async(cvm, counter):
    await asyncio.sleep(0)
    assert counter.increment().return_value == 1
"""
FIXTURES = {
    "titanoboa": "cvm",
    "ape": "accounts",
    "pytest-asyncio": "event_loop_policy",
}
OPTIONS = {"titanoboa": "--gas-profile", "ape": "--gas-exclude", "pytest-asyncio": ""}
PASSED = {"titanoboa": 2, "ape": 0, "pytest-asyncio": 3}


def run(name: str, folder: Path, *arguments: str) -> str:
    """What pytest prints in the other project's environment; fails where it fails."""
    done = subprocess.run(
        [
            *(require(f"{name}/bin/python"), "-c", RUN, ROOT),
            *(sysconfig.get_path("purelib"), "-p", "no:cacheprovider", *arguments),
        ],
        cwd=folder,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", FIXTURES)
def test_names_do_not_collide(name: str, tmp_path: Path) -> None:
    text = (EXAMPLES / "counter" / "counter.wat").read_text()
    (tmp_path / "counter.wat").write_text(text)
    (tmp_path / "test_a.py").write_text(TESTS)
    shown = run(name, tmp_path, "--fixtures", "-q")
    assert (
        sum(line.startswith("cvm [session scope]") for line in shown.splitlines()) == 1
    )
    assert FIXTURES[name] in shown
    options = run(name, tmp_path, "--help")
    for option in ("--gas-snapshot", "--contract-fork", OPTIONS[name]):
        assert option in options
    assert "--contractvm-" not in options
    if PASSED[name]:
        # ape's plugin runs tests on a network of its own.
        found = run(name, tmp_path, "-q", "--gas-report")
        assert f"{PASSED[name]} passed" in found
