"""Measuring gas, tracing and covering change nothing, on any kind of chain."""

from typing import Any

import pytest

from chain_sim import Blockchain, TransactionFailed
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.gas_report.chain_reports import record_transaction
from chain_sim.ethereum.state.world_state import WorldState
from contract_testing.contracts.book import book_of
from contract_testing.coverage.cosmos_recorder import CosmosRecorder
from contract_testing.coverage.recorder import CoverageRecorder
from contractvm.runtime.engine_selection import ENGINES
from contractvm.wasm.interpreter.engine import BranchInterpreter, InterpreterEngine
from tests.chain_sim.cosmos.test_chain import bank_send
from tests.chain_sim.ethereum.arbitrum.test_chain import activated_chain, word
from tests.chain_sim.ethereum.gas_report.test_stylus_reports import (
    CALLER,
    ENDS,
    SLOTS,
    program,
)
from tests.helpers.cosmwasm import echo_chain, response, submessage
from tests.helpers.examples import example

INCREMENT = bytes.fromhex("d09de08a")
EXAMPLES = {
    "counter": ("counter/counter.wasm", INCREMENT),
    "counter, unknown selector": ("counter/counter.wasm", b"none"),
    "keccak": ("keccak/keccak.wasm", b"abc" * 40),
    "token, cut off": ("token/token.wasm", bytes.fromhex("a9059cbb")),
}
PROGRAMS = {
    "slots": (SLOTS, b""),
    "trap": (ENDS, b"\0"),
    "out of ink": (ENDS, b"\0\0"),
    "call": (CALLER, None),
}


def check(chain: Blockchain, address: Any, data: bytes) -> None:
    """Every way to measure a call and a transaction leaves all as it was."""
    call = chain.reader.place_call(
        address, data, sender=None, value=0, gas_limit=None, at=None
    )
    plain = Executor(chain.engine, call.open_state(WorldState)).apply(call)
    for engine in (InterpreterEngine(), BranchInterpreter()):
        traced = chain.engine.on(engine, is_traced=True)
        assert record_transaction(call, traced, "")[0] == plain
    head = chain.head.hash
    assert chain.gas.explain_call(address, data).gas_used == plain.gas_used
    assert chain.failures.trace_call(address, data)[0] == plain
    coverage = CoverageRecorder(chain, book_of(chain))
    coverage.call(call)
    assert chain.head.hash == head
    receipt = chain.send(address, data, gas_limit=plain.gas_used + 5_000_000)
    head = chain.head.hash
    coverage.transaction(receipt.transaction_hash)
    report = chain.gas.explain_transaction(receipt.transaction_hash)
    assert report.gas_used == receipt.gas_used
    chain.failures.trace_transaction(receipt.transaction_hash)
    assert chain.head.hash == head


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_measured_without_a_change(name: str) -> None:
    path, data = EXAMPLES[name]
    chain = Blockchain.in_memory(cross_check=True)
    receipt = chain.deploy(example(path))
    check(chain, receipt.contract_address, data)


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_are_measured_without_a_change(name: str) -> None:
    wasm, data = PROGRAMS[name]
    chain, callee = activated_chain(cross_check=True)
    check(chain, program(wasm, chain), word(callee) if data is None else data)


@pytest.mark.parametrize("engine", ENGINES)
def test_contracts_of_cosmwasm_are_measured_without_a_change(engine: str) -> None:
    def play(*, is_covered: bool) -> list[object]:
        chain, contract = echo_chain(engine=engine)
        recorder = CosmosRecorder()
        if is_covered:
            recorder.cover(chain)
        found: list[object] = []
        for amount in (5, 5_000):
            message = response(submessage(bank_send(chain, "bob", amount), "success"))
            try:
                outcome = contract.execute(message)
            except TransactionFailed as failed:
                outcome = failed.outcome
            if is_covered:
                assert outcome.ledger().total_gas == outcome.gas_used
            found += [outcome.document(), str(outcome.error), chain.head]
        assert bool(recorder.counts) == is_covered
        return found

    assert play(is_covered=True) == play(is_covered=False)
