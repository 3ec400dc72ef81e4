"""`contractvm branch`, `log`, `snapshot` and `revert`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run

ErrorOf = Callable[..., str]
DB = Path(".contractvm/chain")
STRANGER = "0x9999999999999999999999999999999999999999"


@pytest.fixture
def chain(run: Run) -> None:
    """Blocks 0 to 3 on `main`, and `left` at block 1."""
    assert run("mine", 3).code == 0
    assert run("branch", "create", "left", 1).code == 0


def hash_of(run: Run, which: object) -> str:
    text: str = run("block", which, "--json").document["hash"]
    return text


@pytest.mark.usefixtures("chain")
def test_list_marks_the_branch_that_the_chain_is_on(run: Run) -> None:
    one, three = hash_of(run, 1), hash_of(run, 3)
    assert run("branch", "list", "--json").document == {
        "current": "main",
        "branches": [
            {"name": "left", "number": 1, "hash": one, "isCurrent": False},
            {"name": "main", "number": 3, "hash": three, "isCurrent": True},
        ],
    }
    lines = run("branch", "list").out.splitlines()
    assert lines[2].split() == ["left", "1", one]
    assert lines[3].split() == ["*", "main", "3", three]


@pytest.mark.usefixtures("chain")
def test_switch_moves_the_head_and_new_blocks_move_the_branch(run: Run) -> None:
    one = hash_of(run, 1)
    assert (
        run("branch", "switch", "left").out == f"switched to left, at block 1 {one}\n"
    )
    assert run("branch", "switch", "left").out == (
        f"already on left, at block 1 {one}\n"
    )
    run("send", STRANGER, "--value", 7)
    assert run("block", "left", "--json").document["number"] == 2
    assert run("balance", STRANGER, "--json").document["balance"] == 7
    at_main = run("balance", STRANGER, "--at", "main", "--json")
    assert at_main.document["balance"] == 0
    newest = run("log", "-n", 1, "--json").document[0]
    assert (newest["number"], newest["branches"]) == (2, ["left"])
    assert run("branch", "switch", "main", "--json").document["number"] == 3


@pytest.mark.usefixtures("chain")
def test_create_at_a_block_a_hash_a_branch_and_a_snapshot(run: Run) -> None:
    two, one = hash_of(run, 2), hash_of(run, 1)
    assert run("snapshot", "--json").document["snapshot"] == 1
    created = {
        "two": [2],
        "hash": [two],
        "name": ["left"],
        "here": [],
        "then": ["--snapshot", 1],
    }
    found = {
        name: run("branch", "create", name, *at, "--json").document["hash"]
        for name, at in created.items()
    }
    head = hash_of(run, "head")
    assert found == {
        "two": two,
        "hash": two,
        "name": one,
        "here": head,
        "then": head,
    }
    assert run("branch", "create", "x", 1, "--snapshot", 1).code == 2


@pytest.mark.usefixtures("chain")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "left"], "there is a branch 'left' already, which ends at block 1"),
        (["create", "2x"], "not a branch's name: '2x': begin with a letter"),
        (["create", "new", 9], "the chain has no block with number 9"),
        (["create", "new", "nobody"], "the chain has no branch 'nobody'"),
        (["create", "new", "--snapshot", 5], "the chain has no snapshot 5"),
        (["create", "new", "--snapshot", "-5"], "the chain has no snapshot -5"),
        (["switch", "nobody"], "the chain has no branch 'nobody'"),
        (["delete", "nobody"], "the chain has no branch 'nobody'"),
        (["delete", "main"], "the chain is on branch 'main': switch to another first"),
    ],
)
def test_refusals_are_clear_and_write_nothing(
    run: Run, error_of: ErrorOf, arguments: list[object], message: str
) -> None:
    before = run("db", "stats", "--json").document["kinds"]
    assert error_of("branch", *arguments).startswith(f"error: {message}")
    assert run("db", "stats", "--json").document["kinds"] == before


@pytest.mark.parametrize("arguments", [["list"], ["switch", "x"], ["create", "x"]])
def test_where_there_is_no_chain_nothing_is_made(
    error_of: ErrorOf, arguments: list[str]
) -> None:
    assert error_of("branch", *arguments).startswith("error: no chain in ")
    assert not DB.exists()


@pytest.mark.usefixtures("chain")
def test_a_deleted_branch_is_gone_and_its_blocks_go_with_the_garbage(
    run: Run, error_of: ErrorOf
) -> None:
    run("branch", "switch", "left")
    run("send", STRANGER, "--value", 7)
    tip = hash_of(run, "left")
    run("branch", "switch", "main")
    assert run("branch", "delete", "left").out == f"deleted left, at block 2 {tip}\n"
    assert run("block", tip, "--json").document["number"] == 2
    assert "no branch 'left'" in error_of("block", "left")
    run("db", "gc", "--keep", 4)
    assert f"no block with hash {tip}" in error_of("block", tip)


@pytest.mark.usefixtures("chain")
def test_stats_and_check_know_branches(run: Run) -> None:
    assert run("db", "stats", "--json").document["branches"] == 2
    assert "branches    2\n" in run("db", "stats").out
    head = run("db", "check", "--head", "--json").document
    assert head["wholeRanges"] == ["1", "3"]


@pytest.mark.usefixtures("chain")
def test_log_shows_the_newest_first_with_their_branches(run: Run) -> None:
    document = run("log", "--json").document
    assert [block["number"] for block in document] == [3, 2, 1, 0]
    assert [block["branches"] for block in document] == [["main"], [], ["left"], []]
    assert document[2] == {
        "number": 1,
        "hash": hash_of(run, 1),
        "timestamp": 1_700_000_001,
        "transactions": 0,
        "gasUsed": 0,
        "stateRoot": run("block", 1, "--json").document["stateRoot"],
        "branches": ["left"],
    }
    lines = run("log", "-n", 2).out.splitlines()
    assert lines[2].split() == [
        "3",
        hash_of(run, 3),
        "2023-11-14T22:13:23Z",
        "0",
        "0",
        "*main",
    ]
    assert len(lines) == 4
    assert run("log", "--branch", "left", "--json").document == document[2:]
    assert run("log", "left", "--json").document == document[2:]
    assert run("log", "1", "--branch", "left").code == 2
    assert run("log", "-n", 0).code == 2


def test_snapshot_and_revert(run: Run, error_of: ErrorOf) -> None:
    run("mine")
    assert run("snapshot").out == "snapshot 1, at block 1\n"
    one = hash_of(run, 1)
    for _ in range(2):
        run("mine", 2)
        assert run("revert", 1).out == f"head is block 1 {one}\n"
    assert error_of("revert", 2) == "error: the chain has no snapshot 2"
    assert run("revert", 1, "--json").document == {"number": 1, "hash": one}


def test_moving_the_head_says_that_a_time_is_forgotten(run: Run) -> None:
    run("mine")
    run("snapshot")
    run("branch", "create", "left")
    said = "the time that was set for the next block is forgotten\n"
    for move in (["revert", 1], ["branch", "switch", "left"]):
        assert run(*move).err == ""
        run("branch", "switch", "main")
        run("time", "increase", 5)
        assert run(*move).err == said
