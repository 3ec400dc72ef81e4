"""`contractvm fuzz` of CosmWasm contracts, and the files of a Cosmos chain."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.cosmos_fuzzing import FUZZED, FUZZED_WAT
from tests.helpers.cosmwasm import ECHO, response, submessage
from tests.helpers.wat import wat_to_wasm

ADDRESS = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"
DB = ("--db", "chain")
BURSTS = ("--message", 'execute={"burst": {"n": "$number"}}')
KEEPS = ("--message", 'execute={"keep": "$text"}')
QUICK = ("--runs", "64", "--oracles", "engines")
SCHEMA = {
    "contract_name": "fuzzed",
    "idl_version": "1.0.0",
    "execute": {
        "title": "ExecuteMsg",
        "oneOf": [
            {
                "type": "object",
                "required": ["keep"],
                "properties": {"keep": {"type": "string"}},
            },
            {"type": "string", "enum": ["deny"]},
        ],
    },
    "query": {
        "title": "QueryMsg",
        "oneOf": [
            {
                "type": "object",
                "required": ["last"],
                "properties": {"last": {"type": "object"}},
            }
        ],
    },
}


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "fuzzed.wasm"
    path.write_bytes(FUZZED)
    return path


@pytest.fixture
def chain(run: Run, module: Path) -> str:
    run("cosmwasm", "store", module, *DB)
    made = run("cosmwasm", "instantiate", "1", "{}", "--admin", "alice", "--json", *DB)
    address: str = made.document["address"]
    return address


def test_fuzz_finds_a_crash_and_says_how_to_repeat_it(
    run: Run, module: Path, tmp_path: Path
) -> None:
    outcome = run("fuzz", module, *BURSTS, *KEEPS, *QUICK)
    assert outcome.code == 1
    assert "crash: unreachable" in outcome.out
    commands = [
        line.split("commands")[-1].strip()
        for line in outcome.out.splitlines()
        if "contractvm " in line
    ]
    assert commands[0] == f"contractvm cosmwasm store {module} --db fuzz-cosmos"
    for command in commands[:-1]:
        assert run(*shlex.split(command)[1:]).code == 0
    outcome = run(*shlex.split(commands[-1])[1:])
    assert outcome.code == 1
    assert "unreachable" in outcome.err
    (finding,) = (tmp_path / "fuzz-findings").iterdir()
    replayed = run("replay", finding, "--cross-check", "--json").document
    assert replayed["same"]
    assert "unreachable" in replayed["steps"][-1]["error"]


def test_fuzz_reads_a_schema(run: Run, module: Path, tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    outcome = run("fuzz", module, "--schema", schema, *QUICK, "--json")
    assert outcome.code == 0
    document = outcome.document
    assert document["campaign"]["functions"] == [
        "execute keep",
        "execute deny",
        "query last",
    ]
    calls = {each["signature"]: each["outcomes"] for each in document["functions"]}
    assert calls["execute keep"]["success"] > 0
    assert calls["query last"]["success"] > 0
    again = run("fuzz", module, "--schema", schema, *QUICK, "--json")
    assert again.document["reportHash"] == document["reportHash"]


def test_fuzz_takes_a_contract_on_a_chain(run: Run, chain: str) -> None:
    outcome = run("fuzz", chain, *KEEPS, *QUICK, "--json", *DB)
    assert outcome.code == 0
    assert outcome.document["campaign"]["contracts"] == [ADDRESS]
    assert outcome.document["campaign"]["height"] == 6


def test_corpus_is_continued(run: Run, module: Path, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    for begin in (0, 64):
        outcome = run("fuzz", module, *KEEPS, *QUICK, "--corpus", corpus, "--json")
        assert outcome.document["firstCase"] == begin
    assert outcome.document["run"]["skippedFiles"] == []
    assert len(list(corpus.iterdir())) > 1


def test_findings_become_tests_that_fail_until_they_are_mended(
    run: Run, module: Path, tmp_path: Path
) -> None:
    test = tmp_path / "tests" / "test_found.py"
    test.parent.mkdir()
    outcome = run("fuzz", module, *BURSTS, *QUICK, "--pytest", test)
    assert f"tests: pytest {test}" in outcome.err
    names = run_tests(test)
    with pytest.raises(AssertionError):
        names["test_1_crash_unreachable"]()
    mended = FUZZED_WAT.replace("(then unreachable)", "(then nop)")
    text = test.read_text().replace("fuzzed.wasm", "fuzzed.wat")
    module.with_suffix(".wat").write_text(mended)
    test.write_text(text)
    run_tests(test)["test_1_crash_unreachable"]()


# Traps when it is told of its submessage.
BOLD = ECHO.replace(
    '(func (export "reply") (param i32 i32) (result i32)',
    '(func (export "reply") (param i32 i32) (result i32) unreachable)\n'
    "  (func (param i32 i32) (result i32)",
)
HANDLERS = """
def register(handlers):
    handlers.messages["staking.delegate"] = lambda *_: None
"""


def test_handlers_of_a_script_are_in_commands_tests_and_replays(
    run: Run, tmp_path: Path
) -> None:
    module, script = tmp_path / "bold.wasm", tmp_path / "handlers.py"
    module.write_bytes(wat_to_wasm(BOLD))
    script.write_text(HANDLERS)
    test = tmp_path / "test_found.py"
    message = response(submessage({"staking": {"delegate": {}}}, "success"))
    template = f"execute={json.dumps(message)}"
    words = "--instantiate", json.dumps(response()), "--handlers", script
    outcome = run(
        "fuzz", module, "--message", template, *words, *QUICK, "--pytest", test
    )
    assert outcome.code == 1
    assert "crash: unreachable" in outcome.out
    commands = [
        line.split("commands")[-1].strip()
        for line in outcome.out.splitlines()
        if "contractvm " in line
    ]
    for command in commands[:-1]:
        assert run(*shlex.split(command)[1:]).code == 0
    failed = run(*shlex.split(commands[-1])[1:])
    assert failed.code == 1
    assert "unreachable" in failed.err
    (finding,) = (tmp_path / "fuzz-findings").iterdir()
    assert run("replay", finding, "--handlers", script, "--cross-check").code == 0
    failed = run("replay", finding)
    assert (failed.code, failed.err.count("\n")) == (1, 1)
    assert "staking.delegate is not simulated" in failed.err
    with pytest.raises(AssertionError):
        run_tests(test)["test_1_crash_unreachable"]()


def run_tests(test: Path) -> dict[str, Callable[[], Any]]:
    """The functions of a test file."""
    names: dict[str, Any] = {"__file__": str(test)}
    exec(compile(test.read_text(), test, "exec"), names)
    return names


def test_invariants_of_a_script_are_in_the_tests(
    run: Run, module: Path, tmp_path: Path
) -> None:
    script = tmp_path / "rules.py"
    script.write_text(
        "def invariant_poor(chain):\n"
        "    assert chain.balance(chain.contracts[0], 'stake') == 0\n"
    )
    test = tmp_path / "test_found.py"
    outcome = run(
        "fuzz", module, *KEEPS, *QUICK, "--invariants", script, "--pytest", test
    )
    assert "invariant: invariant_poor" in outcome.out
    with pytest.raises(AssertionError):
        run_tests(test)["test_1_invariant_invariant_poor"]()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--schema FILE"),
        (("--message", "instantiate={}"), "begin with execute="),
        (("--message", "execute=["), "not JSON"),
        ((*KEEPS, "--abi", "x.json"), "--abi"),
        ((*KEEPS, "--init-code"), "--init-code is not for CosmWasm"),
        ((*KEEPS, "--oracles", "commit-reopen"), "not for contracts of cosmwasm"),
        ((*KEEPS, "--objective", "gas"), "--objective is not for CosmWasm"),
        ((*KEEPS, "--instantiate", "{"), "payload msg: invalid"),
        ((*KEEPS, "--release", "wasmd-9.9.9"), "wasmd-9.9.9"),
    ],
)
def test_wrong_options_are_refused(
    arguments: tuple[str, ...], words: str, run: Run, module: Path
) -> None:
    outcome = run("fuzz", module, "--runs", "8", *arguments)
    assert outcome.code in {1, 2}
    assert words in outcome.err
    assert "internal error" not in outcome.err


def test_messages_are_for_cosmwasm_alone(run: Run, tmp_path: Path) -> None:
    plain = tmp_path / "plain.wat"
    plain.write_text('(module (memory (export "memory") 1) (func (export "main")))')
    outcome = run("fuzz", plain, *KEEPS)
    assert outcome.code == 2
    assert "--message" in outcome.err


# Files of a chain


def test_captured_message_is_replayed_and_altered_ones_are_told(
    run: Run, chain: str, tmp_path: Path
) -> None:
    arguments = ("cosmwasm", "capture", chain, '{"keep": 1}', "-o", "case.json")
    facts = run(*arguments, "--amount", "3stake", "--json", *DB).document
    sent = ("cosmwasm", "execute", chain, '{"keep": 1}', "--amount", "3stake")
    assert run(*sent, "--json", *DB).document["gasUsed"] == facts["gasUsed"]
    for engine in ("interpreter", "wasmtime"):
        outcome = run("replay", "case.json", "--engine", engine)
        assert outcome.code == 0
        assert "the same" in outcome.out
    document = json.loads(Path("case.json").read_text())
    document["steps"][0]["outcome"]["gasUsed"] += 1
    Path("other.json").write_text(json.dumps(document, indent=1))
    outcome = run("replay", "other.json")
    assert outcome.code == 1
    assert "steps[0] is not as expected in gasUsed" in outcome.err
    document["steps"][0]["sent"]["gasLimit"] = 10**9
    Path("other.json").write_text(json.dumps(document, indent=1))
    outcome = run("replay", "other.json")
    assert outcome.code == 1
    assert "--trust" in outcome.err
    del document["total"]
    Path("other.json").write_text(json.dumps(document, indent=1))
    outcome = run("replay", "other.json")
    assert outcome.code == 1
    assert "total" in outcome.err


def test_query_and_earlier_block_are_captured(run: Run, chain: str) -> None:
    arguments = ("cosmwasm", "capture", chain, "{}", "--entry", "query")
    facts = run(*arguments, "--at", "5", "-o", "a.json", "--json", *DB).document
    assert "no such contract" in facts["error"]
    outcome = run(*arguments, "--at", "9", "-o", "a.json", *DB)
    assert outcome.code == 1
    assert "no block 9" in outcome.err
    facts = run(*arguments, "-o", "a.json", "--json", *DB).document
    assert facts["error"] is None
    assert run("replay", "a.json", "--cross-check").code == 0


def test_dump_and_load_keep_the_chain(run: Run, chain: str, tmp_path: Path) -> None:
    run("cosmwasm", "execute", chain, '{"keep": 1}', *DB)
    dumped = run("cosmwasm", "dump", "chain.json", "--json", *DB).document
    loaded = run("cosmwasm", "load", "chain.json", "--db", "copy", "--json").document
    assert (loaded["root"], loaded["height"]) == (dumped["root"], 7)
    again = run("cosmwasm", "dump", "again.json", "--json", "--db", "copy").document
    assert again["bytes"] == dumped["bytes"]
    assert Path("again.json").read_bytes() == Path("chain.json").read_bytes()
    outcome = run("cosmwasm", "load", "chain.json", "--db", "copy")
    assert outcome.code == 1
    text = Path("chain.json").read_text().replace(dumped["root"], "00" * 32)
    Path("bad.json").write_text(text)
    outcome = run("cosmwasm", "load", "bad.json", "--db", "third")
    assert outcome.code == 1
    assert ".root: " in outcome.err
    assert not Path("third").exists()
