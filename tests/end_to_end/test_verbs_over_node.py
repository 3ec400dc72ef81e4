"""Verbs over a node in another process, and the same verbs on the file: one answer."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from tests.helpers.node_process import running_node
from tests.helpers.source_tree import ROOT

COUNTER = str(ROOT / "examples" / "counter" / "counter.wat")
CONTRACT = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
OWNER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
OTHER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"

VERBS: list[tuple[str, ...]] = [
    ("call", CONTRACT, "get()(uint256)"),
    ("call", CONTRACT, "get()(uint256)", "--at", "1"),
    ("call", CONTRACT, "--data", "0x11223344"),
    ("call", OTHER, "--data", "0x11223344"),
    ("send", CONTRACT, "increment()"),
    ("send", CONTRACT, "--data", "0x11223344"),
    ("send", OTHER, "--value", "1ether", "--from", "2"),
    ("deploy", COUNTER),
    ("deploy", COUNTER, "--init-code"),
    ("deploy", __file__),
    ("balance", OWNER),
    ("balance", OWNER, "--at", "0"),
    ("balance", OWNER, "--at", "main"),
    ("balance", OWNER, "--at", "nowhere"),
    ("call", CONTRACT, "--data", "0x11223344", "--at", "main"),
    ("storage", CONTRACT, "0"),
    ("code", CONTRACT),
    ("block", "latest"),
    ("block", "9"),
    ("mine", "2"),
    ("mine", "2", "--interval", "60"),
    ("accounts",),
    ("log", "-n", "3"),
    ("log", "main"),
    ("log", "nowhere"),
    ("block", "main"),
    ("block", "nowhere"),
]


def run(*words: str, cwd: Path | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "contractvm_cli", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a contract that was called."""
    db = tmp_path_factory.mktemp("first") / "chain"
    for words in (("deploy", COUNTER), ("send", CONTRACT, "increment()")):
        assert run(*words, "--db", str(db)).returncode == 0
    return db


@pytest.fixture(scope="module")
def answers(first: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What each verb says of the file, one after the other."""
    db = tmp_path_factory.mktemp("file") / "chain"
    copytree(first, db)
    return [outcome(words, "--db", str(db)) for words in VERBS]


def outcome(words: Sequence[str], *options: str) -> str:
    done = run(*words, "--json", *options)
    return f"{done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("way", ["--rpc-url", "--db"])
def test_every_verb_gives_the_answer_of_the_file(
    first: Path, answers: list[str], tmp_path: Path, way: str
) -> None:
    db = tmp_path / "chain"
    copytree(first, db)
    with running_node("--db", db) as node:
        options = (way, node.client.url if way == "--rpc-url" else str(db))
        if way == "--rpc-url":
            options += ("--db", str(tmp_path / "none"))
        found = [outcome(words, *options) for words in VERBS]
    assert found == answers
    assert sum(one.startswith("0\n") for one in answers) == 17
    assert not (tmp_path / "none").exists()


def test_a_verb_says_once_that_it_uses_a_node(first: Path, tmp_path: Path) -> None:
    db = tmp_path / "chain"
    copytree(first, db)
    with running_node("--db", db) as node:
        done = run("balance", OTHER, "--db", str(db))
        assert done.stderr == f"using the node at {node.client.url}\n"
        assert run("balance", OTHER, "--db", str(db), "--json").stderr == ""
        head = node.client.call("eth_getBlockByNumber", "latest")["hash"]
        for words in (("time", "show"), ("snapshot",), ("db", "check"), ("dump", "x")):
            done = run(*words, "--db", str(db), cwd=tmp_path)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr == (
                f"error: the node at {node.client.url} has the database {db}, and this"
                " verb needs the database itself: end the node first\n"
            )
        assert node.client.call("eth_getBlockByNumber", "latest")["hash"] == head


def test_traces_are_those_of_the_file(first: Path, tmp_path: Path) -> None:
    db = tmp_path / "chain"
    copytree(first, db)
    words = ("send", CONTRACT, "--data", "0x11223344", "--json", "--db", str(db))
    sent = json.loads(run(*words).stdout)["transactionHash"]
    asked = [
        ("trace", sent, "-vv"),
        ("trace", CONTRACT, "--data", "0x11223344", "-v"),
        ("trace", CONTRACT, "--data", "0x11223344", "--json"),
    ]
    here = [outcome(one, "--db", str(db)) for one in asked]
    with running_node("--db", db) as node:
        assert [outcome(one, "--db", str(db)) for one in asked] == here
        url = ("--rpc-url", node.client.url)
        assert [outcome(one, *url) for one in asked] == here
    assert all(one.startswith("0\n") for one in here)


def test_transaction_and_receipt_are_those_of_the_file(
    first: Path, tmp_path: Path
) -> None:
    db = tmp_path / "chain"
    copytree(first, db)
    words = ("send", CONTRACT, "--data", "0x11223344", "--json", "--db", str(db))
    sent = json.loads(run(*words).stdout)["transactionHash"]
    here = [outcome((verb, sent), "--db", str(db)) for verb in ("tx", "receipt")]
    with running_node("--db", db):
        there = [outcome((verb, sent), "--db", str(db)) for verb in ("tx", "receipt")]
    assert there == here
    assert all(one.startswith("0\n") for one in here)


def test_options_that_only_a_database_has_are_refused(
    first: Path, tmp_path: Path
) -> None:
    db = tmp_path / "chain"
    copytree(first, db)
    with running_node("--db", db):
        for options, message in (
            (("--cross-check",), "start the node with it"),
            (("--schedule", "contractvm-1"), "leave --schedule out"),
        ):
            done = run("mine", "--db", str(db), *options)
            assert done.returncode == 1
            assert message in done.stderr


def test_points_within_a_block_are_read(first: Path, tmp_path: Path) -> None:
    db = tmp_path / "chain"
    copytree(first, db)
    arguments = ("balance", OTHER, "--at", "1:0", "--db", str(db))
    alone = run(*arguments)
    assert (alone.returncode, alone.stderr) == (0, "")
    with running_node("--db", db):
        assert run(*arguments).stdout == alone.stdout


@contextmanager
def locked(db: Path) -> Iterator[None]:
    """The database, held by a process that is no node."""
    program = (
        "import sys; from chain_sim import Blockchain;"
        " chain = Blockchain.open(sys.argv[1]); print('open', flush=True);"
        " sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(db)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        yield


def test_a_stale_file_leads_nowhere(first: Path, tmp_path: Path) -> None:
    """Neither to a port that is closed, nor to a node of another database."""
    db, other = tmp_path / "chain", tmp_path / "other"
    copytree(first, db)
    with running_node("--db", db) as node:
        node.kill()
    stale = (db / "node.json").read_text()
    assert run("balance", OWNER, "--db", str(db)).returncode == 0
    with running_node("--db", other) as node:
        instance = json.loads(stale)["instance"]
        wrong = [
            stale,
            json.dumps({"endpoint": node.client.url, "instance": instance}),
            json.dumps({"endpoint": node.client.url, "instance": None}),
            json.dumps({"endpoint": node.client.url}),
            json.dumps({"endpoint": "file:///etc/passwd", "instance": instance}),
            *("", "[]", "{", "[" * 9_000, "\x00"),
        ]
        head = node.client.call("eth_blockNumber")
        with locked(db):
            for content in wrong:
                (db / "node.json").write_text(content)
                done = run("send", OTHER, "--value", "1", "--db", str(db), "--wait=0")
                assert done.returncode == 1
                assert "already open in another process" in done.stderr
                assert done.stderr.count("\n") == 1
        assert node.client.call("eth_blockNumber") == head


def test_an_url_where_no_node_is_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    done = run("balance", OWNER, "--rpc-url", url, "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: the node at {url} does not answer: ")
    assert done.stderr.count("\n") == 1
    done = run("balance", OWNER, "--rpc-url", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "not a node's URL: 'nowhere': write http://HOST:PORT" in done.stderr


def test_a_shell_sends_while_a_notebook_watches(first: Path, tmp_path: Path) -> None:
    db = tmp_path / "chain"
    copytree(first, db)
    with running_node("--db", db) as node:
        notebook = Blockchain.connect(node.client.url)
        for number in (3, 4):
            done = run("send", CONTRACT, "increment()", "--db", str(db))
            assert done.returncode == 0
            assert notebook.head.header.number == number
            get = bytes.fromhex("6d4ce63c")
            found = int.from_bytes(notebook.call(CONTRACT, get).output, "big")
            assert found == number - 1
        sent = notebook.send(OTHER, value=1)
    shown = run("receipt", "0x" + sent.transaction_hash.hex(), "--db", str(db))
    assert shown.returncode == 0
