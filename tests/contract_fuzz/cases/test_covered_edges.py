"""Which code has edges of its own, where edges are, and where programs stop."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from msgspec import structs

from chain_sim.ethereum.primitives.database_keys import CODE
from chain_sim.ethereum.primitives.text import Hash32, format_address
from contract_fuzz.cases import edge_coverage, failure_places
from contract_fuzz.cases.case import CaseTransaction, Position, StartState
from contract_fuzz.cases.case_runs import FIRST, CasePlace
from contract_fuzz.cases.edge_coverage import EdgePlace
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.runs_by_units import HostCalls
from contract_fuzz.cases.start_states import start_from_code
from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import EdgeKind
from tests.helpers.calling_contracts import CONTRACTS
from tests.helpers.ewasm import contract
from tests.helpers.fuzzed_chains import genesis_with, start_of
from tests.helpers.stylus import program
from tests.helpers.wat import wat_to_wasm

ONE = contract("(if (i32.const 1) (then nop))")
OTHER = contract("(loop (nop))")


@cache
def start() -> StartState:
    codes = {CONTRACTS[0]: ONE, CONTRACTS[1]: OTHER, CONTRACTS[2]: ONE}
    return start_of(genesis_with(codes), CONTRACTS[0], CONTRACTS[2])


def places(executor: CaseExecutor) -> list[EdgePlace]:
    edges = range(executor.edge_total)
    return [place for edge in edges if (place := executor.describe_edge(edge))]


def test_an_edge_names_all_contracts_with_its_module() -> None:
    found = places(CaseExecutor(start()))
    of_one = (CONTRACTS[0], CONTRACTS[2])
    assert {place.contracts for place in found} == {of_one, ()}
    # The contracts of the campaign come first.
    assert found[0].contracts == of_one


def test_code_that_is_no_module_has_no_edges() -> None:
    damaged = (CODE + bytes(32), b"no module")
    made = replace(start(), entries=tuple(sorted((*start().entries, damaged))))
    assert places(CaseExecutor(made)) == places(CaseExecutor(start()))


def test_codes_with_edges_of_their_own_are_limited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_coverage, "MAX_KNOWN_CODES", 1)
    found = places(CaseExecutor(start()))
    assert {place.contracts for place in found} == {(CONTRACTS[0], CONTRACTS[2])}


def test_a_place_is_shown_by_func_offset_and_kind() -> None:
    place = EdgePlace(b"", (), 3, "main", 0x2A, EdgeKind.NOT_TAKEN)
    assert str(place) == "func 3 (main) at 0x2a: not taken"


def test_without_coverage_there_are_no_edges() -> None:
    executor = CaseExecutor.plain(start())
    assert executor.options == ExecutorOptions("interpreter", has_coverage=False)
    call = CaseTransaction(CONTRACTS[0])
    assert executor.run(executor.begin, call).succeeded
    assert executor.describe_edge(executor.last_edge) is None
    with pytest.raises(InternalError, match="noted by the covering engine only"):
        executor.run(executor.begin, call, compare=True)


def test_a_twin_has_the_engine_that_is_asked_for() -> None:
    executor = CaseExecutor(start())
    assert executor.twin().options == ExecutorOptions("interpreter", False)
    assert executor.twin("wasmtime").options == ExecutorOptions("wasmtime", False)
    assert executor.options == ExecutorOptions("interpreter", True)
    assert executor.simplest_calls() == [
        CaseTransaction(CONTRACTS[0]),
        CaseTransaction(CONTRACTS[2]),
    ]


def test_a_transaction_has_its_defaults_and_its_document() -> None:
    assert CaseTransaction(CONTRACTS[0], b"ab").document() == {
        "to": format_address(CONTRACTS[0]),
        "data": "0x6162",
        "sender": 0,
        "value": 0,
        "gasLimit": 10_000_000,
        "seconds": 1,
    }
    assert CaseTransaction(CONTRACTS[0], b"ab").size_bytes == 2


def test_positions_with_one_hash_and_root_are_equal() -> None:
    number = 0x0102030405060708
    block_hash = Hash32(number.to_bytes(8, "big").ljust(32, b"\1"))
    begin = replace(CaseExecutor.plain(start()).begin, block_hash=block_hash)
    same = Position(begin.block_hash, begin.root, 9, 9, ())
    assert begin == same
    assert hash(begin) == hash(same) == number
    assert begin != replace(begin, root=begin.block_hash)
    assert begin != replace(begin, block_hash=begin.root)
    assert begin != (begin.block_hash, begin.root)


def test_a_place_is_one_block_and_some_seconds_further() -> None:
    call = CaseTransaction(CONTRACTS[0], seconds=7)
    assert CasePlace(0, 1) == FIRST
    assert FIRST.after(call) == CasePlace(7, 2)
    assert FIRST.after(call).after(structs.replace(call, seconds=2)) == CasePlace(9, 3)


def test_host_calls_are_listed_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_fuzz.cases.runs_by_units.MAX_CALLS", 2)
    calls = HostCalls()
    message: Any = None
    frame = calls.begin(message)
    frame._counter = type("Counter", (), {"value": 5})
    for name, length in (("a", 0), ("b", 3), ("c", 1)):
        frame.host_call("ethereum", name, length)
    assert calls.calls == ["a with 5 units left", "b of 3 bytes with 5 units left"]


# Programs


@cache
def divides() -> StartState:
    body = """(call $read_args (i32.const 0))
      (i32.store (i32.const 0)
        (i32.div_u (i32.const 7) (i32.load8_u (i32.const 0))))
      (call $write_result (i32.const 0) (i32.const 0)) (i32.const 0)"""
    code = wat_to_wasm(program(body, "read_args", "write_result"))
    return start_from_code(code, schedule="stylus-1")


def test_a_program_fails_at_its_instruction() -> None:
    executor = CaseExecutor(divides())
    call = CaseTransaction(divides().contracts[0], b"\0", gas_limit=1_000_000)
    before = executor.run(executor.begin, call)
    place = executor.failure_place(executor.begin, call)
    assert place.startswith("func 2 (user_entrypoint) at 0x")
    # It leaves nothing behind.
    assert executor.run(executor.begin, call) == before


@pytest.mark.parametrize(
    "change", [{"data": b"\1"}, {"gas_limit": 20_000}, {"value": 10**30}]
)
def test_what_does_not_fail_in_code_has_no_place(change: dict[str, Any]) -> None:
    executor = CaseExecutor(divides())
    call = CaseTransaction(divides().contracts[0], b"\0", gas_limit=1_000_000)
    assert executor.failure_place(executor.begin, structs.replace(call, **change)) == ""


def test_a_stop_without_positions_has_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    executor = CaseExecutor(divides())
    stack = type("Stack", (), {"positions": ()})
    stop = type("Stop", (), {"stack": stack})
    monkeypatch.setattr(
        failure_places.StopRecorder, "stop_on", lambda *_: stop, raising=True
    )
    call = CaseTransaction(divides().contracts[0], b"\0", gas_limit=1_000_000)
    assert executor.failure_place(executor.begin, call) == ""


def test_edges_tell_where_a_contract_fails() -> None:
    executor = CaseExecutor(start())
    call = CaseTransaction(CONTRACTS[0], gas_limit=21_001)
    assert executor.run(executor.begin, call).error_kind == "out of gas"
    assert executor.failure_place(executor.begin, call) == ""
