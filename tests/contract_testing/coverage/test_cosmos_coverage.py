"""Coverage of CosmWasm contracts: instructions and edges, also of what failed."""

from pathlib import Path

import pytest

from chain_sim import TransactionFailed
from contract_testing.coverage.branches import edge_counts, module_branches
from contract_testing.coverage.cosmos_recorder import CosmosRecorder
from contract_testing.coverage.counts import read_counts, section_hash, write_counts
from contract_testing.plugin.world import World
from contractvm.wasm.binary.decoder import decode_module
from tests.helpers.cosmwasm import contract_code, echo_chain, response

CODE = contract_code(
    "",
    """(func $never nop)
      (func (export "execute") (param $env i32) (param $info i32) (param $msg i32)
        (result i32)
        ;; The message's length: {} is refused, anything else is the answer.
        (if (i32.eq (i32.load offset=8 (local.get $msg)) (i32.const 2))
          (then (unreachable)))
        (local.get $msg))
      (func (export "instantiate") (param i32 i32 i32) (result i32) local.get 2)""",
)
MODULE = decode_module(CODE)


def test_calls_of_contracts_are_counted_whether_they_fail_or_not(
    tmp_path: Path,
) -> None:
    chain, _ = echo_chain()
    contract = chain.store(CODE).instantiate(response())
    recorder = CosmosRecorder()
    recorder.cover(chain)
    contract.execute(response())
    contract.execute(response())
    with pytest.raises(TransactionFailed):
        contract.execute({})
    counts = recorder.counts[section_hash(CODE)]
    allocate, never, execute = (
        MODULE.funcs[number].offset - MODULE.code_offset for number in (1, 3, 4)
    )
    assert counts.by_offset[allocate] == 9
    assert counts.by_offset[execute] == 3
    assert never not in counts.by_offset
    (branch,) = module_branches(MODULE)
    # What is refused traps before the rest of its block is paid for.
    assert edge_counts(branch, counts) == (1, 2)
    write_counts(tmp_path, "one", recorder.counts)
    assert read_counts([tmp_path]) == (recorder.counts, [])


def test_a_ledger_says_where_a_contract_stopped() -> None:
    chain, _ = echo_chain()
    contract = chain.store(CODE).instantiate(response())
    with pytest.raises(TransactionFailed) as caught:
        contract.execute({})
    call = caught.value.outcome.ledger().parts[0]
    assert call.where is not None
    (frame,) = call.where.frames
    assert (frame.func_name, call.where.reason) == ("execute", "unreachable")
    start = MODULE.funcs[4].offset - MODULE.code_offset
    code = MODULE.funcs[4].code
    assert frame.offset == start + code.index(b"\x04\x40\x00") + 2
    (document,) = [
        node["where"] for node in caught.value.outcome.ledger().document()["nodes"][1:]
    ]
    assert document["frames"][0]["offset"] == frame.offset


def test_the_chain_of_tests_is_covered_with_the_others() -> None:
    world = World("interpreter", cross_check=False)
    recorder = world.cover()
    contract = world.cosmos.store(CODE).instantiate(response())
    contract.execute(response())
    execute = MODULE.funcs[4].offset - MODULE.code_offset
    assert recorder.counts[section_hash(CODE)].by_offset[execute] == 1
