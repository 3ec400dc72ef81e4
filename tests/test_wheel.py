"""A wheel built from the source distribution works without the sources."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.helpers.source_tree import PACKAGES, ROOT

ADD = """
(module
  (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Standard output of a command that must succeed."""
    clean = {
        key: value for key, value in os.environ.items() if not key.startswith("PYTHON")
    }
    # The test only checks that all is there; optimising takes three times as long.
    clean["CONTRACTVM_COMPILE"] = "quickly"
    finished = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a clean environment with the wheel in it."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    listed = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    for name in filter(None, listed):
        target = sources / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "--no-isolation", ".", cwd=sources)
    (wheel,) = (sources / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
        assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    venv.create(folder / "clean", with_pip=True)
    binaries = folder / "clean" / "bin"
    install = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    # Python compiles a package's files when it imports them, and imports few.
    run(binaries / "python", *install, "--no-compile", wheel, cwd=folder)
    return binaries


@pytest.mark.slow
def test_wheel_works_where_the_sources_are_not(installed: Path, tmp_path: Path) -> None:
    program = (
        "from contractvm.wasm.structure import instruction_reader as reader\n"
        "from gas_schedule.loader import list_schedules\n"
        "print(reader.__file__.rpartition('.')[2], list_schedules())"
    )
    output = run(installed / "python", "-c", program, cwd=tmp_path)
    suffix, _, schedules = output.partition(" ")
    assert suffix == "so"
    assert "ewasm-metered" in schedules

    (tmp_path / "add.wat").write_text(ADD)
    command = ("run", "add.wat", "--invoke", "add", "2", "3", "--gas", "1000")
    output = run(installed / "contractvm", *command, "--json", cwd=tmp_path)
    assert isinstance(json.loads(output), dict)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["ewasm", "stylus"])
def test_a_newcomers_hour_with_the_wheel(
    installed: Path, tmp_path: Path, host: str
) -> None:
    (wheel,) = installed.parents[1].glob("sources/dist/*.whl")
    install = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    wanted = f"{wheel}[c,fuzz,stylus]"
    run(installed / "python", *install, wanted, "pytest", cwd=tmp_path)
    path = f"PATH={installed}{os.pathsep}{os.environ['PATH']}"
    script = ROOT / "tools" / "newcomer.sh"
    said = run("env", path, "bash", script, host, tmp_path, cwd=tmp_path)
    assert said.endswith("== that was the hour\n")
