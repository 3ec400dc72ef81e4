"""A host interface of another distribution: installed, and used by every command."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.examples import EXAMPLES

FOLDER = EXAMPLES / "greeter_host"
ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ADA = "0x416461"
SCHEDULE = str(FOLDER / "greeter.toml")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the installed example."""
    folder = tmp_path_factory.mktemp("greeter")
    sources = shutil.copytree(FOLDER, folder / "sources")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install")
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target")
    subprocess.run(
        [*pip, *options, str(folder / "site"), str(sources)],
        check=True,
        capture_output=True,
    )
    return folder / "site"


def run(site: Path | None, folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command."""
    path = "" if site is None else str(site)
    done = subprocess.run(
        [sys.executable, "-m", "contractvm_cli", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def document(site: Path, folder: Path, *arguments: str) -> Any:
    code, output, error = run(site, folder, *arguments, "--json")
    assert code == 0, error
    return json.loads(output)


@pytest.fixture
def deployed(site: Path, tmp_path: Path) -> Path:
    wat = str(FOLDER / "greeter.wat")
    made = document(site, tmp_path, "deploy", wat, "--schedule", SCHEDULE)
    assert made["contractAddress"] == ADDRESS
    return tmp_path


def test_a_contract_is_called_with_exact_gas(site: Path, deployed: Path) -> None:
    """The first visit costs 4,000 more; a read-only call keeps nothing."""
    first = document(site, deployed, "call", ADDRESS, "--data", ADA)
    assert first["output"] == "0x41646131"
    sent = document(site, deployed, "send", ADDRESS, "--data", ADA)
    second = document(site, deployed, "call", ADDRESS, "--data", ADA)
    assert second["output"] == "0x41646132"
    used = [result["gasUsed"] for result in (first, sent, second)]
    assert used == [26_574, 26_574, 22_574]


def test_the_ledger_explains_it_and_closes(site: Path, deployed: Path) -> None:
    report = document(site, deployed, "gas", ADDRESS, "--data", ADA)
    parts = {
        (part["group"], part["name"]): (part["count"], part["units"])
        for group in report["groups"]
        for part in group["parts"]
    }
    assert parts["host", "read_name"] == (1, (10 + 3) * 100)
    assert parts["host", "count_visit"] == (1, 500 * 100)
    assert parts["host", "greet"] == (1, 4 * 100)
    assert parts["storage", "count_visit first visit"] == (1, 4_000 * 100)
    assert report["remainder"] == 0


def test_it_is_fuzzed_on_both_engines(site: Path, deployed: Path) -> None:
    options = ("--runs", "200", "--oracles", "engines,ledger", "--check-share", "100")
    report = document(site, deployed, "fuzz", ADDRESS, *options)
    assert report["findings"] == []


def test_check_and_inspect_know_it(site: Path, tmp_path: Path) -> None:
    wat = str(FOLDER / "greeter.wat")
    checked = document(site, tmp_path, "check", wat, "--profile", "greeter")
    assert checked["verdict"] == "closed"
    shown = document(site, tmp_path, "inspect", wat)
    assert shown["greeter"] == {"verdict": True, "reason": None}
    assert shown["ewasm"]["verdict"] is False


def test_without_the_distribution_the_name_is_unknown(tmp_path: Path) -> None:
    wat = str(FOLDER / "greeter.wat")
    code, _, error = run(None, tmp_path, "deploy", wat, "--schedule", SCHEDULE)
    assert code == 1
    assert "no host interface 'greeter': there are cosmwasm, ewasm" in error
    assert not (tmp_path / ".contractvm").exists()
