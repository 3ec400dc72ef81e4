"""Verbs beside each other on one chain, and on disks that are full or read-only."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chain_sim.database.leveldb.level import LevelDatabase
from tests.contractvm_cli.conftest import Run
from tests.helpers.ordinary_user import (
    as_ordinary_user,
    make_unwritable,
    open_folder,
)

DB = Path(".contractvm/chain")
STRANGER = "0x" + "99" * 20
CONTRACTVM = (sys.executable, "-m", "contractvm_cli")
HOLD = """
import sys
from chain_sim.database.leveldb.level import LevelDatabase
with LevelDatabase(sys.argv[1], read_only=sys.argv[2] == "reader"):
    print("open", flush=True)
    sys.stdin.readline()
"""
READING = (
    ("block",),
    ("log",),
    ("accounts",),
    ("balance", STRANGER),
    ("branch", "list"),
    ("time", "show"),
    ("db", "stats"),
    ("db", "check"),
)
WRITING = (
    ("mine",),
    ("send", STRANGER, "--value", "1"),
    ("snapshot",),
    ("branch", "create", "more"),
    ("time", "increase", "5"),
    ("db", "gc", "--keep", "1"),
)
Hold = Callable[[str], subprocess.Popen[bytes]]


@pytest.fixture
def hold(run: Run) -> Iterator[Hold]:
    """`hold("reader")`: another process that has a chain of three blocks open."""
    assert run("mine", 2).code == 0
    processes: list[subprocess.Popen[bytes]] = []

    def start(kind: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(DB), kind],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        return process

    yield start
    for process in processes:
        if process.poll() is None:
            process.communicate(b"\n")


@pytest.mark.parametrize("verb", [*READING, *WRITING], ids=" ".join)
def test_a_verb_that_does_not_wait_names_the_process_that_has_the_chain(
    run: Run, hold: Hold, verb: tuple[str, ...]
) -> None:
    pid = hold("writer").pid
    outcome = run(*verb, "--wait", 0)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.splitlines()[-1] == (
        f"error: database {DB}: already open in another process (pid {pid});"
        " end that one first"
    )


@pytest.mark.parametrize("verb", READING, ids=" ".join)
def test_reading_goes_on_beside_a_reader(
    run: Run, hold: Hold, verb: tuple[str, ...]
) -> None:
    hold("reader")
    assert run(*verb, "--wait", 0).code == 0


def test_writing_waits_for_a_reader(run: Run, hold: Hold) -> None:
    hold("reader")
    assert run("mine", "--wait", 0).code == 1
    assert run("block", "--json").document["number"] == 2


@pytest.mark.parametrize("verb", [("block",), ("mine",), ("db", "check")], ids=" ".join)
def test_a_verb_waits_until_the_chain_is_free(
    run: Run, hold: Hold, verb: tuple[str, ...]
) -> None:
    process = hold("writer")
    release = threading.Timer(0.5, process.communicate, [b"\n"])
    release.start()
    assert run(*verb, "--wait", 60).code == 0
    release.join()


def test_a_verb_gives_up_after_the_seconds_it_was_given(run: Run, hold: Hold) -> None:
    hold("writer")
    assert run("mine", "--wait", 1).code == 1


@pytest.mark.parametrize("wait", ["-1", "86401", "soon", "0.5"])
def test_a_wait_is_a_whole_number_of_seconds(run: Run, wait: str) -> None:
    assert run("mine", "--wait", wait).code == 2
    assert not DB.exists()


def test_two_shells_that_send_at_the_same_time_both_do(run: Run) -> None:
    assert run("mine").code == 0
    command = [*CONTRACTVM, "send", STRANGER, "--value", "1", "--wait", "120"]
    script = " && ".join([subprocess.list2cmdline(command)] * 3)
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    shells = [
        subprocess.Popen(
            ["sh", "-c", script],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for shell in shells:
        _, errors = shell.communicate()
        assert (shell.returncode, errors) == (0, b"")
    assert run("balance", STRANGER, "--json").document["balance"] == 6


# No file may grow beyond the limit, as on a full disk.
ON_A_FULL_DISK = """
import resource, signal, sys
from contractvm_cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), -1))
sys.exit(main(sys.argv[2:]))
"""


def on_a_full_disk(limit: int, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-c", ON_A_FULL_DISK, str(limit), *arguments],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_full_disk_during_mine_is_the_users_to_mend(run: Run) -> None:
    assert run("mine").code == 0
    code, out, err = on_a_full_disk(40_000, "mine", "400")
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith(f"error: database {DB}: write failed: IO error: ")
    assert line.endswith(
        "File too large; nothing of this write was kept, all before it was:"
        " make room on the disk, try again"
    )
    assert run("block", "--json").document["number"] == 1
    assert run("mine", 400).code == 0


def test_a_disk_too_full_to_open_says_that_reading_works(run: Run) -> None:
    assert run("mine", 50).code == 0
    code, out, err = on_a_full_disk(3_000, "mine")
    assert (code, out) == (1, "")
    (line,) = err.splitlines()
    assert line.startswith(f"error: database {DB}: IO error: ")
    assert line.endswith(
        "File too large; make room on the disk; what only reads the chain works without"
    )
    assert run("block", "--json").document["number"] == 50


@pytest.mark.parametrize("verb", READING, ids=" ".join)
def test_a_chain_that_may_not_be_written_can_be_read(
    run: Run, verb: tuple[str, ...]
) -> None:
    with open_folder() as folder:
        db = folder / "chain"
        assert run("mine", "--db", db).code == 0
        make_unwritable(db)
        with as_ordinary_user():
            assert run(*verb, "--db", db).code == 0


@pytest.mark.parametrize("verb", WRITING, ids=" ".join)
def test_a_chain_that_may_not_be_written_says_what_can_be_done(
    run: Run, verb: tuple[str, ...]
) -> None:
    with open_folder() as folder:
        db = folder / "chain"
        assert run("mine", "--db", db).code == 0
        make_unwritable(db)
        with as_ordinary_user():
            outcome = run(*verb, "--db", db)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == (
        f"error: database {db}: permission denied; what only reads the chain works;"
        " to continue it, make the directory writable, or copy it and name the copy"
        " with --db\n"
    )


def test_a_reading_verb_makes_no_chain_where_one_was_only_begun(run: Run) -> None:
    LevelDatabase(DB).close()
    outcome = run("block")
    assert outcome.code == 1
    assert outcome.err.startswith(f"error: no chain in {DB}: ")
    with LevelDatabase(DB) as database:
        assert database.get(b"mhead") is None
