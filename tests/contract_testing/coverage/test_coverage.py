"""Coverage: counts by offset, files that add up, lcov and tables."""

from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing import Contract
from contract_testing.coverage.counts import (
    MAX_COUNT,
    Counts,
    forget_counts,
    read_counts,
    section_hash,
    write_counts,
)
from contract_testing.coverage.recorder import CoverageRecorder
from contract_testing.coverage.report import (
    FileCoverage,
    lcov_text,
    make_report,
    share,
    table_lines,
)
from contractvm.ledger.debug_info import DebugInfo
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from tests.helpers.line_tables import line_table, simple_program, with_line_tables
from tests.helpers.vectors import vectors_folder
from tests.helpers.wat import wat_to_wasm

SOURCE = """(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (memory (export "memory") 1)
  (func $twice nop nop)
  (func $never nop nop)
  (func (export "main")
    (call $twice)
    (if (call $size) (then (call $twice)))))"""
CODE = wat_to_wasm(SOURCE)
MODULE = decode_module(CODE)
STARTS = [func.offset - MODULE.code_offset for func in MODULE.funcs]


@pytest.fixture
def recorder() -> CoverageRecorder:
    """What ran of the module in one transaction and two calls."""
    chain = Blockchain.in_memory()
    contract: Any = Contract.deploy(chain, CODE, abi=["go()"])
    recorder = CoverageRecorder(chain, contract._cvm.connection.book)
    sent = chain.send(contract, b"data")
    recorder.transaction(sent.transaction_hash)
    for data in (b"", b"data"):
        place = chain.reader.place_call(
            contract, data, sender=None, value=0, gas_limit=None, at=None
        )
        recorder.call(place)
    return recorder


def test_instructions_are_counted_by_offset(recorder: CoverageRecorder) -> None:
    (counts,) = recorder.counts.values()
    twice, never, main = STARTS
    assert counts.by_offset[twice] == 5
    assert counts.by_offset[main] == 3
    assert never not in counts.by_offset
    code = MODULE.funcs[2].code
    starts = [start for _, _, _, start, _ in instructions(code)]
    # call, call, if, call, end, end
    assert [counts.by_offset.get(main + start, 0) for start in starts] == [
        *(3, 3, 3, 2),
        *(2, 3),
    ]


def test_files_of_workers_add_up_in_any_order(
    recorder: CoverageRecorder, tmp_path: Path
) -> None:
    first, second = tmp_path / "one", tmp_path / "two"
    write_counts(first, "gw0", recorder.counts)
    write_counts(first, "gw1", recorder.counts)
    write_counts(second, "main", recorder.counts)
    three, faults = read_counts([first, second])
    assert faults == []
    digest = section_hash(CODE)
    assert three[digest].by_offset[STARTS[2]] == 9
    assert read_counts([second, first])[0] == three
    write_counts(tmp_path / "both", "merged", three)
    assert read_counts([tmp_path / "both"])[0] == three
    forget_counts(first)
    assert read_counts([first]) == ({}, [])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no file of counts"),
        (b"cvmcov\0\1" + bytes(32), "counts of other code than its folder's"),
    ],
)
def test_a_corrupt_file_names_itself_and_the_rest_counts(
    recorder: CoverageRecorder, tmp_path: Path, content: bytes, reason: str
) -> None:
    write_counts(tmp_path, "gw0", recorder.counts)
    bad = tmp_path / section_hash(CODE).hex() / "gw1.cov"
    bad.write_bytes(content)
    counts, (fault,) = read_counts([tmp_path])
    assert str(fault) == f"{bad}: {reason}"
    assert counts == recorder.counts
    whole = bad.with_name("gw0.cov").read_bytes()
    bad.write_bytes(whole[:-1])
    assert read_counts([tmp_path])[1][0].reason == "it is cut short"


def test_counts_are_capped() -> None:
    counts = Counts(CODE, {1: MAX_COUNT - 1})
    counts.add({1: 1})
    assert counts.by_offset[1] == MAX_COUNT
    counts.add({1: 1})
    assert counts.by_offset[1] == MAX_COUNT


def test_lines_and_functions_in_lcovs_form(tmp_path: Path) -> None:
    # Two rows: lines 7 and 8 of a.c, at `twice` and four bytes after it.
    build = with_line_tables(CODE, line_table(simple_program(STARTS[0], 7)))
    (tmp_path / "a.c").write_text("source\n")
    counts = {section_hash(build): Counts(build, {STARTS[0]: 5})}
    report = make_report(counts, tmp_path)
    assert lcov_text(report) == (
        "TN:\nSF:a.c\nFN:7,twice\nFN:8,never\nFNDA:5,twice\nFNDA:0,never\n"
        "FNF:2\nFNH:1\n"
        "DA:7,5\nDA:8,0\nLF:2\nLH:1\nend_of_record\n"
    )
    assert table_lines(report) == [
        "File   Lines      Functions  Uncovered",
        "a.c    1/2 50.0%  1/2 50.0%  8",
        "Total  1/2 50.0%",
    ]
    assert (report.reaches(50), report.reaches(51)) == (True, False)


def test_sources_outside_the_project_are_named_and_left_out(tmp_path: Path) -> None:
    build = with_line_tables(CODE, line_table(simple_program(STARTS[0], 7)))
    report = make_report({b"": Counts(build)}, tmp_path)
    assert lcov_text(report) == ""
    assert table_lines(report)[-1] == "not in the project: a.c"


def test_code_without_lines_has_functions(tmp_path: Path) -> None:
    counts = {b"": Counts(CODE, {STARTS[0]: 5, STARTS[2]: 3})}
    assert table_lines(make_report(counts, tmp_path))[2:] == [
        "main: entered 3 times, no source lines",
        "never: entered 0 times, no source lines",
        "twice: entered 5 times, no source lines",
    ]
    assert table_lines(make_report({b"": Counts(b"?")}, tmp_path))[1] == "Total  0/0"


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ({}, ""),
        ({1: 0, 2: 0, 5: 0}, "1-5"),
        ({1: 0, 2: 3, 5: 0}, "1, 5"),
        ({1: 3}, ""),
    ],
)
def test_ranges_that_did_not_run(lines: dict[int, int], text: str) -> None:
    assert FileCoverage(lines).uncovered == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "0/0"), (2, 3, "2/3 66.6%"), (3, 3, "3/3 100.0%")],
)
def test_shares_are_cut(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


def test_inlined_functions_are_functions_of_their_file(tmp_path: Path) -> None:
    folder = vectors_folder("workbench") / "coverage"
    code = folder.joinpath("counter.debug.wasm").read_bytes()
    (tmp_path / "counter.c").write_bytes(folder.joinpath("counter.c").read_bytes())
    starts = {call.entry: 2 for call in DebugInfo.of_code(code).inlining().calls}
    assert len(starts) == 2
    report = make_report({section_hash(code): Counts(code, starts)}, tmp_path)
    published = folder.joinpath("lcov-real.info").read_text().splitlines()
    functions = [line for line in published if line.startswith("FN:")]
    found = lcov_text(report).splitlines()
    assert [line for line in found if line.startswith("FN:")] == [
        functions[0],
        "FN:19,put",
        *functions[1:],
    ]
    assert "FNDA:4,put" in found
    assert "FNF:5" in found
    lines = {line.partition(",")[0] for line in published if line[:3] == "DA:"}
    assert {line.partition(",")[0] for line in found if line[:3] == "DA:"} == lines
