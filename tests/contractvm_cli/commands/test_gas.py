"""`contractvm gas`: reports of calls and transactions, with good and wrong input."""

from collections.abc import Callable
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from examples.wasm_compiler import compile_module
from tests.contractvm_cli.conftest import COUNTER, Outcome, Run
from tests.helpers.examples import EXAMPLES
from tests.helpers.line_tables import (
    COPY,
    END,
    advance_pc,
    line_table,
    set_address,
    with_line_tables,
)
from tests.helpers.module_bytes import custom

ErrorOf = Callable[..., str]
GET = "get()(uint256)"
LOOKS_AT_GAS = """(module
  (import "ethereum" "getGasLeft" (func $gas (result i64)))
  (memory (export "memory") 1)
  (func (export "main") (drop (call $gas))))"""


@pytest.fixture
def counter(run: Run) -> str:
    """A counter under the prices of the hand counts, whatever a chain's default is."""
    deployed = run("deploy", COUNTER, "--schedule", "ewasm-metered", "--json")
    address: str = deployed.document["contractAddress"]
    return address


def test_call_is_explained_to_the_last_unit(run: Run, counter: str) -> None:
    document = run("gas", counter, GET, "--json").document
    assert (
        document["gasUsed"] == run("call", counter, GET, "--json").document["gasUsed"]
    )
    assert document["remainder"] == 0
    assert sum(group["units"] for group in document["groups"]) == 35_817 * 10_000
    assert document["modes"] == {
        "tx": 35_817,
        "call": 14_545,
        "net": 14_545,
        "required": None,
    }


def test_transaction_is_explained_by_its_hash(run: Run, counter: str) -> None:
    receipt = run("send", counter, "increment()", "--json").document
    document = run("gas", receipt["transactionHash"], "--json").document
    assert document["gasUsed"] == receipt["gasUsed"] == 55_817
    assert document["title"] == f"transaction {receipt['transactionHash']}"


def test_table_ends_with_the_total_and_remainder_0(run: Run, counter: str) -> None:
    lines = run("gas", counter, GET).out.splitlines()
    assert "tx        35,817 gas  what the transaction pays" in lines
    total = next(line for line in lines if line.startswith("total")).split()
    remainder = next(line for line in lines if line.startswith("remainder")).split()
    assert total == ["total", "35,817.0000", "100.0%"]
    assert remainder == ["remainder", "0.0000"]


def test_required_gas_is_searched(run: Run, counter: str) -> None:
    document = run("gas", counter, GET, "--required", "--json").document
    required = document["modes"]["required"]
    assert run("call", counter, GET, "--gas-limit", required).code == 0
    assert run("call", counter, GET, "--gas-limit", required - 1).code == 1


@pytest.mark.parametrize("option", ["--folded", "--speedscope", "--flamegraph"])
def test_file_is_what_goes_to_stdout(run: Run, counter: str, option: str) -> None:
    Path("out").write_text("older")
    run("gas", counter, GET, option, "out")
    printed = run("gas", counter, GET, option, "-")
    assert printed.code == 0
    assert Path("out").read_text() == printed.out != ""


def test_folded_lines_add_up(run: Run, counter: str) -> None:
    lines = run("gas", counter, GET, "--folded", "-").out.splitlines()
    assert sum(int(line.rpartition(" ")[2]) for line in lines) == 358_170_000
    assert any(line.endswith(";main;storageLoad [host] 2000000") for line in lines)


def test_repriced_run_is_shown_beside_the_run(run: Run, counter: str) -> None:
    reprice = ("gas", counter, GET, "--reprice", "ewasm-hera")
    document = run(*reprice, "--json").document
    assert document["asRun"]["gasUsed"] == 35_817
    assert document["repriced"]["gasUsed"] == 21_480
    assert document["difference"]["modes"]["tx"] == 21_480 - 35_817
    assert document["difference"]["groups"]["storage"] == 0
    again = run(*reprice, "--rerun", "--json").document
    assert again["repriced"]["modes"] == document["repriced"]["modes"]
    assert "difference" in run(*reprice).out


def test_run_that_looks_at_its_gas_must_run_again(run: Run, error_of: ErrorOf) -> None:
    Path("looks.wat").write_text(LOOKS_AT_GAS)
    address = run("deploy", "looks.wat", "--json").document["contractAddress"]
    line = error_of("gas", address, "--reprice", "ewasm-hera")
    assert "looked at its gas (getGasLeft)" in line
    assert line.endswith("add --rerun to run it again")
    again = run("gas", address, "--reprice", "ewasm-hera", "--rerun", "--json")
    assert again.document["repriced"]["gasUsed"] == 21_002


def test_failed_call_is_explained(run: Run, counter: str) -> None:
    document = run("gas", counter, GET, "--gas-limit", 35_700, "--json").document
    assert document["calls"][0]["status"] == "failure"
    assert (document["gasUsed"], document["remainder"]) == (35_700, 0)


def test_wrong_use_is_one_line(counter: str, error_of: ErrorOf) -> None:
    nothing = "0x" + "ab" * 32
    assert "no transaction 0xabab" in error_of("gas", nothing)
    assert "give its hash alone" in error_of("gas", nothing, "--value", 1, code=2)
    assert "give its hash alone" in error_of("gas", nothing, GET, code=2)
    assert "not an address or a transaction" in error_of("gas", "0x12", code=2)
    assert "--rerun needs --reprice" in error_of("gas", counter, "--rerun", code=2)
    two = ("--folded", "-", "--flamegraph", "-")
    assert "Only one thing" in error_of("gas", counter, *two, code=2)
    assert "Only one thing" in error_of("gas", counter, *two[:2], "--json", code=2)
    assert "no contract at" in error_of("gas", "0x" + "11" * 20)
    assert "no gas schedule" in error_of("gas", counter, "--reprice", "none").lower()


def test_file_that_cannot_be_written_is_one_line(
    counter: str, error_of: ErrorOf
) -> None:
    line = error_of("gas", counter, GET, "--folded", "no/such/file")
    assert line == "error: no/such/file: no such file or directory"


def test_debug_module_without_lines_is_refused(counter: str, error_of: ErrorOf) -> None:
    module = COUNTER.with_suffix(".wasm")
    line = error_of("gas", counter, GET, "--debug-module", module)
    assert line.endswith("counter.wasm: no debug information")


def test_the_text_of_a_contract_has_its_lines(counter: str, run: Run) -> None:
    shown = run("gas", counter, GET, "--lines", "--debug-module", COUNTER)
    assert (shown.code, shown.err) == (0, "")
    assert "counter.wat:27" in shown.out


FAULT = "line table at byte 0 of .debug_line: nothing is known of version 9"


def test_debug_module_that_cannot_be_read_says_why(
    counter: str, error_of: ErrorOf
) -> None:
    build = Path("build.wasm")
    build.write_bytes(
        with_line_tables(
            COUNTER.with_suffix(".wasm").read_bytes(), line_table(b"", version=9)
        )
    )
    line = error_of("gas", counter, GET, "--debug-module", build)
    assert line == f"error: build.wasm: debug information without lines: {FAULT}"


def test_lines_that_were_read_in_part_are_shown_and_the_fault_is_told(
    run: Run, counter: str
) -> None:
    build = Path("build.wasm")
    good = line_table(set_address(1) + COPY + advance_pc(1 << 20) + END)
    bad = line_table(b"", version=9)
    build.write_bytes(
        with_line_tables(COUNTER.with_suffix(".wasm").read_bytes(), bad, good)
    )
    options = ("gas", counter, GET, "--lines", "--debug-module", build)
    outcome = run(*options)
    assert "a.c:1 " in outcome.out
    assert outcome.out.splitlines()[-1] == (
        f"note: debug information of {counter} is not read in full: {FAULT}"
    )
    (call,) = run(*options, "--json").document["calls"]
    assert call["debugFault"] == FAULT
    groups = run(*options, "--json").document["groups"]
    (instructions,) = [group for group in groups if group["group"] == "instructions"]
    assert [line["units"] for line in call["lines"]] == [instructions["units"]]


def test_contract_whose_debug_information_cannot_be_read_says_why(
    run: Run, tmp_path: Path
) -> None:
    code = wat2wasm('(module (memory (export "memory") 1) (func (export "main")))')
    path = tmp_path / "runtime.wasm"
    path.write_bytes(with_line_tables(bytes(code), line_table(b"", version=9)))
    deployed = run("deploy", path, "--json").document
    outcome = run("gas", deployed["contractAddress"], "--lines")
    address = deployed["contractAddress"]
    assert outcome.out.splitlines()[-1] == (
        f"no source lines: the code of {address} has no lines: {FAULT}; give a build"
        " that has, with --debug-module"
    )


def test_lines_of_other_instructions_are_not_said_to_be_absent(run: Run) -> None:
    code = wat2wasm('(module (memory (export "memory") 1) (func (export "main") nop))')
    path = Path("runtime.wasm")
    past_the_end = line_table(set_address(1 << 20) + COPY + advance_pc(1) + END)
    path.write_bytes(with_line_tables(bytes(code), past_the_end))
    address = run("deploy", path, "--json").document["contractAddress"]
    outcome = run("gas", address, "--lines")
    assert outcome.out.splitlines()[-1] == (
        "no source lines: no instruction that ran has one in the debug information of"
        f" {address}"
    )
    (call,) = run("gas", address, "--json").document["calls"]
    assert (call["hasLines"], call["lines"], call["debugFault"]) == (True, [], None)


def test_lines_in_another_file_are_not_said_to_be_absent(run: Run) -> None:
    code = wat2wasm('(module (memory (export "memory") 1) (func (export "main")))')
    path = Path("runtime.wasm")
    path.write_bytes(bytes(code) + custom("external_debug_info", b"\6a.wasm"))
    address = run("deploy", path, "--json").document["contractAddress"]
    outcome = run("gas", address, "--lines")
    assert outcome.out.splitlines()[-1] == (
        f"no source lines: the code of {address} has no lines: its debug information is"
        " in another file: 'a.wasm'; give a build that has, with --debug-module"
    )


def test_lines_that_are_not_known_are_not_a_failure(run: Run, counter: str) -> None:
    outcome: Outcome = run("gas", counter, GET, "--lines")
    assert outcome.code == 0
    assert "no source lines" in outcome.out


@pytest.mark.slow
def test_lines_come_from_a_build_with_the_same_code(
    run: Run, error_of: ErrorOf, counter: str
) -> None:
    pytest.importorskip("ziglang")
    source = EXAMPLES / "keccak" / "keccak.c"
    compile_module(source, Path("debug.wasm"), Path.cwd(), keeps_debug=True)
    deployed = run("deploy", source.with_suffix(".wasm"), "--json").document
    build = ("--debug-module", "debug.wasm", "--json")
    document = run(
        "gas", deployed["contractAddress"], "--data", "0x616263", *build
    ).document
    (call,) = document["calls"]
    groups = {group["group"]: group["units"] for group in document["groups"]}
    files = {line["file"].rpartition("/")[2] for line in call["lines"]}
    assert {"keccak.c", "keccak.h"} <= files
    units = sum(line["units"] for line in call["lines"])
    assert 0 < units <= groups["instructions"]
    assert "its code section is not that" in error_of("gas", counter, GET, *build)
