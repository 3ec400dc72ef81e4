"""`contractvm new`: projects that build and pass without an edit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract_testing.building.compilers import assemblyscript_version, rust_compiler
from contract_testing.building.errors import MissingTool
from contract_testing.building.templates import HOSTS, SUFFIXES
from tests.contractvm_cli.conftest import Run
from tests.helpers.building import require_zig
from tests.helpers.source_tree import ROOT

KINDS = [
    (language, host)
    for host in HOSTS
    for language in SUFFIXES
    if host != "cosmwasm" or language == "c"
]


def require_compiler(language: str) -> None:
    """Skip where the compiler of a language is not installed."""
    if language in ("c", "zig"):
        require_zig()
    try:
        if language == "rust":
            rust_compiler()
        if language == "assemblyscript":
            assemblyscript_version(ROOT)
            if shutil.which("node") is None:
                pytest.skip("node is not installed")
    except MissingTool as missing:
        pytest.skip(str(missing))


def pytest_in(folder: Path, *arguments: str) -> str:
    """What pytest prints there; it must pass."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("language", "host"), KINDS)
def test_a_new_project_builds_and_passes(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    host: str,
) -> None:
    require_compiler(language)
    made = run("new", "tally", "--language", language, "--host", host)
    assert made.code == 0
    assert made.out.splitlines()[-1] == "next: cd tally && contractvm build && pytest"
    folder = tmp_path / "tally"
    monkeypatch.chdir(folder)
    built = run("build")
    assert built.code == 0, built.err
    assert "4 passed" in pytest_in(folder)


@pytest.mark.slow
def test_the_machine_of_a_new_project_passes(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_zig()
    run("new", "tally")
    monkeypatch.chdir(tmp_path / "tally")
    assert run("build").code == 0
    assert "1 passed" in pytest_in(tmp_path / "tally", "tests/machine_tally.py")


def test_the_files_of_a_project(run: Run, tmp_path: Path) -> None:
    document = run("new", "a-b", "--json").document
    assert document == {
        "format": "contractvm-new",
        "version": 1,
        "folder": "a-b",
        "name": "a-b",
        "files": [
            "contracts/a-b.c",
            "contracts/a-b.json",
            "tests/conftest.py",
            "tests/test_a_b.py",
            "tests/machine_a_b.py",
            "pyproject.toml",
            ".gitignore",
            "README.md",
        ],
    }
    for name in document["files"]:
        text = (tmp_path / "a-b" / name).read_text()
        for placeholder in ("NAME", "EXTRAS", "HOST", "SOURCE", "INTERFACE"):
            assert placeholder not in text


@pytest.mark.parametrize("language", SUFFIXES)
@pytest.mark.parametrize("host", ["ewasm", "stylus"])
def test_every_constant_is_filled_in(
    run: Run, tmp_path: Path, language: str, host: str
) -> None:
    run("new", "x", "--language", language, "--host", host)
    source = (tmp_path / "x" / "contracts" / f"x{SUFFIXES[language]}").read_text()
    for open_place in ("[COUNTED", "{COUNTED", '"COUNTED"', "[EMPTY", '"EMPTY"'):
        assert open_place not in source


def test_an_empty_folder_is_taken_and_its_name(run: Run, tmp_path: Path) -> None:
    assert run("new", ".", "--name", "tally").code == 0
    assert (tmp_path / "contracts" / "tally.c").is_file()
    (tmp_path / "other").mkdir()
    assert run("new", "other").code == 0
    assert (tmp_path / "other" / "contracts" / "other.c").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("full",), "full is not an empty folder"),
        (("file",), "file is not an empty folder"),
        (("9lives",), "'9lives' is no name of a contract"),
        (("ok", "--name", "../x"), "'../x' is no name of a contract"),
        (("ok", "--host", "cosmwasm", "--language", "zig"), "CosmWasm begin in C"),
    ],
)
def test_what_cannot_be_made_changes_nothing(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").write_text("")
    (tmp_path / "file").write_text("")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    outcome = run("new", *arguments)
    assert outcome.code == 1
    (line,) = outcome.err.splitlines()
    assert words in line
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("language", "host", "most"),
    [("c", "ewasm", 900), ("c", "stylus", 1_110), ("zig", "ewasm", 1_030)],
)
def test_a_new_contract_is_small(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    host: str,
    most: int,
) -> None:
    require_zig()
    run("new", "tally", "--language", language, "--host", host)
    monkeypatch.chdir(tmp_path / "tally")
    (built,) = run("build", "--json").document["contracts"]
    assert most - 20 < built["bytes"] <= most
