"""`contractvm fuzz`: outputs that fail, invariants and ABIs, findings to run again."""

import errno
import json
import os
import shlex
import time
from pathlib import Path

import pytest

from chain_sim.ethereum.abi.abi_file import read_abi
from chain_sim.ethereum.abi.functions import AbiFunction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.oracles.oracle import MILLION
from contract_fuzz.oracles.oracle_registry import (
    GROUPS,
    ORACLES,
    SAMPLED,
    SAMPLED_ORACLES,
)
from contractvm_cli.fuzzing import files
from contractvm_cli.fuzzing.shown_calls import call_words
from tests.contractvm_cli.commands.test_fuzz import write
from tests.contractvm_cli.conftest import COUNTER, Run
from tests.helpers.fuzz_contracts import (
    DIVIDES,
    FOREVER,
    MAGIC,
    SCHEDULE,
    STEPS,
    abi_json,
    campaign_for,
    contract,
)

UNWRITABLE = [
    ["fuzz", COUNTER, "--runs", 10**9, "--findings", "taken/x"],
    ["fuzz", COUNTER, "--runs", 10**9, "--corpus", "taken/x"],
    ["fuzz", COUNTER, "--runs", 10**9, "--plot", "taken/x.svg"],
    ["fuzz", COUNTER, "--runs", 10**9, "--findings", "taken"],
    ["capture", "0x" + "11" * 32, "-o", "taken/x"],
    ["dump", "taken/x"],
    ["instrument", COUNTER, "-o", "taken/x"],
    ["code", "0x" + "11" * 20, "--out", "taken/x"],
    ["gas", "call", "0x" + "11" * 20, "--flamegraph", "taken/x"],
    ["gas", "call", "0x" + "11" * 20, "--speedscope", "taken/x"],
    ["gas", "call", "0x" + "11" * 20, "--folded", "taken/x"],
]


@pytest.mark.parametrize("arguments", UNWRITABLE)
def test_output_path_is_tried_before_anything_else(
    run: Run, arguments: list[object]
) -> None:
    """Else a campaign would not end, and the others would miss their chain first."""
    Path("taken").write_text("a file")
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (1, "")
    path = next(str(one) for one in arguments if str(one).startswith("taken"))
    assert outcome.err == f"error: {path}: not a directory\n"
    assert [path.name for path in Path().iterdir()] == ["taken"]


def test_output_to_a_device_is_written_to_it(run: Run) -> None:
    before = os.stat("/dev/null").st_mode
    assert run("instrument", COUNTER, "-o", "/dev/null").code == 0
    assert os.stat("/dev/null").st_mode == before


def test_output_that_is_a_directory_is_refused_and_a_file_kept(run: Run) -> None:
    Path("folder").mkdir()
    outcome = run("instrument", COUNTER, "-o", "folder")
    assert (outcome.code, outcome.err) == (1, "error: folder: is a directory\n")
    Path("old.json").write_text("old")
    assert run("dump", "old.json", "--db", "none").code == 1
    assert Path("old.json").read_text() == "old"


def test_report_is_printed_though_findings_cannot_be_written(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, _: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr(files, "write_document", fail)
    outcome = run("fuzz", *write("divides", DIVIDES), "--runs", 200)
    assert outcome.code == 1
    assert "crash: integer divide by zero" in outcome.out
    assert "cases     200, " in outcome.out
    first, *_, last = outcome.err.splitlines()
    assert first.startswith("warning: fuzz-findings/crash-integer-divide")
    assert first.endswith(": no space left on device; the campaign goes on")
    assert last.startswith("error: fuzz-findings/crash-integer-divide")


# Invariants and ABIs


@pytest.mark.parametrize("name", ["missing()(bool)", "missing()"])
def test_invariant_that_the_contract_does_not_have_is_refused(
    run: Run, name: str
) -> None:
    outcome = run("fuzz", *write("steps", STEPS), "--runs", 10, "--invariant", name)
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith(
        "error: the invariant missing() cannot be checked: before any transaction, its"
        " call failed: reverted; does the contract have this function"
    )
    assert not Path("fuzz-findings").exists()


def test_invariant_that_returns_no_bool_is_refused(run: Run) -> None:
    silent = {"f()": "(call $finish (i32.const 0) (i32.const 0))"}
    arguments = write("silent", silent)
    outcome = run("fuzz", *arguments, "--runs", 10, "--invariant", "f()(bool)")
    assert outcome.code == 1
    assert "it returned 0 bytes that are no bool" in outcome.err


@pytest.mark.parametrize("runs", [1, 40])
def test_abi_of_another_contract_is_said_after_any_number_of_calls(
    run: Run, runs: int
) -> None:
    write("magic", MAGIC)
    fixed = ("fuzz", COUNTER, "--schedule", SCHEDULE, "--runs", runs)
    outcome = run(*fixed, "--abi", "magic.json")
    assert "warning: open(uint64) never succeeded: does the ABI fit" in outcome.err
    document = run(*fixed, "--abi", "magic.json", "--json")
    assert json.loads(document.out)["unknownFunctions"] == ["open(uint64)"]


def test_abi_that_a_contract_takes_for_anything_is_said(run: Run) -> None:
    Path("any.wat").write_text(
        """(module (import "ethereum" "finish" (func $finish (param i32 i32)))
          (memory (export "memory") 1)
          (func (export "main") (call $finish (i32.const 0) (i32.const 0))))"""
    )
    Path("abi.json").write_bytes(abi_json(["f()", "g(uint8)"]))
    outcome = run("fuzz", "any.wat", "--abi", "abi.json", "--runs", 10)
    assert outcome.code == 0
    for name in ("f()", "g(uint8)"):
        assert f"warning: {name} runs like a call of no function" in outcome.err


def test_abi_that_fits_has_no_unknown_functions(run: Run) -> None:
    outcome = run("fuzz", *write("magic", MAGIC), "--runs", 10, "--json")
    assert json.loads(outcome.out)["unknownFunctions"] == []
    assert "does the ABI fit" not in outcome.err


# Findings


@pytest.mark.parametrize(
    ("name", "bodies", "runs", "sent"),
    [("divides", DIVIDES, 200, 1), ("steps", STEPS, 3_000, 4)],
)
def test_finding_is_replayed(
    run: Run, name: str, bodies: dict[str, str], runs: int, sent: int
) -> None:
    assert run("fuzz", *write(name, bodies), "--runs", runs).code == 1
    (path,) = Path("fuzz-findings").iterdir()
    document = run("replay", path, "--json").document
    assert document["same"] is True
    assert len(document["transactions"]) == sent
    last = document["transactions"][-1]
    if bodies is DIVIDES:
        recorded = json.loads(path.read_bytes())["finding"]["transactions"][0]
        assert int(last["gasUsed"], 0) == recorded["gasLimit"]
    else:
        assert int(last["output"], 0) == 0


def test_finding_without_a_case_is_refused(run: Run) -> None:
    Path("finding.json").write_text('{"format": "contractvm fuzz finding 1"}')
    outcome = run("replay", "finding.json")
    assert outcome.code == 1
    assert "the finding could not be captured" in outcome.err


def test_commands_can_be_pasted(run: Run) -> None:
    outcome = run("fuzz", *write("steps", STEPS), "--runs", 3_000)
    lines = [
        line.partition("contractvm ")[2]
        for line in outcome.out.splitlines()
        if "contractvm " in line
    ]
    assert not any("#" in line for line in lines)
    sends = [shlex.split(line) for line in lines if line.startswith("send")]
    assert [words[2] for words in sends] == ["step()"] * 3


def function(signature: str) -> AbiFunction:
    (found,) = read_abi(abi_json([signature]))
    return found


@pytest.mark.parametrize(
    ("signature", "values", "words"),
    [
        ("bid()", [], ["'bid()'"]),
        ("f(int8,bool)", [-3, True], ["'f(int8,bool)'", "-3", "true"]),
        ("f(string)", ["it's"], ["'f(string)'", "'it'\"'\"'s'"]),
        ("f(string)", ['"'], ["'f(string)'", '\'"\\""\'']),
        ("f(bytes)", [b"\0\1"], ["'f(bytes)'", "0x0001"]),
        ("f(uint8[])", [[1, 2]], ["'f(uint8[])'", "'[1,2]'"]),
        ("f(string[])", [["a,b", ""]], ["'f(string[])'", '\'["a,b",""]\'']),
    ],
)
def test_call_is_shown_with_its_arguments(
    signature: str, values: list[object], words: list[str]
) -> None:
    found = function(signature)
    data = found.encode(values)
    assert call_words([found], data) == words
    _, *texts = shlex.split(" ".join(words))
    assert found.encode_text(texts) == data


def test_call_that_arguments_do_not_give_is_shown_as_data() -> None:
    found = function("f(uint8)")
    data = found.encode([1]) + b"\7"
    assert call_words([found], data) == [f"--data 0x{data.hex()}"]
    assert call_words([found], b"") == []
    newline = function("f(string)")
    assert call_words([newline], newline.encode(["a\n"]))[0].startswith("--data ")


# Time and oracles


def test_report_says_where_the_time_goes(run: Run) -> None:
    arguments = ["fuzz", *write("forever", {**FOREVER, **STEPS}), "--runs", 60]
    document = json.loads(run(*arguments, "--json").out)
    activities = {(row["activity"], row["name"]) for row in document["run"]["time"]}
    assert {("calls", "spin()"), ("calls", "step()"), ("invariants", "")} <= activities
    assert "calls of spin()" in run(*arguments).out


@pytest.mark.parametrize("seconds", [2, 4])
def test_seconds_hold_though_one_case_takes_as_long(run: Run, seconds: int) -> None:
    """The full limit is asked for: a call takes seconds, and sixteen are a case."""
    Path("spin.wasm").write_bytes(contract(FOREVER))
    Path("spin.json").write_bytes(abi_json(list(FOREVER)))
    began = time.monotonic()
    document = json.loads(
        run(
            *("fuzz", "spin.wasm", "--abi", "spin.json", "--gas-limit", 30_000_000),
            *("--fail-on", "out-of-gas", "--oracles", "none", "--seconds", seconds),
            "--json",
        ).out
        or "{}"
    )
    assert time.monotonic() - began < 1.1 * seconds + 1  # a second to begin
    assert document.get("cases", 0) < 64


def test_oracles_are_sampled_unless_all_are_asked_for(run: Run) -> None:
    arguments = ["fuzz", *write("steps", STEPS), "--runs", 100]
    default = json.loads(run(*arguments, "--json").out)["checks"]
    every = json.loads(run(*arguments, "--oracles", "all", "--json").out)["checks"]
    assert list(default) == list(every)
    assert len(default) == len(ORACLES)
    assert sum(default.values()) < sum(every.values()) // 2
    shown = run(*arguments).out
    assert f"ledger: {default['ledger']} cases, " in shown
    again = json.loads(run(*arguments, "--json", "--oracles", SAMPLED).out)
    assert again["checks"] == default


def test_sampled_oracles_are_all_with_smaller_shares() -> None:
    assert tuple(SAMPLED_ORACLES) == tuple(ORACLES) == GROUPS[SAMPLED]
    executor = CaseExecutor(campaign_for(STEPS).start)
    for name, factory in ORACLES.items():
        few, many = SAMPLED_ORACLES[name](executor), factory(executor)
        assert type(few) is type(many)
        assert 0 < few.share <= many.share
        assert few.share_of_new < many.share_of_new <= MILLION
