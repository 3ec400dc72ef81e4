"""What programs of one transaction share: warm slots, transient storage, originals."""

import pytest

from chain_sim import Blockchain
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import (
    AccessListTransaction,
    sign_transaction,
)
from tests.chain_sim.ethereum.arbitrum.test_chain import activate, arbitrum_chain, word
from tests.helpers.wat import wat_to_wasm

# Obeys one command after the other; each is a letter, with words of 32 bytes after it.
# L key: load; S key value: store; T key: transient load; U key value: transient store;
# C: the chain's id; F: the base fee; G: the gas that is left;
# X address size: call with the next `size` bytes, and answer with the status;
# R: revert. What is answered is 32 bytes each.
COMMANDS = wat_to_wasm("""(module
  (import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "transient_load_bytes32" (func $get (param i32 i32)))
  (import "vm_hooks" "transient_store_bytes32" (func $put (param i32 i32)))
  (import "vm_hooks" "block_basefee" (func $base_fee (param i32)))
  (import "vm_hooks" "chainid" (func $chain_id (result i64)))
  (import "vm_hooks" "evm_gas_left" (func $gas (result i64)))
  (import "vm_hooks" "call_contract"
    (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $size i32) (result i32)
    (local $at i32) (local $out i32) (local $command i32) (local $length i32)
    (call $read_args (i32.const 0))
    (local.set $out (i32.const 32768))
    (block $end (loop $next
      (br_if $end (i32.ge_u (local.get $at) (local.get $size)))
      (local.set $command (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (if (i32.eq (local.get $command) (i32.const 82)) (then (return (i32.const 1))))
      (if (i32.eq (local.get $command) (i32.const 76)) (then
        (call $load (local.get $at) (local.get $out))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))))
      (if (i32.eq (local.get $command) (i32.const 84)) (then
        (call $get (local.get $at) (local.get $out))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))))
      (if (i32.eq (local.get $command) (i32.const 83)) (then
        (call $store (local.get $at) (i32.add (local.get $at) (i32.const 32)))
        (call $flush (i32.const 1))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))))
      (if (i32.eq (local.get $command) (i32.const 85)) (then
        (call $put (local.get $at) (i32.add (local.get $at) (i32.const 32)))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))))
      (if (i32.eq (local.get $command) (i32.const 70)) (then
        (call $base_fee (local.get $out))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))))
      (if (i32.eq (local.get $command) (i32.const 67)) (then
        (i64.store (local.get $out) (call $chain_id))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))))
      (if (i32.eq (local.get $command) (i32.const 71)) (then
        (i64.store (local.get $out) (call $gas))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))))
      (if (i32.eq (local.get $command) (i32.const 88)) (then
        (local.set $length (i32.load8_u (i32.add (local.get $at) (i32.const 20))))
        (i32.store (local.get $out) (call $call
          (local.get $at) (i32.add (local.get $at) (i32.const 21)) (local.get $length)
          (i32.const 60000) (i64.const 1000000) (i32.const 61000)))
        (local.set $at (i32.add (local.get $at) (local.get $length)))
        (local.set $at (i32.add (local.get $at) (i32.const 21)))
        (local.set $out (i32.add (local.get $out) (i32.const 32)))))
      (br $next)))
    (call $write_result
      (i32.const 32768) (i32.sub (local.get $out) (i32.const 32768)))
    (i32.const 0)))""")
K1, K2 = word(1), word(2)
ONE, TWO = word(11), word(22)
COLD, WARM = 2_100, 100
# What a command that loads costs beside, with or without a reading of the gas after it.
LOAD, READING = 18, 6


@pytest.fixture(scope="module", params=["interpreter", "wasmtime"])
def program(request: pytest.FixtureRequest) -> tuple[Blockchain, Address]:
    chain = arbitrum_chain(engine=request.param)
    address = chain.deploy(COMMANDS).contract_address
    assert address is not None
    activate(chain, address)
    return chain, address


def words(output: bytes) -> list[bytes]:
    return [output[at : at + 32] for at in range(0, len(output), 32)]


def spent(program: tuple[Blockchain, Address], commands: bytes) -> int:
    """The gas between the first and the last G of the commands."""
    chain, address = program
    receipt = chain.send(address, b"G" + commands + b"G", gas_limit=2_000_000)
    assert receipt.succeeded
    answers = words(receipt.output)
    first, last = (int.from_bytes(answers[at][:8], "little") for at in (0, -1))
    return first - last


def answers(program: tuple[Blockchain, Address], commands: bytes) -> list[bytes]:
    chain, address = program
    receipt = chain.send(address, commands, gas_limit=2_000_000)
    assert receipt.succeeded
    return words(receipt.output)


def called(program: tuple[Blockchain, Address], commands: bytes) -> bytes:
    """The command that has the program call itself."""
    return b"X" + program[1] + bytes([len(commands)]) + commands


def test_a_slot_is_cold_once_in_a_transaction(
    program: tuple[Blockchain, Address],
) -> None:
    load = b"L" + K1
    assert spent(program, load) == COLD + LOAD
    once = spent(program, called(program, load))
    assert spent(program, called(program, load) + load) == once + WARM + LOAD - READING
    assert spent(program, called(program, load)) == once


def test_a_frame_that_reverts_leaves_slots_cold(
    program: tuple[Blockchain, Address],
) -> None:
    load = b"L" + K1
    undone = spent(program, called(program, load + b"R"))
    again = spent(program, called(program, load + b"R") + load)
    assert again == undone + COLD + LOAD - READING


def test_an_access_list_makes_slots_warm(program: tuple[Blockchain, Address]) -> None:
    chain, address = program
    used = []
    for key in (K1, K2):
        tx = AccessListTransaction(
            chain.nonce(chain.accounts[0].address),
            10**9,
            1_000_000,
            address,
            0,
            b"L" + K1,
            chain_id=chain.genesis.chain_id,
            access_list=((address, (Hash32(key),)),),
        )
        signed = sign_transaction(tx, chain.accounts[0].private_key, tx.chain_id)
        (receipt,) = chain.reader.receipts(chain.mine([signed]))
        assert receipt.succeeded
        used.append(receipt.gas_used)
    assert used[1] - used[0] == COLD - WARM


def test_storage_is_kept_and_transient_storage_is_not(
    program: tuple[Blockchain, Address],
) -> None:
    reads = b"L" + K1 + b"T" + K1 + b"T" + K2
    writes = b"S" + K1 + ONE + b"U" + K1 + TWO
    assert answers(program, writes + reads) == [ONE, TWO, word(0)]
    assert answers(program, reads) == [ONE, word(0), word(0)]
    assert answers(program, b"S" + K1 + word(0) + reads)[0] == word(0)


def test_a_frame_that_reverts_leaves_nothing_in_transient_storage(
    program: tuple[Blockchain, Address],
) -> None:
    write = b"U" + K1 + ONE
    kept = answers(program, called(program, write) + b"T" + K1)
    assert (kept[0][0], kept[1]) == (0, ONE)
    undone = answers(program, called(program, write + b"R") + b"T" + K1)
    assert (undone[0][0], undone[1]) == (2, word(0))


@pytest.mark.parametrize(
    ("before", "values", "prices"),
    [
        (0, [11], [20_000]),
        (0, [11, 22], [20_000, 100]),
        (0, [11, 22, 11], [20_000, 100, 100]),
        (0, [11, 0], [20_000, 100]),
        (0, [0], [0]),
        (11, [22], [2_900]),
        (11, [0], [2_900]),
        (11, [22, 11], [2_900, 100]),
        (11, [0, 11], [2_900, 100]),
        (11, [22, 0], [2_900, 100]),
        (11, [11], [0]),
    ],
)
def test_a_write_costs_by_what_the_slot_had_before_the_transaction(
    program: tuple[Blockchain, Address],
    before: int,
    values: list[int],
    prices: list[int],
) -> None:
    """The prices of EIP-2200, after EIP-2929, for a slot that is warm."""
    answers(program, b"S" + K2 + word(before))
    read = b"L" + K2
    writes = b"".join(b"S" + K2 + word(value) for value in values)
    used = spent(program, read + writes) - COLD - LOAD
    # What the commands themselves cost: 12 to 15 gas, of which parts are carried.
    assert 0 <= used - sum(prices) - 12 * len(values) <= 3 * len(values)


def test_the_chain_and_its_base_fee_are_told(
    program: tuple[Blockchain, Address],
) -> None:
    chain_id, base_fee = answers(program, b"CF")
    assert int.from_bytes(chain_id[:8], "little") == 412_346
    assert base_fee == word(100_000_000)
