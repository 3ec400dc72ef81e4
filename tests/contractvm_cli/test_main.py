"""The whole program: start, help, exit codes, failures."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from contractvm.errors import InternalError
from contractvm_cli.commands import schedule
from contractvm_cli.main import cli
from contractvm_cli.verbs import VERBS
from tests.contractvm_cli.conftest import Run

REPOSITORY = Path(__file__).parents[2]
HEAVY = ("rlp", "eth_account", "eth_abi", "wasmtime", "coincurve", "py_ecc", "plyvel")


def in_process(
    code: str, *arguments: str, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Python code in a separate process, at the repository's root."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )


def leaf_commands() -> list[tuple[str, click.Command]]:
    """Every command, by the words that call it."""
    found = []
    for name in VERBS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", c) for sub, c in command.commands.items()]
        else:
            found.append((name, command))
    return found


def test_help_imports_neither_the_chain_nor_any_heavy_library() -> None:
    code = (
        "import sys; from contractvm_cli.main import main; main(['--help']);"
        "print([name for name in sys.modules if name.split('.')[0] in"
        f" {(*HEAVY, 'chain_sim', 'rich')!r}], file=sys.stderr)"
    )
    done = in_process(code)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: contractvm")
    assert done.stderr == "[]\n"


def test_run_of_a_module_imports_nothing_of_the_chain() -> None:
    code = (
        "import sys; from contractvm_cli.main import main; main(sys.argv[1:]);"
        "print([name for name in sys.modules if name.split('.')[0] in"
        f" {(*HEAVY, 'chain_sim')!r}], file=sys.stderr)"
    )
    done = in_process(code, "inspect", "examples/token/token.wasm", "--json")
    assert done.returncode == 0
    assert done.stderr == "[]\n"


def test_help_lists_every_verb(run: Run) -> None:
    text = run("--help").out
    for name, verb in VERBS.items():
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert command.name == name
        assert verb.short_help in text


@pytest.mark.parametrize(
    ("words", "command"), leaf_commands(), ids=[words for words, _ in leaf_commands()]
)
def test_every_verb_takes_json_and_shows_an_example(
    run: Run, words: str, command: click.Command
) -> None:
    assert "--json" in [name for param in command.params for name in param.opts]
    outcome = run(*words.split(), "--help")
    assert outcome.code == 0
    assert f"Example:\n    contractvm {words}" in outcome.out


def test_version_is_one_line(run: Run) -> None:
    outcome = run("--version")
    assert outcome.code == 0
    assert outcome.out.startswith("contractvm ")
    assert outcome.out.count("\n") == 1


def test_no_verb_shows_the_help_as_wrong_usage(run: Run) -> None:
    outcome = run()
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("Usage: contractvm")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["bake"], "error: No such command 'bake'; see 'contractvm --help'"),
        (["--bake"], "error: No such option '--bake'; see 'contractvm --help'"),
        (
            ["balance"],
            "error: Missing argument 'ADDRESS'; see 'contractvm balance --help'",
        ),
        (
            ["balance", "0x12"],
            "error: Invalid value for 'ADDRESS': not an address: '0x12': 2 hexadecimal"
            " digits, not 40; see 'contractvm balance --help'",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_two(
    error_of: Callable[..., str], arguments: list[str], line: str
) -> None:
    assert error_of(*arguments, code=2) == line


def break_verb(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `contractvm schedule list` raise `error`."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(schedule, "list_schedules", fail)


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InternalError("missing node"), 70, "internal error: missing node"),
        (
            ZeroDivisionError("ouch\nand more"),
            70,
            "internal error: ZeroDivisionError: ouch\\nand more; this is a bug of"
            " contractvm: CONTRACTVM_TRACEBACK=1 shows where it happened",
        ),
        (
            PermissionError(13, "Permission denied", "/x"),
            1,
            "error: /x: permission denied",
        ),
        (OSError("strange"), 1, "error: strange"),
    ],
)
def test_a_failure_is_one_line_and_no_traceback(
    error_of: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    line: str,
) -> None:
    break_verb(monkeypatch, error)
    assert error_of("schedule", "list", code=code) == line


def test_an_interrupt_ends_silently_with_130(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_verb(monkeypatch, KeyboardInterrupt())
    outcome = run("schedule", "list")
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


def test_a_traceback_is_shown_on_request(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_verb(monkeypatch, ZeroDivisionError())
    monkeypatch.setenv("CONTRACTVM_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        run("schedule", "list")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["schedule", "show", "ewasm-hera"], 141),
        (["schedule", "list", "--json"], 141),
        (["--help"], 1),  # click's own
    ],
)
def test_a_reader_that_leaves_is_no_error_message(
    arguments: list[str], code: int
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    program = (
        "import sys; from contractvm_cli.main import main; sys.exit(main(sys.argv[1:]))"
    )
    done = in_process(program, *arguments, stdout=writing)
    os.close(writing)
    assert done.stderr == ""
    assert done.returncode == code
