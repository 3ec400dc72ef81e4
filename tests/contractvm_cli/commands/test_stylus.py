"""`contractvm stylus`: checks, and programs on a chain."""

import json
import shlex
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.examples import EXAMPLES

HOOKS = """(import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))"""
ECHO = f"""(module {HOOKS} (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param i32) (result i32)
    (call $read_args (i32.const 0))
    (call $write_result (i32.const 0) (local.get 0))
    (i32.const 0)))"""
FLOAT = ECHO.replace(
    "(i32.const 0)))", "(drop (f32.add (f32.const 1) (f32.const 2))) (i32.const 0)))"
)
ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
CHAIN = ("--db", "chain")


@pytest.fixture
def echo(tmp_path: Path) -> Path:
    path = tmp_path / "echo.wat"
    path.write_text(ECHO)
    return path


def test_check_says_what_a_program_will_cost(run: Run, echo: Path) -> None:
    document = json.loads(run("stylus", "check", echo, "--json").out)
    assert document["arbos"] == 61
    assert document["startGas"] == {
        "first": 9_226,
        "repeated": 363,
        "cached": 363,
    }
    assert (document["initCost"], document["cachedCost"]) == (31, 11)
    deployed = json.loads(run("stylus", "deploy", echo, "--json", *CHAIN).out)
    assert deployed["contractAddress"] == ADDRESS
    assert int(deployed["gasUsed"]) == document["activationGas"]
    fee = int(deployed["output"][66:], 16)
    assert fee == int(document["wasmDataFee"])
    receipt = json.loads(run("receipt", _first(run), "--json", *CHAIN).out)
    assert int(receipt["gasUsed"]) == document["deployGas"]


def _first(run: Run) -> str:
    """The hash of the chain's first transaction."""
    block = json.loads(run("block", "1", "--json", *CHAIN).out)
    tx_hash: str = block["transactions"][0]
    return tx_hash


def test_before_arbos_60_a_second_call_costs_as_much(run: Run, echo: Path) -> None:
    document = json.loads(run("stylus", "check", echo, "--arbos", "59", "--json").out)
    assert document["startGas"]["repeated"] == document["startGas"]["first"] == 9_226


def test_check_for_people(run: Run, echo: Path) -> None:
    lines = dict(
        line.split("  ", 1) for line in run("stylus", "check", echo).out.splitlines()
    )
    assert lines["contract size"].strip().endswith("bytes of 24576")
    assert lines["gas to start"].strip() == (
        "9226 first in a block, 363 again, 363 cached"
    )
    assert "20 % that come back" in lines["wasm data fee"]


def test_a_refusal_names_rule_func_and_operator(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "float.wat"
    path.write_text(FLOAT)
    outcome = run("stylus", "check", path)
    assert outcome.code == 1
    assert "floating point arithmetic not allowed: f32.add in func 2" in outcome.err
    outcome = run("stylus", "deploy", path, *CHAIN)
    assert outcome.code == 1
    assert not (tmp_path / "chain").exists()


def test_deploy_activates_unless_told_not_to(run: Run, echo: Path) -> None:
    outcome = run("stylus", "deploy", echo, "--no-activate", *CHAIN)
    assert f"deployed code at address: {ADDRESS}" in outcome.err
    assert "activated" not in outcome.err
    assert run("call", ADDRESS, "f()", *CHAIN).code == 1
    outcome = run("stylus", "activate", ADDRESS, *CHAIN)
    assert outcome.code == 0
    assert "contract activated and ready onchain" in outcome.err
    assert run("call", ADDRESS, "f()", *CHAIN).code == 0
    again = run("stylus", "activate", ADDRESS, *CHAIN)
    assert again.code == 1
    assert "ProgramUpToDate()" in again.err


def test_a_cached_program_starts_cheaper_until_it_is_evicted(
    run: Run, echo: Path
) -> None:
    run("stylus", "deploy", echo, *CHAIN)

    def gas() -> int:
        outcome = run("call", ADDRESS, "f()", "--json", *CHAIN)
        return int(json.loads(outcome.out)["gasUsed"])

    first = gas()
    assert run("stylus", "cache", ADDRESS, *CHAIN).code == 0
    assert gas() == first - 8_832 - 31
    assert run("stylus", "cache", ADDRESS, "--evict", *CHAIN).code == 0
    assert gas() == first


def test_a_trace_has_the_form_of_nitros_tracer(run: Run, echo: Path) -> None:
    run("stylus", "deploy", echo, *CHAIN)
    sent = json.loads(run("send", ADDRESS, "f()", "--json", *CHAIN).out)
    steps = json.loads(
        run("stylus", "trace", sent["transactionHash"], "--json", *CHAIN).out
    )
    assert [step["name"] for step in steps] == [
        "user_entrypoint",
        "read_args",
        "write_result",
        "user_returned",
    ]
    assert steps[1]["outs"] == steps[2]["args"] == "0x26121ff0"
    assert steps[1]["startInk"] - steps[1]["endInk"] == 13_440
    lines = run("stylus", "trace", sent["transactionHash"], *CHAIN).out.splitlines()
    assert lines[1:3] == [
        "read_args  13440  0x 0x26121ff0",
        "write_result  41162  0x26121ff0 0x",
    ]


def test_a_chain_keeps_its_version_of_arbos(run: Run, echo: Path) -> None:
    assert run("stylus", "deploy", echo, "--arbos", "51", *CHAIN).code == 0
    outcome = run("stylus", "deploy", echo, "--arbos", "61", *CHAIN)
    assert outcome.code == 1
    assert "the chain has ArbOS 51, not 61" in outcome.err
    assert run("stylus", "deploy", echo, *CHAIN).code == 0


def test_what_is_not_there_is_said(run: Run, echo: Path) -> None:
    for verb in ("activate", "cache"):
        outcome = run("stylus", verb, ADDRESS, *CHAIN)
        assert outcome.code == 1
        assert "no chain in chain" in outcome.err
    run("stylus", "deploy", echo, "--no-activate", *CHAIN)
    outcome = run("stylus", "cache", ADDRESS, *CHAIN)
    assert outcome.code == 1
    assert f"no activated program at {ADDRESS}" in outcome.err
    outcome = run("gas", ADDRESS, *CHAIN)
    assert "failed: the program is not activated" in outcome.out


DIVIDES = ECHO.replace(
    "(call $write_result (i32.const 0) (local.get 0))",
    "(i32.store (i32.const 64) (i32.div_u (i32.const 1) (i32.load8_u (i32.const 3))))",
)
QUICK = ("--runs", "64", "--oracles", "engines")


def test_fuzz_finds_a_crash_of_a_program_and_says_how_to_repeat_it(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "divides.wat"
    path.write_text(DIVIDES)
    outcome = run("fuzz", path, *QUICK)
    assert outcome.code == 1
    assert "crash: integer divide by zero" in outcome.out
    commands = [
        line.split("commands")[-1].strip()
        for line in outcome.out.splitlines()
        if "contractvm " in line
    ]
    assert commands[0] == (
        f"contractvm stylus deploy --arbos 61 {path} --db fuzz-chain"
    )
    for command in commands:
        outcome = run(*shlex.split(command)[1:])
    assert outcome.code == 1
    assert "integer divide by zero" in outcome.err
    (finding,) = (tmp_path / "fuzz-findings").iterdir()
    for engine in ("interpreter", "wasmtime"):
        replayed = run("replay", finding, "--engine", engine, "--json").document
        assert replayed["same"]
        assert replayed["transactions"][0]["error"] == "integer divide by zero"


def test_fuzz_takes_a_program_on_a_chain_and_its_rules(run: Run, echo: Path) -> None:
    run("stylus", "deploy", echo, "--arbos", "51", *CHAIN)
    outcome = run("fuzz", ADDRESS, *QUICK, "--json", *CHAIN)
    assert outcome.code == 0
    assert outcome.document["campaign"]["schedule"] == "stylus-1"
    outcome = run("fuzz", echo, "--fork", "arbitrum-51", *QUICK)
    assert outcome.code == 0
    outcome = run("fuzz", echo, "--fork", "arbitrum-29", *QUICK)
    assert outcome.code == 1
    assert "arbitrum-29" in outcome.err
    outcome = run("fuzz", ADDRESS, "--fork", "arbitrum", *QUICK, *CHAIN)
    assert outcome.code == 1
    assert "--fork" in outcome.err


def test_fuzz_of_other_accounts_says_that_they_are_no_programs(
    run: Run, echo: Path
) -> None:
    run("stylus", "deploy", echo, *CHAIN)
    outcome = run("fuzz", "0x" + "71".rjust(40, "0"), *QUICK, *CHAIN)
    assert outcome.code == 1
    assert "not a Stylus program" in outcome.err


def test_check_knows_a_program_by_its_imports(run: Run, echo: Path) -> None:
    assert run("check", echo, "--json").document["profile"] == "stylus"
    assert run("check", echo, "--profile", "ewasm", "--json").code == 0


def test_captured_and_dumped_programs_come_back(run: Run, echo: Path) -> None:
    run("stylus", "deploy", echo, *CHAIN)
    sent = run("send", ADDRESS, "--data", "0x0102", "--json", *CHAIN).document
    assert run("capture", sent["transactionHash"], "-o", "a.json", *CHAIN).code == 0
    replayed = run("replay", "a.json", "--cross-check", "--json").document
    assert replayed["same"]
    assert replayed["transactions"][0]["output"] == "0x0102"
    dumped = run("dump", "b.json", "--json", *CHAIN).document
    loaded = run("load", "b.json", "--db", "copy", "--json").document
    assert loaded["stateRoot"] == dumped["stateRoot"]
    called = run("call", ADDRESS, "--data", "0x05", "--db", "copy", "--json").document
    assert called["output"] == "0x05"


def test_other_chains_have_no_arbos(run: Run, echo: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.wat"
    plain.write_text('(module (memory (export "memory") 1) (func (export "main")))')
    run("deploy", plain, *CHAIN)
    for arguments in (("deploy", echo), ("activate", ADDRESS), ("cache", ADDRESS)):
        outcome = run("stylus", *arguments, *CHAIN)
        assert outcome.code == 1
        assert "a chain with the rules of byzantium has no ArbOS" in outcome.err


INTERFACE = """// SPDX-License-Identifier: MIT
interface ICounter {
    function number() external view returns (uint64);
    function increment() external;
    error NotTheWriter(address writer);
}
"""


def test_the_abi_of_a_program_is_registered(run: Run, tmp_path: Path) -> None:
    interface = tmp_path / "counter.sol"
    interface.write_text(INTERFACE)
    code = EXAMPLES / "stylus" / "counter.wasm"
    deployed = run("stylus", "deploy", code, "--abi", interface, *CHAIN)
    assert deployed.code == 0
    listed = json.loads(run("abi", "list", "--json", *CHAIN).out)
    assert listed["abis"] == [
        {"target": ADDRESS.lower(), "functions": 2, "events": 0, "errors": 1}
    ]
    assert run("send", ADDRESS, "increment", *CHAIN).code == 0
    called = run("call", ADDRESS, "number", *CHAIN)
    assert called.out.splitlines()[0] == "result    1"


def test_an_abi_with_a_constructor_is_refused_before_anything_is_sent(
    run: Run, tmp_path: Path
) -> None:
    interface = tmp_path / "counter.sol"
    interface.write_text(
        INTERFACE.replace("error", "constructor(uint64 first);\nerror")
    )
    code = EXAMPLES / "stylus" / "counter.wasm"
    refused = run("stylus", "deploy", code, "--abi", interface, *CHAIN)
    assert (refused.code, refused.out) == (1, "")
    assert "StylusDeployer would call" in refused.err
    interface.write_text("interface X {")
    damaged = run("stylus", "deploy", code, "--abi", interface, *CHAIN)
    assert (damaged.code, damaged.err.count("\n")) == (1, 1)
    assert not (tmp_path / "chain").exists()


def test_a_trace_can_show_the_ink_of_the_code(run: Run, echo: Path) -> None:
    run("stylus", "deploy", echo, *CHAIN)
    sent = json.loads(run("send", ADDRESS, "f()", "--json", *CHAIN).out)
    tx_hash = sent["transactionHash"]
    lines = run("stylus", "trace", tx_hash, "--code", *CHAIN).out.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("user_entrypoint", "code", "read_args", "code", "write_result"),
        "user_returned",
    ]
    # Header, constant and call; header, constant, local and call.
    assert lines[1] == "code  6251"
    assert lines[3] == "code  6326"


def test_gas_and_trace_know_programs(run: Run, echo: Path) -> None:
    run("stylus", "deploy", echo, *CHAIN)
    sent = json.loads(run("send", ADDRESS, "f()", "--json", *CHAIN).out)
    tx_hash = sent["transactionHash"]
    shown = run("gas", tx_hash, "--slots", *CHAIN).out
    assert "remainder" in shown
    assert "block headers" in shown
    assert "no slots" in shown
    document = json.loads(run("gas", tx_hash, "--json", *CHAIN).out)
    assert document["remainder"] == 0
    assert document["calls"][0]["startPrices"]["paid"] == "first"
    traced = run("trace", tx_hash, "-vv", "--ascii", *CHAIN).out
    assert "|- func user_entrypoint, 1 call [own" in traced
    assert "|- read_args(0)" in traced
