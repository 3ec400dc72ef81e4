"""The crash test's records, with children that write what a test gives them."""

import json
import sys
from pathlib import Path

import pytest

from tools.crash import rounds
from tools.crash.child_process import ChildProcess
from tools.crash.rounds import KEPT, CrashTest

# The first rounds let the child get ready.
SEED = 0

# It puts its task next to those of the children before it, and writes at once what the
# folder holds for one of its number.
STAND_IN = """
import os, pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
number = len(list(folder.glob("task-*")))
folder.joinpath(f"task-{number}").write_text(sys.stdin.readline())
os.write(1, folder.joinpath(f"output-{number}").read_bytes())
"""
STAND_IN_THAT_STAYS = STAND_IN + "time.sleep(60)\n"


def books_after(folder: Path, output: str) -> dict[str, dict[str, str]]:
    """The next child's task after one has written `output` and was killed."""
    folder.joinpath("output-0").write_text(output)
    folder.joinpath("output-1").write_text("ready 0\n")
    test = CrashTest(folder, SEED, ("-c", STAND_IN_THAT_STAYS))
    assert test.round() is None
    assert test.round() is None
    task = json.loads(folder.joinpath("task-1").read_text())
    return {kind: task[kind] for kind in ("reported", "branches")}


def test_lines_that_come_together_with_ready_are_taken_down(tmp_path: Path) -> None:
    lines = ["ready 0", "block 1 aa", "branch main aa", "block 2 bb", "branch b1 bb"]
    output = "\n".join([*lines, "forget main", ""])
    assert books_after(tmp_path, output) == {
        "reported": {"1": "aa", "2": "bb"},
        "branches": {"b1": "bb"},
    }


@pytest.mark.parametrize("begun", ["b", "block 2", "block 2 b", "forget main"])
def test_a_line_that_was_only_begun_is_not_taken_down(
    tmp_path: Path, begun: str
) -> None:
    output = "ready 0\nblock 1 aa\nbranch main aa\n" + begun
    assert books_after(tmp_path, output) == {
        "reported": {"1": "aa"},
        "branches": {"main": "aa"},
    }


def test_more_lines_than_a_pipe_holds_are_taken_down(tmp_path: Path) -> None:
    lines = [f"block {number} {number:064x}\n" for number in range(1, 1_501)]
    kept = range(1_501 - KEPT, 1_501)
    assert books_after(tmp_path, "".join(["ready 0\n", *lines])) == {
        "reported": {str(number): f"{number:064x}" for number in kept},
        "branches": {},
    }


def test_the_tally_counts_what_came_together_with_ready(tmp_path: Path) -> None:
    output = "ready 3\nblock 4 aa\nbranch main aa\nprune\n"
    tmp_path.joinpath("output-0").write_text(output)
    test = CrashTest(tmp_path, SEED, ("-c", STAND_IN_THAT_STAYS))
    assert test.round() is None
    tally = test.tally
    assert (tally.kills, tally.blocks, tally.branches) == (1, 1, 1)
    assert (tally.while_checking, tally.while_pruning) == (0, 1)
    assert tally.unreported == 3


@pytest.mark.parametrize("output", ["", "ready 0\n"])
def test_a_child_that_ends_before_it_is_killed_is_a_fault(
    tmp_path: Path, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Even on a busy machine, it ends long before the kill.
    monkeypatch.setattr(rounds, "MAX_SECONDS_TO_KILL", 5)
    tmp_path.joinpath("output-0").write_text(output)
    child = STAND_IN + "sys.exit('what was wrong')"
    fault = CrashTest(tmp_path, SEED, ("-c", child)).round()
    assert fault == f"ended by itself: {output}what was wrong\n"


def test_a_child_that_ends_without_its_task_is_a_fault_of_the_child(
    tmp_path: Path,
) -> None:
    test = CrashTest(tmp_path, SEED, ("-c", "import sys; sys.exit('no task')"))
    for number in range(KEPT):
        test.forge_report(number, "00" * 10_000)
    assert test.round() == "ended by itself: no task\n"


def test_a_child_that_does_not_get_ready_is_not_waited_for_forever() -> None:
    command = (sys.executable, "-c", "import time; time.sleep(60)")
    with ChildProcess(command, "") as child:
        assert not child.wait_for("ready", 0.1)
        assert child.kill()
        assert not child.kill()
