"""Failures after a change: the error says what was done, and names it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import COUNTER, Run
from tests.helpers.source_tree import ROOT

CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
BEGUN = "error: no space left on device; done before that: "
DEPLOYED = (
    "transaction 0x49dd683ba917d7fa2b7c807eefe250fcf9d09dc2eb3bb847e75a112130c6e085"
    " is in block 1 0x688b48fe443fdab83ba594e73c83f9c5758e6768beac5145d54ce9639f8cb4f6"
)
SENT = (
    "transaction 0x3acd97f714f350a490354a14a92a8db00d9f2682bc8eb5a48fcb6061d3ee49f3"
    " is in block 2 0x26b5d34d78dbe5b1b91a8d2f4ca6278f0ff7904d8a873affa186da97f6e9f454"
)
HEAD = "1 0x688b48fe443fdab83ba594e73c83f9c5758e6768beac5145d54ce9639f8cb4f6"
ROOT_AFTER = "0xe5b883cbfb964b4e1b4e8877f7b3eedb11a46d4fa90e04756bd02f36adc3099a"
TX = DEPLOYED.split()[1]


def program(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "contractvm_cli", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "CONTRACTVM_DB": ".contractvm/chain"}


def to_full_disk(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    with open("/dev/full", "w") as full:
        return subprocess.run(
            program(*arguments),
            cwd=folder,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )


def test_a_deployment_is_named_by_its_hashes(tmp_path: Path) -> None:
    done = to_full_disk(tmp_path, "deploy", str(COUNTER))
    assert done.returncode == 1
    assert done.stderr.splitlines()[1:] == [BEGUN + DEPLOYED]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["send", CONTRACT, "increment()"], SENT),
        (["send", CONTRACT, "increment()", "--json"], SENT),
        (["mine", "2"], "2 of 2 blocks are made, the newest is 3 0x"),
        (["time", "set", "1800000000"], "the next block's time is 1800000000"),
        (["time", "increase", "5"], "the next block's time is 1700000007"),
        (["snapshot"], f"snapshot 1 is of block {HEAD}"),
        (["branch", "create", "b"], f"created b, at block {HEAD}"),
        (["dump", "d.json"], f"d.json has block 1, state root {ROOT_AFTER}"),
        (["capture", TX, "-o", "c.json"], f"c.json has transaction {TX}"),
        (["code", CONTRACT, "--out", "c.wasm"], "c.wasm has the code, 482 bytes"),
        (
            ["instrument", str(COUNTER), "-o", "m.wasm"],
            "m.wasm has the metered module, ",
        ),
        (
            ["gas", CONTRACT, "get()", "--folded", "g.txt"],
            "the files g.txt are written",
        ),
        (["db", "gc", "--keep", "1"], "1 blocks and "),
    ],
    ids=lambda value: (
        " ".join(Path(word).name for word in value[:2])
        if isinstance(value, list)
        else ""
    ),
)
def test_every_verb_that_changes_something_says_what(
    run: Run, counter: str, tmp_path: Path, arguments: list[str], what: str
) -> None:
    assert counter == CONTRACT
    done = to_full_disk(tmp_path, *arguments)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(BEGUN + what)


def test_a_revert_to_a_snapshot_and_a_load_say_what_they_did(
    run: Run, counter: str, tmp_path: Path
) -> None:
    run("snapshot")
    run("dump", "d.json")
    for arguments, what in (
        (["revert", "1"], f"head is block {HEAD}"),
        (["load", "d.json", "--db", "other"], f"the chain in other has block {HEAD}"),
    ):
        done = to_full_disk(tmp_path, *arguments)
        assert (done.returncode, done.stderr) == (1, f"{BEGUN}{what}\n")


@pytest.mark.parametrize("arguments", [["balance", CONTRACT], ["log"], ["accounts"]])
def test_a_verb_that_only_reads_has_done_nothing(
    run: Run, counter: str, tmp_path: Path, arguments: list[str]
) -> None:
    done = to_full_disk(tmp_path, *arguments)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: no space left on device"


def test_a_reader_that_leaves_is_told_too(
    run: Run, counter: str, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        program("send", CONTRACT, "increment()"),
        cwd=tmp_path,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == (
        f"error: the reader of the output left; done before that: {SENT}\n"
    )


def test_mine_is_bounded_on_both_sides(run: Run, counter: str) -> None:
    for count in ("0", "-5", "1000001", "99999999999999", "9" * 80):
        outcome = run("mine", count)
        assert (outcome.code, outcome.out) == (2, "")
        assert f"{count} is not in the range 1<=x<=1000000" in outcome.err
    assert run("block", "--json").document["number"] == 1
    assert run("mine", "3", "--json").document["number"] == 4


def test_an_interrupted_mine_says_what_it_made_and_the_chain_has_just_that(
    run: Run, counter: str, tmp_path: Path
) -> None:
    child = subprocess.Popen(
        program("mine", "1000000"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / ".contractvm" / "chain"
    size, deadline = directory_bytes(log), time.monotonic() + 60
    while directory_bytes(log) < size + 500_000 and time.monotonic() < deadline:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "")
    head = run("block", "--json").document
    assert head["number"] > 1
    assert err == (
        f"error: interrupted; done before that: {head['number'] - 1} of 1000000 blocks"
        f" are made, the newest is {head['number']} {head['hash']}\n"
    )


def directory_bytes(folder: Path) -> int:
    size = 0
    for path in folder.iterdir():
        with suppress(FileNotFoundError):  # LevelDB renames its files meanwhile
            size += path.stat().st_size
    return size
