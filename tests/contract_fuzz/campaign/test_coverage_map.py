"""Coverage maps, and the cells of a start state's contracts."""

import pytest

from contract_fuzz.campaign.coverage_map import CoverageMap, NewCoverage
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.start_states import start_from_code
from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import EdgeKind
from contractvm.wasm.interpreter.edge_counts import COMMON_CELLS
from tests.helpers.calling_contracts import CONTRACTS
from tests.helpers.ewasm import contract
from tests.helpers.examples import example
from tests.helpers.fuzzed_chains import SCHEDULE, genesis_with, start_of
from tests.helpers.solidity_abi import selector

COUNTER = example("counter/counter.wat")
INCREMENT, GET = selector("increment()"), selector("get()")
FIRST, SECOND, THIRD = CONTRACTS
# An `if` on the call data's size, then a call of the second contract.
CALLER = contract(
    "(if (call $getCallDataSize) (then (drop (call $call (i64.const 100000)"
    " (i32.const 0) (i32.const 32) (i32.const 0) (i32.const 0)))))",
    SECOND.ljust(32, b"\0"),
)
CALLED = contract("(block (br_if 0 (call $getCallDataSize)))")


def test_a_map_knows_what_it_has_seen() -> None:
    start = start_from_code(COUNTER, schedule=SCHEDULE)
    executor, address = CaseExecutor(start), start.contracts[0]
    seen = CoverageMap(executor.edge_total)
    assert executor.edge_total == COMMON_CELLS + 10
    executor.run(executor.begin, CaseTransaction(address, GET))
    assert seen.new_in(executor.edges) == NewCoverage(4, 0)
    assert seen.add(executor.coverage()) == NewCoverage(4, 0)
    assert not seen.new_in(executor.edges)
    assert not seen.add(executor.coverage())
    executor.run(executor.begin, CaseTransaction(address, INCREMENT))
    assert seen.new_in(executor.edges) == NewCoverage(3, 0)
    twice = [CaseTransaction(address, GET)] * 2
    executor.run_sequence(executor.begin, twice)
    # The same edges, each passed twice: main's entry, and three more.
    assert seen.new_in(executor.edges) == NewCoverage(0, 4)
    assert seen.edge_count == 4
    assert [seen.has(edge) for edge in range(COMMON_CELLS, COMMON_CELLS + 3)] == [
        *(True, False, True)
    ]


def test_maps_are_copied_sent_and_compared() -> None:
    seen = CoverageMap(9)
    assert seen.add(b"\x03\0\0\0\x02") == NewCoverage(1, 0)
    copy = seen.copy()
    assert copy == seen
    copy.add(b"\x03\0\0\0\x04")
    assert copy != seen
    assert CoverageMap.from_bytes(copy.to_bytes()) == copy
    assert copy.to_bytes() == b"\0\0\0\x06\0\0\0\0\0"
    assert (copy.edge_count, copy.edge_total) == (1, 9)
    assert seen != 9


def test_contracts_that_call_each_other_are_covered_together() -> None:
    genesis = genesis_with({FIRST: CALLER, SECOND: CALLED, THIRD: CALLED})
    executor = CaseExecutor(start_of(genesis, FIRST, THIRD))
    # The first contract's three edges, then three of the code that two others share.
    assert executor.edge_total == COMMON_CELLS + 6
    executor.run(executor.begin, CaseTransaction(FIRST))
    assert list(executor.edge_counts[COMMON_CELLS:]) == [1, 0, 1, 0, 0, 0]
    executor.run(executor.begin, CaseTransaction(FIRST, b"x"))
    assert list(executor.edge_counts[COMMON_CELLS:]) == [1, 1, 0, 1, 0, 1]
    executor.run(executor.begin, CaseTransaction(SECOND, b"x"))
    assert list(executor.edge_counts[COMMON_CELLS:]) == [0, 0, 0, 1, 1, 0]


def test_an_edge_is_described_by_contract_func_and_place() -> None:
    genesis = genesis_with({FIRST: CALLER, SECOND: CALLED, THIRD: CALLED})
    executor = CaseExecutor(start_of(genesis, FIRST, THIRD))
    places = [
        executor.describe_edge(edge)
        for edge in range(COMMON_CELLS, executor.edge_total)
    ]
    assert [place and place.contracts for place in places] == [(FIRST,)] * 3 + [
        (THIRD,)
    ] * 3
    assert [place and place.kind for place in places] == [
        *(EdgeKind.ENTRY, EdgeKind.IF_TRUE, EdgeKind.IF_FALSE),
        *(EdgeKind.ENTRY, EdgeKind.TAKEN, EdgeKind.NOT_TAKEN),
    ]
    branch = places[1]
    assert branch is not None
    assert branch.func_name == "main"
    assert branch.func_index == 2
    assert CALLER[branch.offset] == 0x04
    assert str(branch) == f"func 2 (main) at {branch.offset:#x}: if true"
    assert places[4] is not None
    assert CALLED[places[4].offset] == 0x0D
    assert executor.describe_edge(0) is None
    assert executor.describe_edge(executor.edge_total) is None


def test_code_that_comes_later_shares_cells_and_changes_no_number() -> None:
    start = start_from_code(COUNTER, schedule=SCHEDULE)
    before = CaseExecutor(start)
    executor = CaseExecutor(start)
    stranger = contract("(block (br_if 0 (i32.const 1)))")
    outcome = executor.run(executor.begin, CaseTransaction(start.contracts[0], GET))
    found = executor.coverage()
    # Code that is not of a contract in the state, run by the same engine.
    executor._engine.prepare(stranger)
    executor.run(executor.begin, CaseTransaction(start.contracts[0], GET))
    assert executor.coverage() == found
    assert executor.edge_total == before.edge_total
    assert outcome.succeeded


def test_the_last_edge_is_near_a_failure() -> None:
    code = contract("(if (call $getCallDataSize) (then unreachable))")
    start = start_from_code(code, schedule=SCHEDULE)
    executor = CaseExecutor(start)
    outcome = executor.run(
        executor.begin, CaseTransaction(start.contracts[0], b"x", gas_limit=200_000)
    )
    assert outcome.error_kind == "unreachable"
    place = executor.describe_edge(executor.last_edge)
    assert place is not None
    assert place.kind is EdgeKind.IF_TRUE


def test_the_other_engine_has_no_coverage() -> None:
    start = start_from_code(COUNTER, schedule=SCHEDULE)
    for options in (ExecutorOptions("wasmtime"), ExecutorOptions(has_coverage=False)):
        executor = CaseExecutor(start, options)
        executor.run(executor.begin, CaseTransaction(start.contracts[0], GET))
        assert executor.coverage() == b""
        assert executor.describe_edge(COMMON_CELLS) is None
        with pytest.raises(InternalError):
            executor.run(
                executor.begin, CaseTransaction(start.contracts[0]), compare=True
            )


def test_comparisons_are_those_of_the_last_run() -> None:
    start = start_from_code(COUNTER, schedule=SCHEDULE)
    executor, address = CaseExecutor(start), start.contracts[0]
    wrong = CaseTransaction(address, b"wxyz")
    executor.run(executor.begin, wrong, compare=True)
    pairs = [(found.left, found.right) for found in executor.comparisons()]
    assert pairs == [
        (4, 4),
        (int.from_bytes(b"wxyz", "little"), int.from_bytes(INCREMENT, "little")),
        (int.from_bytes(b"wxyz", "little"), int.from_bytes(GET, "little")),
    ]
    executor.run(executor.begin, wrong)
    assert executor.comparisons() == []
