"""Coverage of Stylus programs: by the module that their code packs."""

from contract_testing.contracts.book import book_of
from contract_testing.coverage.branches import module_branches
from contract_testing.coverage.counts import section_hash
from contract_testing.coverage.recorder import CoverageRecorder
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from tests.chain_sim.ethereum.arbitrum.test_chain import activated_chain
from tests.chain_sim.ethereum.gas_report.test_stylus_reports import program
from tests.helpers.wat import wat_to_wasm

CODE = wat_to_wasm(
    """(module (memory (export "memory") 1 1)
      (func $never nop)
      (func $twice nop nop)
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $twice)
        (if (local.get 0) (then (call $twice)))
        (i32.const 0)))"""
)
MODULE = decode_module(CODE)
STARTS = [func.offset - MODULE.code_offset for func in MODULE.funcs]


def test_instructions_of_programs_are_counted_by_offset() -> None:
    chain, _ = activated_chain()
    address = program(CODE, chain)
    recorder = CoverageRecorder(chain, book_of(chain))
    sent = chain.send(address, b"data")
    recorder.transaction(sent.transaction_hash)
    recorder.call(
        chain.reader.place_call(
            address, b"", sender=None, value=0, gas_limit=None, at=None
        )
    )
    (digest,) = recorder.counts
    assert digest == section_hash(CODE)
    counted = recorder.counts[digest].by_offset
    never, twice, entry = STARTS
    assert (counted.get(never), counted[twice]) == (None, 3)
    starts = [start for _, _, _, start, _ in instructions(MODULE.funcs[2].code)]
    # call, local.get, if, call, end, i32.const, end
    assert [counted.get(entry + start) for start in starts] == [2, 2, 2, 1, 1, 2, 2]


def test_edges_of_programs_are_their_own_branches() -> None:
    chain, _ = activated_chain()
    address = program(CODE, chain)
    recorder = CoverageRecorder(chain, book_of(chain))
    for data in (b"data", b""):
        sent = chain.send(address, data)
        recorder.transaction(sent.transaction_hash)
    (counts,) = recorder.counts.values()
    (branch,) = module_branches(MODULE)
    assert counts.by_edge == {(branch.offset, 0): 1, (branch.offset, 1): 1}
