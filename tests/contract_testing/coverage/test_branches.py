"""Coverage of branches: each edge, in files that add up, lcov, tables and pages."""

from pathlib import Path
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing import Contract
from contract_testing.coverage.branches import Branch, edge_counts, module_branches
from contract_testing.coverage.counts import (
    Counts,
    forget_counts,
    read_counts,
    section_hash,
    write_counts,
)
from contract_testing.coverage.html import page_name, write_html
from contract_testing.coverage.recorder import CoverageRecorder
from contract_testing.coverage.report import lcov_text, make_report, table_lines
from contractvm.wasm.binary.decoder import decode_module
from tests.helpers.genhtml import run_genhtml
from tests.helpers.line_tables import (
    COPY,
    END,
    advance_line,
    advance_pc,
    line_table,
    set_address,
    special,
    with_line_tables,
)
from tests.helpers.wat import wat_to_wasm

CODE = wat_to_wasm(
    """(module
      (import "ethereum" "getCallDataSize" (func $size (result i32)))
      (memory (export "memory") 1)
      (func (export "main")
        (block (block (block (br_table 0 1 0 2 1 (call $size))) nop) nop)
        (if (call $size) (then nop))
        (block (br_if 0 (i32.ne (call $size) (i32.const 3))) (unreachable))
        (if (i32.eq (call $size) (i32.const 7))
          (then (if (i32.const 1) (then))))))"""
)
MODULE = decode_module(CODE)
START = MODULE.funcs[0].offset - MODULE.code_offset


def recorded(*sizes: int) -> CoverageRecorder:
    chain = Blockchain.in_memory()
    contract: Any = Contract.deploy(chain, CODE, abi=["go()"])
    recorder = CoverageRecorder(chain, contract._cvm.connection.book)
    for size in sizes:
        recorder.call(
            chain.reader.place_call(
                contract, bytes(size), sender=None, value=0, gas_limit=None, at=None
            )
        )
    return recorder


def test_branches_are_found_with_their_edges() -> None:
    assert [branch.edge_count for branch in module_branches(MODULE)] == [3, 2, 2, 2, 2]


def test_every_edge_is_counted_and_what_was_never_reached_is_not() -> None:
    (counts,) = recorded(0, 1, 2, 3).counts.values()
    table, size, guard, seven, inner = (
        edge_counts(branch, counts) for branch in module_branches(MODULE)
    )
    # Labels 0, 1 and 2, the last of which 3 takes.
    assert table == (2, 1, 1)
    assert size == (3, 1)
    # What traps went on past the branch.
    assert guard == (3, 1)
    assert seven == (0, 3)
    assert inner is None


def test_files_of_workers_add_up_edges(tmp_path: Path) -> None:
    recorder = recorded(0, 3)
    write_counts(tmp_path, "gw0", recorder.counts)
    write_counts(tmp_path, "gw1", recorder.counts)
    counts, faults = read_counts([tmp_path])
    assert faults == []
    (found,) = counts.values()
    (once,) = recorder.counts.values()
    assert found.by_edge == {edge: 2 * count for edge, count in once.by_edge.items()}
    bad = tmp_path / section_hash(CODE).hex() / "gw1.branches"
    bad.write_bytes(bad.read_bytes()[:-1])
    assert [fault.reason for fault in read_counts([tmp_path])[1]] == ["it is cut short"]
    forget_counts(tmp_path)
    assert list(tmp_path.glob("*/*.branches")) == []


def covered(tmp_path: Path) -> Any:
    # Rows for lines 7 and 8, four bytes apart; the rest of the func is line 8.
    program = set_address(START) + advance_line(6) + COPY + special(4, 1)
    length = len(MODULE.funcs[0].code) - 4
    build = with_line_tables(CODE, line_table(program + advance_pc(length) + END))
    (tmp_path / "a.c").write_text("\n" * 6 + "if (a < b) <&>\n" + "x\n")
    counts = Counts(build, {START: 5})
    counts.add(next(iter(recorded(0, 3).counts.values())).by_offset)
    counts.add_edges(next(iter(recorded(0, 3).counts.values())).by_edge)
    return make_report({section_hash(build): counts}, tmp_path)


def test_branches_in_lcovs_form_and_in_tables(tmp_path: Path) -> None:
    report = covered(tmp_path)
    text = lcov_text(report)
    branches = [line for line in text.splitlines() if line.startswith("BR")]
    assert branches == [
        *("BRDA:8,0,0,1", "BRDA:8,0,1,0", "BRDA:8,0,2,1"),
        *("BRDA:8,1,0,1", "BRDA:8,1,1,1"),
        *("BRDA:8,2,0,1", "BRDA:8,2,1,1"),
        *("BRDA:8,3,0,0", "BRDA:8,3,1,1"),
        *("BRDA:8,4,0,-", "BRDA:8,4,1,-"),
        *("BRF:11", "BRH:7"),
    ]
    assert text.index("FNH:") < text.index("BRDA:") < text.index("BRF:")
    assert text.index("BRH:") < text.index("\nDA:7")
    header, row, *_ = table_lines(report)
    assert header.split() == ["File", "Lines", "Branches", "Functions", "Uncovered"]
    assert "7/11 63.6%" in row


def test_pages_show_sources_as_text(tmp_path: Path) -> None:
    report = covered(tmp_path)
    write_html(report, tmp_path, tmp_path / "pages")
    index = (tmp_path / "pages" / "index.html").read_text()
    page = (tmp_path / "pages" / "a.c.html").read_text()
    assert '<a href="a.c.html">a.c</a>' in index
    assert "if (a &lt; b) &lt;&amp;&gt;" in page
    assert '<tr class="part"><td class="n">8</td>' in page
    assert "<script" not in index + page


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.c", "a.c.html"), ("a/b_c.c", "a_2f_b_5f_c.c.html"), ("é", "_e9_.html")],
)
def test_no_two_sources_share_a_page(path: str, name: str) -> None:
    assert page_name(path) == name


def test_genhtml_reads_the_branches(tmp_path: Path) -> None:
    (tmp_path / "lcov.info").write_text(lcov_text(covered(tmp_path)))
    assert "branches" in run_genhtml(tmp_path, "lcov.info")


def test_a_branch_without_counts_of_edges_was_reached_only_if_it_ran() -> None:
    counts = Counts(CODE, {5: 2})
    assert edge_counts(Branch(5, 2), counts) == (0, 0)
    assert edge_counts(Branch(6, 2), counts) is None
