"""Notes of cases, which may be anything: a line of stderr for each of theirs."""

import json
from pathlib import Path

import pytest

from contractvm_cli.failures import MAX_NOTE_LINES, say_note
from tests.contractvm_cli.conftest import Run

FAILS = """(module (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (memory (export "memory") 1)
  (func (export "main") (if (call $size) (then unreachable))))"""


@pytest.mark.parametrize(
    ("note", "shown"),
    [
        ("", ""),
        ("one", "note: one\n"),
        ("one\ntwo\r\nthree", "note: one\nnote: two\nnote: three\n"),
        ("\x1b[2J\ttext", "note: \\x1b[2J\\ttext\n"),
    ],
)
def test_each_line_is_one(
    capsys: pytest.CaptureFixture[str], note: str, shown: str
) -> None:
    say_note(note)
    assert capsys.readouterr().err == shown


@pytest.mark.parametrize(("more", "last"), [(0, "19"), (1, "and 1 more lines")])
def test_a_long_note_is_cut(
    capsys: pytest.CaptureFixture[str], more: int, last: str
) -> None:
    say_note("\n".join(map(str, range(MAX_NOTE_LINES + more))))
    lines = capsys.readouterr().err.splitlines()
    assert lines[MAX_NOTE_LINES - 1] == "note: 19"
    assert lines[-1] == f"note: {last}"


def test_a_replay_shows_the_note_of_its_case(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.wat").write_text(FAILS)
    contract = run("deploy", "a.wat", "--json").document["contractAddress"]
    sent = json.loads(run("send", contract, "--data", "0x01", "--json").out)
    run("capture", sent["transactionHash"], "-o", "case.json")
    path = tmp_path / "case.json"
    case = json.loads(path.read_text())
    case["note"] = "unreachable\nin main"
    path.write_text(json.dumps(case))
    replayed = run("replay", "case.json")
    assert replayed.code == 0, replayed.err
    assert replayed.err == "note: unreachable\nnote: in main\n"
