"""The command line run in this process, in an empty folder."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contractvm_cli.main import main
from tests.helpers.examples import EXAMPLES

TOKEN_INIT = EXAMPLES / "token" / "token_init.wasm"
COUNTER = EXAMPLES / "counter" / "counter.wat"


@dataclass(frozen=True)
class Outcome:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout of a command that succeeded."""
        assert self.code == 0, self.err
        return json.loads(self.out)


Run = Callable[..., Outcome]


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """`run("balance", ADDRESS)`: `contractvm balance ADDRESS` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for variable in ("CONTRACTVM_DB", "CONTRACTVM_PRIVATE_KEY", "CONTRACTVM_TRACEBACK"):
        monkeypatch.delenv(variable, raising=False)

    def run_here(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run_here


@pytest.fixture
def error_of(run: Run) -> Callable[..., str]:
    """The one line of stderr of a command that must fail with exit code 1."""

    def fail(*arguments: object, code: int = 1) -> str:
        outcome = run(*arguments)
        assert outcome.code == code, outcome
        assert outcome.out == ""
        (line,) = outcome.err.splitlines()
        return line

    return fail


@pytest.fixture
def counter(run: Run) -> str:
    """The address of a counter on a new chain."""
    address: str = run("deploy", COUNTER, "--json").document["contractAddress"]
    return address


@pytest.fixture
def token(run: Run) -> str:
    """The address of a token whose whole supply the first account has."""
    deployed = run("deploy", "--init-code", TOKEN_INIT, "--json")
    address: str = deployed.document["contractAddress"]
    return address
