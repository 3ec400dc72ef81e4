"""`contractvm completion`: scripts that ask the program what may come next."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class

from contractvm_cli.main import cli
from tests.contractvm_cli.conftest import TOKEN_INIT, Run
from tests.helpers.examples import EXAMPLES
from tests.helpers.source_tree import ROOT


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


def offered(line: str) -> list[str]:
    """What is offered for the last word of a command line."""
    words = line.split(" ")
    complete = get_completion_class("bash")
    assert complete is not None
    found = complete(cli, {}, "contractvm", "_CONTRACTVM_COMPLETE")
    return [one.value for one in found.get_completions(words[1:-1], words[-1])]


@pytest.fixture
def named(run: Run) -> None:
    abi = EXAMPLES / "token" / "token.json"
    run("deploy", "--init-code", TOKEN_INIT, "--as", "token", "--abi", abi)
    run("book", "add", "toby", "@1")
    Path("pyproject.toml").write_text(
        f'[tool.contractvm.aliases]\nalice = "0x{"11" * 20}"\n'
    )


def test_names_of_the_book_and_the_project_are_offered(run: Run, named: None) -> None:
    assert offered("contractvm send to") == ["toby", "token"]
    assert offered("contractvm balance a") == ["alice"]
    assert offered("contractvm call token balanceOf t") == ["toby", "token"]
    assert offered("contractvm send --from al") == ["alice"]
    assert offered("contractvm book remove to") == ["toby", "token"]
    assert offered("contractvm balance @") == [f"@{index}" for index in range(10)]
    assert offered("contractvm balance $") == ["$last"]
    assert offered("contractvm receipt $") == ["$tx"]
    assert offered("contractvm trace $") == ["$last", "$tx"]


def test_functions_of_the_contract_are_offered(run: Run, named: None) -> None:
    assert offered("contractvm send token tr") == ["transfer", "transferFrom"]
    assert offered("contractvm gas token bal") == ["balanceOf"]
    address = run("book", "list", "--json").document["chains"].popitem()[1][1]
    assert offered(f"contractvm call {address['address']} sym") == ["symbol"]
    assert offered("contractvm call toby t") == []


def test_verbs_and_options_are_offered(run: Run) -> None:
    assert offered("contractvm acc") == ["accounts"]
    assert offered("contractvm --ver") == ["--version"]
    assert offered("contractvm deploy --as") == ["--as"]
    assert offered("contractvm book re") == ["remove"]


def test_damage_offers_nothing_and_shows_nothing(
    run: Run, named: None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".contractvm/book.json").write_text("[")
    assert offered("contractvm send to") == []
    Path("pyproject.toml").write_text("[tool.contractvm]\nx = 1\n")
    assert offered("contractvm send to") == []
    assert offered("contractvm send --gas") == ["--gas-limit"]
    assert capsys.readouterr().err == ""


def test_verbs_are_offered_without_importing_any(tmp_path: Path) -> None:
    program = (
        "import sys; from contractvm_cli.main import main; main();"
        "print(sorted(name for name in sys.modules if '.commands.' in name))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PYTHONPATH": str(ROOT),
            "_CONTRACTVM_COMPLETE": "bash_complete",
            "COMP_WORDS": "contractvm ca",
            "COMP_CWORD": "1",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "plain,call" in done.stdout.split()
    assert "contractvm_cli.commands" not in done.stdout
