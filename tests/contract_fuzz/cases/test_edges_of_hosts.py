"""Edges of contracts on each host: those of the module that was written, in order."""

import pytest

from chain_sim.ethereum.execution.engine_choice import engine_for
from contract_fuzz.cases.case import CaseTransaction, Position, StartState
from contract_fuzz.cases.edge_coverage import Coverage, edges_of
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.start_states import start_from_code
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.tracing import EdgeKind
from contractvm.wasm.interpreter.covering_engine import CoveringInterpreter
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from gas_schedule.loader import load_schedule
from tests.helpers.cosmwasm import contract_code
from tests.helpers.stylus import program
from tests.helpers.wat import wat_to_wasm

BODY = """(call $read_args (i32.const 0))
  (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 7))
    (then (i32.store (i32.const 8) (i32.const 1)))
    (else (i32.store (i32.const 8) (i32.const 2))))
  (block $b (br_if $b (i32.load8_u (i32.const 1)))
    (loop $l (br_if $l (i32.const 0))))
  (drop (memory.grow (i32.const 0)))
  (i32.const 0)"""
PROGRAM = wat_to_wasm(program(BODY, "read_args"))
EWASM = wat_to_wasm(
    """(module (import "ethereum" "getCallDataSize" (func $size (result i32)))
      (memory (export "memory") 1)
      (func (export "main") (if (call $size) (then (drop (memory.grow
        (i32.const 0)))))))"""
)


def start(code: bytes, schedule: str) -> StartState:
    return start_from_code(code, schedule=schedule)


@pytest.mark.parametrize(
    ("code", "schedule"), [(PROGRAM, "stylus-1"), (EWASM, "contractvm-2")]
)
def test_edges_are_those_of_the_module_as_it_was_written(
    code: bytes, schedule: str
) -> None:
    state = start(code, schedule)
    coverage = Coverage(state, state.database(), engine_for(state.genesis).engine)
    written = edges_of(decode_module(code))
    (region,) = [coverage.counts.own_region(key) for key in coverage._codes]
    assert region is not None
    assert [site.kind for _, site in region.edges] == [site.kind for site in written]
    module = decode_module(code)
    for (cell, _), site in zip(region.edges, written, strict=True):
        place = coverage.describe(cell)
        assert place is not None
        func = module.funcs[site.func_number]
        assert (place.kind, place.offset) == (site.kind, func.offset + site.position)


def test_edges_of_a_contract_of_cosmwasm_are_its_own() -> None:
    code = contract_code(
        "",
        """(func (export "execute") (param i32 i32 i32) (result i32)
          (if (local.get 0) (then (unreachable))) (local.get 2))""",
    )
    counts = EdgeCounts()
    engine = CoveringInterpreter(counts)
    pipeline = INTERFACE.pipeline(engine, load_schedule("cosmwasm-3.0.9"))
    pipeline.prepare(code)
    region = counts.own_region(pipeline.origin(code).module_hash)
    assert region is not None
    written = edges_of(decode_module(code))
    assert [site.kind for _, site in region.edges] == [site.kind for site in written]


def test_operands_of_charges_are_no_comparisons_of_a_program() -> None:
    executor = CaseExecutor(start(PROGRAM, "stylus-1"))
    contract = executor.start.contracts[0]
    position: Position = executor.begin
    executor.run(position, CaseTransaction(contract, b"\x05"), compare=True)
    found = [(each.left, each.right) for each in executor.comparisons()]
    assert found == [(5, 7)]


def test_a_run_passes_one_edge_of_each_branch() -> None:
    executor = CaseExecutor(start(PROGRAM, "stylus-1"))
    contract = executor.start.contracts[0]
    executor.run(executor.begin, CaseTransaction(contract, b"\x07\x01"))
    passed = [cell for cell, count in enumerate(executor.edge_counts) if count]
    kinds = [place.kind for cell in passed if (place := executor.describe_edge(cell))]
    assert kinds == [EdgeKind.ENTRY, EdgeKind.IF_TRUE, EdgeKind.TAKEN]
