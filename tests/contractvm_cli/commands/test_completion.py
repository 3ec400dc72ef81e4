"""`contractvm completion`: scripts that ask the program what may come next."""

import os
import subprocess
import sys

import pytest

from tests.contractvm_cli.conftest import Run


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_asks_the_program(run: Run, shell: str) -> None:
    script = run("completion", shell).out
    assert f"_CONTRACTVM_COMPLETE={shell}_complete" in script
    assert run("completion", shell, "--json").document["script"] + "\n" == script
    assert run("completion", "csh").code == 2


def test_verbs_complete() -> None:
    asked = {
        **os.environ,
        "_CONTRACTVM_COMPLETE": "bash_complete",
        "COMP_WORDS": "contractvm rec",
        "COMP_CWORD": "1",
    }
    found = subprocess.run(
        [sys.executable, "-m", "contractvm_cli"],
        env=asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == "plain,receipt\n"
