"""Untrusted files on the command line: one line that says what is wrong with them.

Each example once caused an internal error, or never ended.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.state_tests import SENDER, transfer_test
from tools.fuzz.file_seeds import proofs, run_cases

ErrorOf = Callable[..., str]
ROOT = "0x" + "11" * 32
DEEP = b"[" * 100_000
LONG = b"9" * 5_000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"memory_page = " + b"9" * 1_900, "missing"),
        (b"memory_page = 0x" + LONG, "1: a line of more than 2000 characters"),
        (b"a = " + DEEP[:50_000], "1: nested too deeply"),
        (b"#" + DEEP, "larger than 65536 bytes"),
        (b"\xff", "1: not UTF-8 text"),
        (b"\0", "1: not TOML: Invalid statement (at line 1, column 1)"),
    ],
)
def test_schedule_of_a_stranger(error_of: ErrorOf, content: bytes, said: str) -> None:
    Path("theirs.toml").write_bytes(content)
    for verb in ("show",), ("diff", "contractvm-1"):
        line = error_of("schedule", *verb, "./theirs.toml")
        assert line.startswith("error: theirs.toml:")
        assert line.endswith(said)


@pytest.mark.parametrize(
    "command",
    [
        ("schedule", "show", "./pipe.toml"),
        ("replay", "./pipe.toml"),
        ("load", "./pipe.toml", "--db", "new"),
        ("run", "./pipe.toml", "--invoke", "f"),
        ("statetest", "./pipe.toml"),
        ("fuzz", "./pipe.toml"),
    ],
)
def test_a_pipe_without_a_writer_is_not_waited_for(
    error_of: ErrorOf, command: tuple[str, ...]
) -> None:
    os.mkfifo("pipe.toml")
    line = error_of(*command)
    assert line.startswith("error: pipe.toml: not a regular file")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (DEEP, "proof.json: nested too deeply"),
        (b"\xff", "proof.json: not UTF-8 text at byte 0"),
        (LONG, "proof.json: a number is too long"),
        (b'{"address": 1, "address": 2}', "address: the key stands here twice"),
        (b'{"nonce": NaN}', "proof.json: not JSON: NaN"),
    ],
)
def test_proof_of_a_stranger(error_of: ErrorOf, content: bytes, said: str) -> None:
    Path("proof.json").write_bytes(content)
    line = error_of("proof", "--verify", "proof.json", "--root", ROOT)
    assert line == f"error: not a proof: {said}"


def test_a_proof_larger_than_one_can_be(
    error_of: ErrorOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = proofs()[0]
    Path("proof.json").write_bytes(content)
    limit = "contractvm_cli.commands.proof.MAX_PROOF_BYTES"
    monkeypatch.setattr(limit, len(content) - 1)
    line = error_of("proof", "--verify", "proof.json", "--root", ROOT)
    assert line.endswith(f"proof.json: larger than {len(content) - 1} bytes")
    monkeypatch.setattr(limit, len(content))
    line = error_of("proof", "--verify", "proof.json", "--root", ROOT)
    assert "node 0 has hash" in line


@pytest.mark.parametrize(
    "change",
    [
        {"gas": 1 << 63},
        {"gas": True},
        {"gas": -1},
        {"gas": 1.5},
        {"arguments": [1]},
        {"module": "%"},
    ],
)
def test_run_case_of_a_stranger(error_of: ErrorOf, change: dict[str, Any]) -> None:
    document = json.loads(run_cases()[0]) | change
    Path("case.json").write_text(json.dumps(document))
    line = error_of("run", "case.json")
    assert line == "error: case.json: not a file that `contractvm run` wrote"


@pytest.mark.parametrize("content", [DEEP, LONG, b"\xff", b"[" * 11 + b"]" * 11])
def test_run_case_that_is_none(error_of: ErrorOf, content: bytes) -> None:
    Path("case.json").write_bytes(content)
    line = error_of("run", "case.json")
    assert line == "error: case.json: not a file that `contractvm run` wrote"


def changed_test(change: Callable[[dict[str, Any]], object]) -> str:
    test = transfer_test("0x" + "00" * 32)
    change(test)
    return json.dumps({"t": test})


HEX_256 = "not a number of 256 bits in hex"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (DEEP.decode(), "nested too deeply"),
        (LONG.decode(), "a number is too long"),
        ('{"a": 1, "a": 1}', "a: the key stands here twice"),
        (
            changed_test(lambda t: t["pre"][SENDER].update(balance="0x" + "f" * 65)),
            f"t: {HEX_256}: '0x{'f' * 65}'",
        ),
        (
            changed_test(lambda t: t["pre"][SENDER].update(storage={"-0x1": "0x1"})),
            f"t: {HEX_256}: '-0x1'",
        ),
        (
            changed_test(lambda t: t["pre"][SENDER].update(nonce="1_0")),
            f"t: {HEX_256}: '1_0'",
        ),
        (
            changed_test(lambda t: t["pre"][SENDER].update(nonce="\uff11")),
            f"t: {HEX_256}: '\uff11'",
        ),
        (
            changed_test(lambda t: t["pre"][SENDER].update(code="0x 00")),
            "t: not bytes in hex digits: '0x 00'",
        ),
        (
            changed_test(lambda t: t["env"].update(currentCoinbase="0x00")),
            "t: not an address of 20 bytes: '0x00'",
        ),
        (
            changed_test(lambda t: t["post"]["Byzantium"][0]["indexes"].update(gas=-1)),
            "t: an index is a whole number from 0",
        ),
        (
            changed_test(
                lambda t: t["post"]["Byzantium"][0]["indexes"].update(gas=False)
            ),
            "t: an index is a whole number from 0",
        ),
    ],
)
def test_state_test_of_a_stranger(error_of: ErrorOf, content: str, said: str) -> None:
    Path("tests.json").write_text(content)
    line = error_of("statetest", "tests.json")
    assert line == f"error: tests.json: {said}"


@pytest.mark.parametrize("schedule", ["/dev/zero", "/dev/null/x.toml", "a\0/b.toml"])
def test_a_state_test_reads_no_device(error_of: ErrorOf, schedule: str) -> None:
    # /dev/zero has no end: it filled the memory.
    Path("tests.json").write_text(
        changed_test(lambda test: test.update(_info={"schedule": schedule}))
    )
    assert error_of("statetest", "tests.json").startswith("error: ")


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        ("f(uint8" + "[]" * 200 + ")", "more than 8 nested arrays"),
        ("f" + "(" * 400 + ")" * 400, "more than 16 nested tuples"),
        ("f(()[1000000000])", "is no type of Solidity's ABI"),
    ],
)
def test_signature_as_deep_as_it_is_long(run: Run, signature: str, said: str) -> None:
    outcome = run("call", SENDER, signature)
    assert outcome.code == 2
    assert said in outcome.err
    assert len(outcome.err.splitlines()) == 1
