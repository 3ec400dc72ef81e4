"""Traces: what a transaction did, as a tree and as JSON, within limits."""

import json
from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.call_trace import CallStep, CallTrace
from chain_sim.ethereum.primitives.text import format_address
from contract_testing import Contract, CustomError
from contract_testing.contracts.traces import TraceOptions, scientific
from tests.helpers.scripted_contract import Return, scripted
from tests.helpers.vault_contract import topic, word
from tests.helpers.wat import wat_to_wasm

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
DEPOSIT = [
    "Vault::deposit() value 5 wei [6,320]",
    "├─ emit Deposited(who=accounts[0], amount=5)",
    f"├─ emit Named(name=Hashed(0x{topic('bob').hex()}))",
    f"├─ emit RawLog({ADDRESS}, 1 topics, 1 bytes)",
    f"├─ emit RawLog({ADDRESS}, 1 topics, 32 bytes, it is no"
    " Deposited(address,uint64))",
    "└─ ← 5",
]


@pytest.fixture
def chain() -> Blockchain:
    """No node serves these traces."""
    return Blockchain.in_memory()


def test_the_tree_names_calls_events_and_the_end(vault: Any) -> None:
    trace = vault.deposit(value=5).trace()
    assert str(trace).splitlines() == DEPOSIT


def test_a_revert_is_decoded(vault: Any) -> None:
    with pytest.raises(CustomError) as raised:
        vault.withdraw(9)
    assert str(raised.value.trace()).splitlines() == [
        "Vault::withdraw(9) [2,044]",
        "└─ ✗ TooLittle(have=5, want=9)",
    ]


def test_every_host_call_where_that_is_asked(vault: Any) -> None:
    trace = vault.both.transact().trace()
    lines = trace.lines(TraceOptions(shows_host=True, is_ascii=True))
    assert lines[1:] == [
        "|- getCallDataSize() -> 4 [4]",
        "|- callDataCopy(0, 0, 4) -> " + f"0x{vault.both.selector.hex()} [8]",
        f"|- finish(0x{word(1).hex()[:64]}... 64 bytes)",
        "`- <- (1, True)",
    ]


CALLER = """(module
  (import "ethereum" "callDataCopy" (func $copy (param i32 i32 i32)))
  (import "ethereum" "call" (func $call (param i64 i32 i32 i32 i32) (result i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\d0\\e3\\0d\\b0")
  (func (export "main")
    (call $copy (i32.const 32) (i32.const 0) (i32.const 20))
    (i32.store (i32.const 96) (call $call (i64.const 100000)
      (i32.const 32) (i32.const 64) (i32.const 0) (i32.const 4)))
    (call $store (i32.const 128) (i32.const 96))))"""


def test_a_message_has_its_own_steps_and_gas(chain: Blockchain, vault: Any) -> None:
    caller = Contract.deploy(chain, wat_to_wasm(CALLER), abi=[], label="caller")
    sent = chain.send(caller, bytes(vault.address))
    result, recorded = chain.failures.trace_transaction(sent.transaction_hash)
    assert result.gas_used == sent.gas_used
    root = recorded.root
    assert root is not None
    inner = next(step for step in root.steps if isinstance(step, CallStep))
    assert inner.message.depth == 1
    trace = caller._cvm.connection.trace(sent.transaction_hash)
    lines = str(trace).splitlines()
    data = "0x" + bytes(vault.address).hex()
    assert lines[0].startswith(f"caller::{data[:10]} [")
    assert lines[1].startswith("├─ call Vault::deposit() [")
    assert lines[2] == "│  ├─ emit Deposited(who=accounts[0], amount=5)"
    assert lines[6] == "│  └─ ← 5"
    assert lines[7] == "├─ storageStore 0: 0 → 0 [5,000]"
    assert lines[8] == "└─ ← ()"
    shallow = trace.lines(TraceOptions(max_depth=1))
    assert shallow[2] == "│  ├─ ... 4 steps deeper"
    document = trace.to_json()
    assert json.loads(json.dumps(document)) == document
    (call,) = [each for each in document["call"]["steps"] if each["kind"] == "call"]
    assert call["call"]["to"] == format_address(vault.address)
    assert call["call"]["units"] == str(inner.message.gas - inner.result.gas_left)  # type: ignore[union-attr]


LOOP = """(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (memory (export "memory") 1)
  (func (export "main") (local i32)
    (loop $l
      (drop (call $size))
      (br_if $l (i32.lt_u
        (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 50))))))"""


@pytest.mark.parametrize(("limit", "left_out"), [(49, 1), (50, 0), (0, 50)])
def test_a_recording_is_bounded_and_the_run_goes_on(
    chain: Blockchain, limit: int, left_out: int
) -> None:
    address = chain.deploy(wat_to_wasm(LOOP)).contract_address
    sent = chain.send(address)
    result, trace = chain.failures.trace_transaction(
        sent.transaction_hash, CallTrace(limit)
    )
    assert result.gas_used == sent.gas_used
    assert trace.left_out == left_out
    assert trace.root is not None
    assert len(trace.root.steps) == limit
    called, again = chain.failures.trace_call(address, trace=CallTrace(limit))
    assert called.gas_used == sent.gas_used
    assert again.left_out == left_out


def test_what_is_shown_is_bounded(chain: Blockchain) -> None:
    contract: Any = Contract.deploy(chain, wat_to_wasm(LOOP), abi=["go()"])
    trace = contract.go().trace()
    lines = trace.lines(TraceOptions(shows_host=True, max_nodes=49))
    assert lines[-2] == "├─ and 1 more"
    assert len(lines) == 1 + 49 + 2
    assert len(trace.lines(TraceOptions(shows_host=True, max_nodes=50))) == 52


def test_a_creation_and_plain_ether_are_messages_too(chain: Blockchain) -> None:
    made = chain.deploy(scripted({"go()": [Return(word(1))]}))
    result, trace = chain.failures.trace_transaction(made.transaction_hash)
    assert result.succeeded
    assert trace.root is not None
    assert trace.root.recipient == made.contract_address
    paid = chain.send(chain.accounts[1], value=5)
    _, trace = chain.failures.trace_transaction(paid.transaction_hash)
    assert trace.root is not None
    assert (trace.root.steps, trace.root.message.value) == ([], 5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(10**15, "1e15"), (15 * 10**17, "1.5e18"), (12345 * 10**14, "1.234e18")],
)
def test_large_numbers_have_their_size_too(value: int, text: str) -> None:
    assert scientific(value) == text
