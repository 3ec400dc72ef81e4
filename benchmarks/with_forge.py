"""forge's fuzzing of the contracts in `benchmarks/forge`, and its processor seconds."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

PROJECT = Path(__file__).with_name("forge")
INSTALLED = Path(sys.prefix) / "forge"
CORPUS = "corpus"


class ForgeMissing(Exception):
    """forge, or what compiles its tests, isn't there."""


class ForgeFailed(Exception):
    """forge ran, but not the cases that it was asked for."""


def find_forge(installed: Path = INSTALLED) -> Path:
    """The program that `make bench` installs; raises ForgeMissing with the reason."""
    forge = installed / "node_modules" / ".bin" / "forge"
    if shutil.which("npm") is None:
        raise ForgeMissing("it comes with npm (Node.js), which is not on the path")
    if not forge.exists():
        raise ForgeMissing("it is not installed; `make bench` does that")
    if not _vyper_folder().joinpath("vyper").exists():
        raise ForgeMissing("its tests need vyper; `make bench` installs it")
    return forge


class ForgeRun(NamedTuple):
    """How many cases forge is to run, and whether coverage guides it."""

    cases: int
    is_guided: bool = False


class ForgeProject:
    """The contracts and their tests, compiled once by forge in a folder of its own."""

    def __init__(self, forge: Path, folder: Path) -> None:
        self._forge = forge
        self._folder = folder

    @property
    def version(self) -> str:
        """As forge says it: the first line of several."""
        return self._run("--version").stdout.splitlines()[0]

    def seconds(self, contract: str, run: ForgeRun) -> float:
        """Processor seconds of a whole run of the contract's test, on one thread.

        A guided one starts without a corpus. Raises ForgeFailed.
        """
        shutil.rmtree(self._folder / CORPUS, ignore_errors=True)
        began = children_seconds()
        done = self._run(
            *("test", "--json", "--match-path", f"test/{contract}.t.vy"),
            *("--fuzz-runs", str(run.cases)),
            profile="guided" if run.is_guided else "default",
        )
        taken = children_seconds() - began
        ran = count_runs(done.stdout, done.stderr)
        if ran != run.cases:
            raise ForgeFailed(f"{ran} cases instead of {run.cases}")
        return taken

    def _run(
        self, *arguments: str, profile: str = "default"
    ) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join([str(_vyper_folder()), os.environ["PATH"]])
        return subprocess.run(
            [self._forge, *arguments],
            cwd=self._folder,
            env=os.environ | {"PATH": path, "FOUNDRY_PROFILE": profile},
            capture_output=True,
            text=True,
            check=False,
        )


@contextmanager
def forge_project() -> Iterator[ForgeProject]:
    """The project in a folder that is removed; raises ForgeMissing and ForgeFailed."""
    forge = find_forge()
    with TemporaryDirectory() as name:
        folder = Path(name) / PROJECT.name
        shutil.copytree(PROJECT, folder)
        project = ForgeProject(forge, folder)
        for contract in ("Counter", "Token"):
            project.seconds(contract, ForgeRun(1))
        yield project


def count_runs(report: str, errors: str = "") -> int:
    """The cases that `forge test --json` says it ran, of one fuzzed test.

    The report is the last line; long guided runs print their progress before it. Raises
    ForgeFailed where the test failed, or there is no such report.
    """
    last_line = report.strip().rpartition("\n")[2]
    try:
        (suite,) = json.loads(last_line).values()
        (result,) = suite["test_results"].values()
    except (AttributeError, ValueError) as error:
        said = f"{report.strip()}\n{errors.strip()}".strip()
        raise ForgeFailed(said or "no report") from error
    if result["status"] != "Success":
        raise ForgeFailed(f"the test failed: {result['reason']}")
    return int(result["kind"]["Fuzz"]["runs"])


def children_seconds() -> float:
    """Processor seconds of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _vyper_folder() -> Path:
    return Path(sys.executable).parent
