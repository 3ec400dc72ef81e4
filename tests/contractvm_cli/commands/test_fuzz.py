"""`contractvm fuzz`: its output, its files, and its errors for bad input."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.contractvm_cli.conftest import COUNTER, TOKEN_INIT, Run
from tests.helpers.fuzz_contracts import (
    DIVIDES,
    FOREVER,
    LISTS,
    MAGIC,
    SCHEDULE,
    STEPS,
    TRAPS,
    abi_json,
    contract,
)
from tests.helpers.planted_engines import SoundEngine
from tests.helpers.source_tree import ROOT
from tests.helpers.wrong_engine import MiscountingEngine, use_wrong_engine

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
FIND_SECONDS = 120


def write(name: str, bodies: dict[str, str]) -> list[object]:
    """The contract and its ABI in files; the arguments that name them."""
    Path(f"{name}.wasm").write_bytes(contract(bodies))
    results = {key: "bool" for key in bodies if key.startswith("invariant_")}
    Path(f"{name}.json").write_bytes(abi_json(list(bodies), results))
    fixed = ["--schedule", SCHEDULE, "--gas-limit", 1_000_000]
    return [f"{name}.wasm", "--abi", f"{name}.json", *fixed]


def test_counter_has_no_findings(run: Run) -> None:
    outcome = run("fuzz", COUNTER, "--runs", 400, "--schedule", SCHEDULE)
    assert (outcome.code, outcome.err) == (0, "")
    assert "findings  0" in outcome.out
    assert "engine wasmtime: " in outcome.out
    assert not Path("fuzz-findings").exists()


def test_report_is_one_document_and_its_hash_the_same_with_workers(run: Run) -> None:
    arguments = ["fuzz", COUNTER, "--runs", 400, "--schedule", SCHEDULE, "--json"]
    first = run(*arguments).document
    second = run(*arguments, "--workers", 2).document
    assert first["cases"] == 400
    assert first["coverage"]["edges"] == 9
    assert first["findings"] == []
    assert second["reportHash"] == first["reportHash"]
    assert second.pop("run") != first.pop("run")
    assert second == first


def test_oracles_are_those_that_were_named(run: Run) -> None:
    arguments = ["fuzz", COUNTER, "--runs", 100, "--schedule", SCHEDULE, "--json"]
    named = run(*arguments, "--oracles", "ledger,tight-gas").document
    assert list(named["checks"]) == ["ledger", "tight-gas"]
    assert run(*arguments, "--oracles", "none").document["checks"] == {}
    alone = run(*arguments, "--oracles", "engines", "--engines", "interpreter")
    assert alone.document["checks"] == {}


def test_difference_has_a_place_a_smaller_module_and_a_test(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_wrong_engine(monkeypatch, MiscountingEngine)
    options = ["--runs", 8, "--oracles", "engines", "--shrink-attempts", 40]
    outcome = run("fuzz", *write("steps", STEPS), *options, "--fail-on", "nothing")
    assert outcome.code == 1
    folder = Path("fuzz-findings")
    (test,) = folder.glob("test_difference_*.py")
    assert f"test: pytest {test}" in outcome.err
    stem = test.stem.removeprefix("test_").replace("_", "-")
    finding = json.loads(folder.joinpath(f"{stem}.json").read_bytes())
    explained = finding["finding"]["explained"]
    assert explained["shrunkBytes"] < explained["moduleBytes"]
    assert explained["divergence"]["transaction"] == "0"
    assert explained["files"][0] == test.name
    assert all(folder.joinpath(name).is_file() for name in explained["files"])
    assert "made smaller: " in outcome.out
    case = folder / f"{stem}.shrunk.case.json"
    replayed = run("replay", case, "--cross-check", "--trust")
    assert replayed.code == 1
    use_wrong_engine(monkeypatch, SoundEngine)
    assert run("replay", case, "--cross-check", "--trust").code == 0


def test_commands_of_a_finding_show_it_again(run: Run) -> None:
    outcome = run("fuzz", *write("divides", DIVIDES), "--runs", 200)
    assert outcome.code == 1
    (path,) = Path("fuzz-findings").iterdir()
    assert f"finding: {path}" in outcome.err
    assert path.name.startswith("crash-integer-divide-by-zero-")
    assert json.loads(path.read_bytes())["finding"]["firstCase"] < 200
    commands = [
        shlex.split(line.partition("contractvm ")[2], comments=True)
        for line in outcome.out.splitlines()
        if "contractvm " in line
    ]
    deploy, send = commands
    assert run(*deploy).code == 0
    shown = run(*send)
    assert shown.code == 1
    assert "integer divide by zero" in shown.err


def test_commands_of_a_broken_invariant_end_with_its_call(run: Run) -> None:
    outcome = run("fuzz", *write("steps", STEPS), "--runs", 3_000)
    assert outcome.code == 1
    commands = [
        shlex.split(line.partition("contractvm ")[2], comments=True)
        for line in outcome.out.splitlines()
        if "contractvm " in line
    ]
    assert [words[0] for words in commands] == ["deploy", *["send"] * 3, "call"]
    for words in commands[:-1]:
        assert run(*words).code == 0
    assert run(*commands[-1], "--json").document["decoded"] == [False]


def test_invariant_can_be_given_by_signature(run: Run) -> None:
    arguments = write("steps", STEPS)
    given = ["--invariant", "invariant_small()(bool)", "--runs", 3_000]
    no_abi = [arguments[0], *arguments[3:]]
    outcome = run("fuzz", *no_abi, *given, "--json")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert [finding["name"] for finding in document["findings"]] == [
        "invariant_small()"
    ]


def test_campaign_goes_on_from_its_corpus(run: Run) -> None:
    arguments = ["fuzz", *write("magic", MAGIC), "--corpus", "corpus", "--json"]
    first = json.loads(run(*arguments, "--runs", 2_000).out)
    names = sorted(path.stem for path in Path("corpus").iterdir())
    assert names == sorted([*first["corpus"], "campaign"])
    second = json.loads(run(*arguments, "--runs", 10).out)
    assert second["firstCase"] == 2_000
    assert second["coverage"] == first["coverage"]
    assert sorted(second["corpus"]) == sorted(first["corpus"])


def test_damaged_and_foreign_files_of_a_corpus_are_named_and_left(run: Run) -> None:
    arguments = ["fuzz", COUNTER, "--schedule", SCHEDULE, "--corpus", "corpus"]
    assert run(*arguments, "--runs", 300).code == 0
    entry = next(path for path in Path("corpus").iterdir() if len(path.stem) == 16)
    whole = entry.read_text()
    entry.write_text(whole.replace('"seconds": 1', '"seconds": 2', 1))
    Path("corpus/notes.txt").write_text("not an entry")
    Path("corpus/half.json").write_text(whole[: len(whole) // 2])
    outcome = run(*arguments, "--runs", 10)
    assert outcome.code == 0
    assert outcome.err.splitlines() == [
        line
        for name in sorted([entry.name, "half.json", "notes.txt"])
        for line in outcome.err.splitlines()
        if line.startswith(f"warning: skipped corpus/{name}: ")
    ]
    assert entry.exists()
    assert Path("corpus/notes.txt").exists()


def test_abi_that_does_not_fit_is_said(run: Run) -> None:
    write("magic", MAGIC)
    outcome = run(
        *("fuzz", COUNTER, "--schedule", SCHEDULE),
        *("--abi", "magic.json", "--runs", 300),
    )
    assert outcome.code == 0
    assert "warning: open(uint64) never succeeded: does the ABI fit" in outcome.err


@pytest.mark.parametrize("bodies", [FOREVER, TRAPS])
def test_contract_that_cannot_work_ends_with_a_report(
    run: Run, bodies: dict[str, str]
) -> None:
    outcome = run("fuzz", *write("bad", bodies), "--runs", 50, "--json")
    assert outcome.code == (1 if bodies is TRAPS else 0)
    assert json.loads(outcome.out)["cases"] == 50


def test_setup_script_makes_the_state(run: Run) -> None:
    arguments = ["fuzz", *write("steps", STEPS), "--runs", 50, "--json"]
    # Three steps break the invariant, and no case has that many.
    arguments += ["--length", 2]
    Path("setup.py").write_text(
        "from chain_sim.ethereum.abi.functions import parse_function\n"
        "def setup(chain, contract):\n"
        "    for _ in range(2):\n"
        "        chain.send(contract, parse_function('step()').selector)\n"
    )
    assert json.loads(run(*arguments).out)["findings"] == []
    outcome = run(*arguments, "--setup", "setup.py")
    (finding,) = json.loads(outcome.out)["findings"]
    assert len(finding["transactions"]) == 1


def test_setup_script_that_fails_is_named_with_the_line(run: Run) -> None:
    arguments = ["fuzz", *write("steps", STEPS), "--runs", 50]
    Path("setup.py").write_text("def setup(chain, contract):\n    raise KeyError(1)\n")
    outcome = run(*arguments, "--setup", "setup.py")
    assert outcome.code == 1
    assert outcome.err.startswith("error: setup.py: KeyError: 1 (")
    assert outcome.err.endswith("setup.py:2)\n")


def test_contract_on_a_chain_is_fuzzed_from_its_state(run: Run) -> None:
    assert run("deploy", COUNTER, "--schedule", SCHEDULE, "--db", "chain").code == 0
    before = run("block", "latest", "--db", "chain").out
    outcome = run("fuzz", ADDRESS, "--db", "chain", "--runs", 300, "--json")
    assert outcome.document["campaign"]["contracts"] == [ADDRESS]
    assert outcome.document["coverage"]["edges"] == 9
    assert run("block", "latest", "--db", "chain").out == before


def test_constructor_makes_the_contract(run: Run) -> None:
    outcome = run(
        *("fuzz", TOKEN_INIT, "--init-code", "--schedule", SCHEDULE),
        *("--runs", 300, "--json"),
    )
    assert outcome.document["findings"] == []
    assert outcome.document["coverage"]["edges"] > 20


def test_gas_objective_finds_the_shape_and_draws_it(run: Run) -> None:
    outcome = run(
        *("fuzz", *write("lists", LISTS), "--runs", 600, "--objective", "gas"),
        *("--function", "pairs", "--size-parameter", "a", "--plot", "gas.svg"),
        "--json",
    )
    gas = outcome.document["gas"]
    assert gas["shape"]["shape"] == "quadratic"
    most = gas["greatest"][0]
    assert most["function"] == "pairs(uint8[])"
    assert most["size"] is None
    assert most["gasUsed"] == max(entry["gasUsed"] for entry in gas["greatest"])
    assert "quadratic" in Path("gas.svg").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--function", "f"], "belong to --objective gas"),
        (["--objective", "gas"], "give --abi"),
        (["--engines", "wasmtime"], "interpreter runs every case"),
        (["--engines", "interpreter,jit"], "'jit' is not one of interpreter, wasmtime"),
        (["--oracles", "luck"], "no oracle 'luck': there are engines, ledger, "),
        (["--invariant", "f(uint256)(bool)"], "an invariant has no parameters"),
        (["--invariant", "f"], "write name(types)(returned types)"),
        (["--cluster", "tcp://x:1", "--workers", "2"], "either --workers or --cluster"),
    ],
)
def test_options_that_do_not_go_together_are_wrong_usage(
    run: Run, arguments: list[str], message: str
) -> None:
    outcome = run("fuzz", COUNTER, "--runs", 10, *arguments)
    assert outcome.code == 2
    assert message in outcome.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not JSON: Expecting property name enclosed in double quotes in"),
        ("{}", "no array of functions"),
        ("[]", "it has no functions"),
        ('[{"name": "f", "inputs": [{"type": "uint7"}]}]', "'uint7' is no type"),
    ],
)
def test_abi_file_that_is_none_is_refused(run: Run, content: str, message: str) -> None:
    Path("abi.json").write_text(content)
    outcome = run("fuzz", COUNTER, "--runs", 10, "--abi", "abi.json")
    assert outcome.code == 1
    assert outcome.err.startswith("error: abi.json: not a contract's ABI: ")
    assert message in outcome.err


# Ctrl-C


def start_program(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    # Tests that run in a shell's background ignore Ctrl-C, and what they start would.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "contractvm_cli", "fuzz"),
                *map(str, arguments),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + FIND_SECONDS
    while not path.exists() and process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert path.exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_interrupted_campaign_keeps_what_it_found(
    run: Run, tmp_path: Path, workers: int
) -> None:
    arguments = [*write("traps", TRAPS), "--json"]
    process = start_program(
        tmp_path, *arguments, "--corpus", "corpus", "--workers", workers
    )
    wait_for(tmp_path / "corpus" / "campaign.json", process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=FIND_SECONDS)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    report: dict[str, Any] = json.loads(out)
    assert report["run"]["isInterrupted"] is True
    assert len(report["findings"]) == 1
    assert len(list((tmp_path / "fuzz-findings").iterdir())) == 1
    again = json.loads(run("fuzz", *arguments, "--runs", report["cases"]).out)
    assert again["reportHash"] == report["reportHash"]


def test_interrupt_at_the_very_beginning_is_no_traceback(tmp_path: Path) -> None:
    process = start_program(tmp_path, COUNTER, "--json", "--findings", "findings")
    time.sleep(0.6)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=FIND_SECONDS)
    assert process.returncode in (130, -signal.SIGINT)
    if process.returncode == 130:
        assert "Traceback" not in err
