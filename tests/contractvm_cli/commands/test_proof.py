"""`contractvm proof`: made from a chain, checked without one, refused with a line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run

ErrorOf = Callable[..., str]
STRANGER = "0x9999999999999999999999999999999999999999"


def root_of(run: Run, which: str = "latest") -> str:
    root: str = run("block", which, "--json").document["stateRoot"]
    return root


@pytest.fixture
def proof_file(run: Run, counter: str) -> str:
    run("send", counter, "increment()")
    Path("proof.json").write_text(run("proof", counter, 0, 1, "--json").out)
    return "proof.json"


def test_a_proof_is_made_and_checked(run: Run, counter: str, proof_file: str) -> None:
    document = json.loads(Path(proof_file).read_text())
    assert document["address"] == counter
    assert [slot["value"] for slot in document["storageProof"]] == ["0x1", "0x0"]
    root = root_of(run)
    shown = run("proof", counter, 0, 1).out
    assert f"state root    {root}\n" in shown
    assert f"slots         0x0: 0x{'00' * 31}01 (1 nodes)\n" in shown
    checked = run("proof", "--verify", proof_file, "--root", root)
    assert checked.code == 0
    assert checked.out.startswith(f"proof         valid\nstate root    {root}\n")
    outcome = run("proof", "--verify", proof_file, "--root", root, "--json")
    assert outcome.document == {"valid": True, "stateRoot": root}


def test_a_proof_is_checked_without_a_chain(
    run: Run, counter: str, proof_file: str
) -> None:
    outcome = run(
        "proof", "--verify", proof_file, "--root", root_of(run), "--db", "nowhere"
    )
    assert outcome.code == 0
    assert not Path("nowhere").exists()


def test_absent_accounts_are_proven_and_earlier_blocks(run: Run, counter: str) -> None:
    run("send", STRANGER, "--value", "5wei")
    for which, balance in (("1", "0x0"), ("latest", "0x5")):
        made = run("proof", STRANGER, "--at", which, "--json")
        assert made.document["balance"] == balance
        Path("proof.json").write_text(made.out)
        root = root_of(run, which)
        assert run("proof", "--verify", "proof.json", "--root", root).code == 0


def test_a_refused_proof_is_one_line(
    run: Run, error_of: ErrorOf, counter: str, proof_file: str
) -> None:
    root = root_of(run)
    document = json.loads(Path(proof_file).read_text())
    document["storageProof"][0]["value"] = "0x2"
    Path("altered.json").write_text(json.dumps(document))
    assert error_of("proof", "--verify", "altered.json", "--root", root) == (
        f"error: storage slot 0x{'00' * 32}: value is 0x{'00' * 31}01,"
        f" not 0x{'00' * 31}02"
    )
    document["accountProof"].pop(0)
    Path("altered.json").write_text(json.dumps(document))
    line = error_of("proof", "--verify", "altered.json", "--root", root)
    assert line.startswith(f"error: account {counter}: node 0 has hash 0x")
    assert line.endswith(f"the root is {root}: a node was altered or left out")


@pytest.mark.parametrize("content", ["", "{", '{"address": 1}', "[" * 100_000])
def test_a_file_that_is_no_proof_is_one_line(
    error_of: ErrorOf, tmp_path: Path, content: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    line = error_of("proof", "--verify", path, "--root", "0x" + "00" * 32)
    assert line.startswith("error: not a proof: ")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "give either ADDRESS, or --verify FILE --root ROOT"),
        (["--root", "0x" + "00" * 32], "--verify and --root belong together"),
        ([STRANGER, "--verify", "-"], "--verify and --root belong together"),
        (
            [STRANGER, "--verify", "-", "--root", "0x" + "00" * 32],
            "give either ADDRESS, or --verify FILE --root ROOT",
        ),
    ],
)
def test_wrong_usage_says_what_goes_together(
    run: Run, arguments: list[str], reason: str
) -> None:
    outcome = run("proof", *arguments)
    assert outcome.code == 2
    assert reason in outcome.err


def test_an_unknown_block_is_one_line(error_of: ErrorOf, counter: str) -> None:
    line = error_of("proof", counter, "--at", "9")
    assert line == "error: the chain has no block with number 9"
