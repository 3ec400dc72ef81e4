"""Where contracts fail: the same frames on both engines, at the right instruction."""

from dataclasses import dataclass

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.text import Address
from contractvm.ledger.where import Where
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.opcodes import BY_OPCODE
from tests.helpers.wat import wat_to_module, wat_to_wasm

HOST = """
  (import "ethereum" "revert" (func $revert (param i32 i32)))
  (import "ethereum" "storageStore" (func $storageStore (param i32 i32)))
  (import "ethereum" "callDataCopy" (func $callDataCopy (param i32 i32 i32)))
  (import "ethereum" "callStatic"
    (func $callStatic (param i64 i32 i32 i32) (result i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
"""
IMPORTED = 5
Expected = tuple[tuple[int, str, int], ...]  # func, mnemonic, the how manieth of it


@dataclass(frozen=True)
class Failure:
    """Funcs after the imports, and the instructions at which they must be found."""

    funcs: str
    expected: Expected
    reason: str
    gas_limit: int = 1_000_000


MAIN, INNER = IMPORTED, IMPORTED + 1
FAILURES = {
    "unreachable": Failure(
        '(func (export "main") (call $f)) (func $f nop unreachable)',
        ((INNER, "unreachable", 0), (MAIN, "call", 0)),
        "unreachable",
    ),
    "division": Failure(
        """(func (export "main") (drop (call $f (i32.const 0))))
           (func $f (param i32) (result i32)
             (i32.div_u (i32.const 7) (i32.const 1))
             (i32.div_u (i32.const 7) (local.get 0)) (i32.add))""",
        ((INNER, "i32.div_u", 1), (MAIN, "call", 0)),
        "integer divide by zero",
    ),
    "overflow": Failure(
        """(func (export "main") (drop (call $f (i64.const -1))))
           (func $f (param i64) (result i64)
             (i64.div_s (i64.const -0x8000000000000000) (local.get 0)))""",
        ((INNER, "i64.div_s", 0), (MAIN, "call", 0)),
        "integer overflow",
    ),
    "a load whose value is added": Failure(
        """(func (export "main") (call $f (i32.const 0)) (call $f (i32.const -8)))
           (func $f (param i32)
             (i32.store (i32.const 0)
               (i32.add (i32.load (local.get 0)) (i32.const 1))))""",
        ((INNER, "i32.load", 0), (MAIN, "call", 1)),
        "out of bounds memory access",
    ),
    "a store": Failure(
        """(func (export "main") (call $f (i32.const -8)))
           (func $f (param i32)
             (i64.store (local.get 0) (i64.load (i32.const 0))))""",
        ((INNER, "i64.store", 0), (MAIN, "call", 0)),
        "out of bounds memory access",
    ),
    "a call through a table": Failure(
        """(type $other (func (param i32)))
           (table 2 2 funcref) (elem (i32.const 0) func $g)
           (func (export "main") (call $f (i32.const 0)))
           (func $f (param i32)
             (call_indirect (type $other) (i32.const 0) (local.get 0)))
           (func $g)""",
        ((INNER, "call_indirect", 0), (MAIN, "call", 0)),
        "indirect call type mismatch",
    ),
    "an empty element": Failure(
        """(table 2 2 funcref)
           (func (export "main") (call $f (i32.const 1)))
           (func $f (param i32) (call_indirect (local.get 0)))""",
        ((INNER, "call_indirect", 0), (MAIN, "call", 0)),
        "uninitialized element",
    ),
    "an element outside the table": Failure(
        """(table 2 2 funcref)
           (func (export "main") (call $f (i32.const 2)))
           (func $f (param i32) (call_indirect (local.get 0)))""",
        ((INNER, "call_indirect", 0), (MAIN, "call", 0)),
        "undefined element",
    ),
    "no gas for a loop's turn": Failure(
        """(func (export "main") (call $f))
           (func $f (loop $l nop nop (br $l)))""",
        ((INNER, "nop", 0), (MAIN, "call", 0)),
        "out of gas",
        100_000,
    ),
    "no gas for a func": Failure(
        """(func (export "main") (call $f))
           (func $f (call $f))""",
        ((INNER, "call", 0), (INNER, "call", 0)),
        "out of gas",
        23_001,
    ),
    "no gas for pages": Failure(
        """(func (export "main") (call $f (i32.const 8)))
           (func $f (param i32) nop (drop (memory.grow (local.get 0))) nop)""",
        ((INNER, "memory.grow", 0), (MAIN, "call", 0)),
        "out of gas",
        30_000,
    ),
    "no gas for a host function": Failure(
        """(func (export "main") (call $f))
           (func $f (i32.store (i32.const 0) (i32.const 1))
             (call $storageStore (i32.const 32) (i32.const 0)))""",
        ((INNER, "call", 0), (MAIN, "call", 0)),
        "out of gas",
        30_000,
    ),
    "a refusal of the host": Failure(
        """(func (export "main") (call $f))
           (func $f
             (call $callDataCopy (i32.const 0) (i32.const 0) (i32.const 0))
             (call $callDataCopy (i32.const 0) (i32.const 9) (i32.const 9)))""",
        ((INNER, "call", 1), (MAIN, "call", 0)),
        "refused by the host: callDataCopy: bytes 9 to 18 of 0 asked for",
    ),
    "a revert": Failure(
        """(func (export "main") (call $f))
           (func $f (if (i32.const 1)
             (then (call $revert (i32.const 0) (i32.const 0)))))""",
        ((INNER, "call", 0), (MAIN, "call", 0)),
        "reverted",
    ),
    "a revert after a call of a contract": Failure(
        """(func (export "main") (call $f))
           (func $f
             (drop (call $callStatic
               (i64.const 100) (i32.const 0) (i32.const 0) (i32.const 0)))
             (call $revert (i32.const 0) (i32.const 0)))""",
        ((INNER, "call", 1), (MAIN, "call", 0)),
        "reverted",
    ),
}


def offset_of(source: str, func_index: int, mnemonic: str, number: int) -> int:
    """The offset in the code section's content of the func's n-th such instruction."""
    module = wat_to_module(source)
    func = module.funcs[func_index - IMPORTED]
    starts = [
        start
        for opcode, _, _, start, _ in instructions(func.code)
        if BY_OPCODE[opcode].mnemonic == mnemonic
    ]
    return func.offset - module.code_offset + starts[number]


def where_of(
    source: str, gas_limit: int, *, engine: str = "interpreter", both: bool = False
) -> tuple[Where, Where]:
    """Where a transaction and a call of the contract fail."""
    chain = Blockchain.in_memory(engine=engine, cross_check=both)
    contract = chain.deploy(wat_to_wasm(source)).contract_address
    sent = chain.send(contract, gas_limit=gas_limit)
    in_block = chain.failures.of_transaction(sent.transaction_hash)
    in_call = chain.failures.of_call(contract, gas_limit=gas_limit)
    if in_block is None or in_call is None:
        pytest.fail(f"it did not stop: {sent.error}")
    return in_block, in_call


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_names_the_instruction_in_each_func(name: str, engine: str) -> None:
    failure = FAILURES[name]
    source = f"(module {HOST} {failure.funcs})"
    # A chain on wasmtime compares its frames with the interpreter's.
    in_block, in_call = where_of(source, failure.gas_limit, engine=engine)
    expected = [
        (func_index, offset_of(source, func_index, mnemonic, number))
        for func_index, mnemonic, number in failure.expected
    ]
    found = [(frame.func_index, frame.offset) for frame in in_block.frames]
    assert found[: len(expected)] == expected
    if name != "no gas for a func":
        assert len(found) == len(expected)
    assert in_block.reason.startswith(failure.reason)
    assert in_call.frames == in_block.frames


DEEP = f"""(module {HOST}
  (func (export "main") (call $a))
  (func $a (call $b))
  (func $b (call $a)))"""


def test_a_deep_stack_keeps_both_ends_and_tells_the_cycle() -> None:
    where, _ = where_of(DEEP, 30_000_000, both=True)
    assert where.reason == "call stack exhausted"
    assert len(where.frames) == 64
    assert where.frames[-1].func_index == MAIN
    assert {frame.func_index for frame in where.frames[:-1]} == {MAIN + 1, MAIN + 2}
    omission = where.omission
    assert omission is not None
    assert omission.after == 48
    assert omission.cycle_count == omission.count
    assert sorted(omission.cycle) == [MAIN + 1, MAIN + 2]
    first, second = omission.cycle
    assert str(omission) == (
        f"{omission.count:,} more, of them {omission.count:,}"
        f" a cycle of func {first}, {second}"
    )


def test_what_succeeds_or_never_ran_has_no_place() -> None:
    chain = Blockchain.in_memory()
    source = f'(module {HOST} (func (export "main") (call $finish'
    source += " (i32.const 0) (i32.const 0))))"
    contract = chain.deploy(wat_to_wasm(source)).contract_address
    assert chain.failures.of_call(contract) is None
    sent = chain.send(contract)
    assert chain.failures.of_transaction(sent.transaction_hash) is None
    # 21,000 gas for the transaction: nothing is left for an instance.
    assert chain.failures.of_call(contract, gas_limit=21_000) is None


def test_a_call_that_is_traced_has_the_parameters_of_a_plain_one() -> None:
    chain = Blockchain.in_memory()
    target = Address(b"\x77" * 20)
    result, trace = chain.failures.trace_call(target)
    assert trace.root is not None
    message = trace.root.message
    assert (message.value, message.data, message.depth) == (0, b"", 0)
    assert message.sender == chain.accounts[0].address
    assert result == chain.call(target)
    result, trace = chain.failures.trace_call(
        target, b"\1", sender=chain.accounts[1], value=5, gas_limit=50_000
    )
    assert trace.root is not None
    message = trace.root.message
    assert (message.value, message.data) == (5, b"\1")
    assert message.sender == chain.accounts[1].address
    assert result == chain.call(
        target, b"\1", sender=chain.accounts[1], value=5, gas_limit=50_000
    )


def test_an_account_without_ether_can_call_where_no_value_is_given() -> None:
    chain = Blockchain.in_memory()
    poor = Address(b"\x55" * 20)
    assert chain.failures.of_call(b"\x77" * 20, sender=poor) is None
    assert chain.call(b"\x77" * 20, sender=poor).succeeded
    assert chain.failures.trace_call(b"\x77" * 20, sender=poor)[0].succeeded
