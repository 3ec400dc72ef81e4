"""Messages: large and negative numbers, text that is none, tables, the start."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.source_tree import ROOT

ErrorOf = Callable[..., str]
LARGE = "9" * 80
A = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
RANGE = "80 digits, more than the 78 of 256 bits"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["call", A, "f(uint256)", LARGE], RANGE),
        (["call", A, "f(uint256)", "0x" + "f" * 65], "65 digits, more than the 64"),
        (["call", A, "f(uint256)", "9" * 5_000], "5000 digits, more than the 78"),
        (["send", A, "--value", LARGE], RANGE),
        (["send", A, "--gas-limit", LARGE], RANGE),
        (["storage", A, LARGE], RANGE),
        (["mine", "--interval", LARGE], "80 digits: later than a block can be"),
        (["time", "set", LARGE], "80 digits: later than a block can be"),
        (["time", "increase", LARGE], "80 digits: later than a block can be"),
        (["block", LARGE], "80 digits: no chain is so long"),
        (["balance", A, "--at", LARGE], "80 digits: no chain is so long"),
        (["log", "-n", LARGE], "is not in the range 1<=x<=9223372036854775807"),
        (["db", "gc", "--keep", LARGE], "is not in the range 1<=x"),
        (["mine", "-1"], "-1 is not in the range 1<=x<=1000000"),
        (["storage", A, "-1"], "not between 0 and 2^256 - 1"),
        (["blame", A, "-1"], "not between 0 and 2^256 - 1"),
        (["proof", A, "-1"], "not between 0 and 2^256 - 1"),
        (["time", "set", "-1"], "not a time: '-1'"),
        (["time", "increase", "-5"], "not a length of time: '-5'"),
        (["block", "-1"], "not a block: '-1'"),
        (["branch", "create", "b", "-1"], "not a block: '-1'"),
        (["receipt", "-5"], "not a hash: '-5'"),
        (["balance", "-1"], "not an address: '-1'"),
        (["call", A, "f(int8)", "-1", "--nope"], "No such option '--nope'"),
        (["call", A, "f(int8)", "-1", "-x"], "No such option '-x'"),
        (["balance", A, "--at", "1:x"], "comes a transaction's index: 0, 1, ...;"),
        (["call", A, "f(string)", "\udcff"], "'\\udcff' is not of the type string"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_is_wrong_is_said(
    error_of: ErrorOf, counter: str, arguments: list[str], reason: str
) -> None:
    line = error_of(*arguments, code=2)
    assert reason in line
    assert "codec" not in line


def test_negative_numbers_are_taken_next_to_options(run: Run, counter: str) -> None:
    outcome = run("call", A, "f(int8)", "-1", "--from", "2", "--at=1", "--json")
    assert outcome.err == "error: call failed: reverted without a reason\n"
    assert "f(int8)" not in run("mine", "1", "--", "-1").out


def test_a_database_that_has_no_name_in_utf_8(error_of: ErrorOf) -> None:
    assert error_of("mine", "--db", "\udcff") == (
        "error: database \\udcff: its name is not UTF-8; name another directory with"
        " --db"
    )


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("/nonexistent/x.json", "no such file or directory"),
        ("folder", "is a directory"),
        ("pipe", "not a regular file"),
        ("/dev/null", "not a regular file"),
    ],
)
def test_a_dump_names_the_file_that_was_asked_for_and_replaces_only_files(
    error_of: ErrorOf, counter: str, tmp_path: Path, target: str, reason: str
) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    before = os.stat(target).st_mode if os.path.exists(target) else None
    assert error_of("dump", target) == f"error: {target}: {reason}"
    assert (os.stat(target).st_mode if os.path.exists(target) else None) == before


def test_the_reason_of_a_failure_is_said_once(run: Run, token: str) -> None:
    outcome = run("send", token, "transfer(address,uint256)", A, 1, "--from", 1)
    assert outcome.err.count("balance too low") == 1
    assert outcome.out.count("balance too low") == 0
    assert "status       failed\n" in outcome.out


TERMINAL = """
import sys
from unittest.mock import patch
from contractvm_cli.main import main
with patch("rich.console.Console.is_terminal", True):
    sys.exit(main(sys.argv[1:]))
"""


def on_terminal(folder: Path, width: int, *arguments: str) -> list[str]:
    """The lines of a command's output on a terminal so wide."""
    done = subprocess.run(
        [sys.executable, "-c", TERMINAL, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "COLUMNS": str(width),
            "LINES": "24",  # Without it Rich takes a dumb terminal to have 80 columns.
            "TERM": "dumb",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.splitlines()


HASH = "0x688b48fe443fdab83ba594e73c83f9c5758e6768beac5145d54ce9639f8cb4f6"
KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


@pytest.mark.parametrize("width", [80, 100, 120, 133, 134, 200])
def test_tables_fit_the_terminal_and_break_no_hash_and_no_time(
    run: Run, counter: str, tmp_path: Path, width: int
) -> None:
    for arguments, whole in (
        (["log"], (HASH, "2023-11-14T22:13:21Z")),
        (["accounts"], (KEY, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")),
        (["branch", "list"], (HASH,)),
    ):
        lines = on_terminal(tmp_path, width, *arguments)
        assert max(map(len, lines)) <= width
        for word in whole:
            assert any(word in line.split() for line in lines), (width, word)


def test_a_row_that_is_too_wide_is_a_list_of_facts(
    run: Run, counter: str, tmp_path: Path
) -> None:
    assert on_terminal(tmp_path, 80, "log", "-n", "1") == [
        "block         1",
        f"hash          {HASH}",
        "time          2023-11-14T22:13:21Z",
        "transactions  1",
        "gas used      186113",
        "branches      *main",
    ]


def test_a_pipe_gets_the_full_width(run: Run, counter: str) -> None:
    header, rule, row, _ = run("log").out.splitlines()
    assert header.split()[0] == "block"
    assert len(rule) > 130
    assert HASH in row.split()


INTERRUPTED = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[-1]:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
from contractvm_cli.start import start
sys.meta_path.insert(0, Interrupt())
moment = sys.argv[-1]
sys.argv = ["contractvm", "schedule", "list", moment]
sys.exit(start())
"""


@pytest.mark.parametrize(
    "moment",
    [
        "contractvm_cli.main",
        "click",
        "contractvm_cli.verbs",
        "contractvm_cli.commands.schedule",
        "rich.table",
    ],
)
def test_an_interrupt_during_imports_shows_no_traceback(moment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, moment],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
