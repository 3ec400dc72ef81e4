"""Stylus programs on a local Arbitrum chain, from deployment to calls."""

from pathlib import Path
from typing import Any

import pytest

from chain_sim import Blockchain, default_genesis
from chain_sim.ethereum.arbitrum.addresses import (
    ARB_WASM,
    ARB_WASM_CACHE,
    NETWORK_FEE_ACCOUNT,
)
from chain_sim.ethereum.blocks.chain_point import ChainPoint
from chain_sim.ethereum.chain.arbos import WithoutArbOs
from chain_sim.ethereum.chain.signer import signed_transaction
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives.errors import (
    EditOutOfRange,
    ForkNeeded,
    GenesisMismatch,
    NotRunnable,
    UnknownFork,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from contractvm.hosts.stylus.deployment import build_init_code
from contractvm.hosts.stylus.program_code import PREFIX, pack_program
from tests.helpers.wat import wat_to_wasm

HOOKS = """(import "vm_hooks" "read_args" (func $read_args (param i32)))
  (import "vm_hooks" "write_result" (func $write_result (param i32 i32)))"""
ECHO = wat_to_wasm(
    f"""(module {HOOKS} (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32)
        (call $read_args (i32.const 0))
        (call $write_result (i32.const 0) (local.get 0))
        (i32.const 0)))"""
)
ACTIVATE = bytes.fromhex("58c780c2")
ONE_ETHER = 10**18


def word(value: int | bytes) -> bytes:
    return (
        value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")
    )


def arbitrum_chain(fork: str = "arbitrum", **options: Any) -> Blockchain:
    return Blockchain.in_memory(fork=fork, **options)


def deploy(chain: Blockchain, wasm: bytes = ECHO) -> Address:
    receipt = chain.deploy(wasm)
    assert receipt.contract_address is not None
    return receipt.contract_address


def activate(chain: Blockchain, address: Address, value: int = ONE_ETHER) -> int:
    """The gas of an activation that succeeds."""
    receipt = chain.send(ARB_WASM, ACTIVATE + word(address), value=value)
    assert receipt.succeeded
    return receipt.gas_used


def activated_chain(**options: Any) -> tuple[Blockchain, Address]:
    chain = arbitrum_chain(**options)
    address = deploy(chain)
    activate(chain, address)
    return chain, address


def test_a_chain_starts_as_nitros_developer_node() -> None:
    chain = arbitrum_chain()
    genesis, fork = chain.genesis, chain.fork
    assert (genesis.chain_id, genesis.gas_limit) == (412_346, 2**50)
    assert (genesis.fork, genesis.fees, genesis.schedule) == (
        "arbitrum",
        "arbitrum",
        "stylus-1",
    )
    assert chain.head.header.base_fee_per_gas == 100_000_000
    assert fork.stylus is not None
    assert (fork.stylus.arbos, fork.stylus.version) == (61, 3)
    # The base fee stays, whatever a block uses.
    deploy(chain)
    assert chain.head.header.base_fee_per_gas == 100_000_000


def test_a_stylus_schedule_alone_brings_the_fork() -> None:
    genesis = default_genesis("stylus-1")
    assert genesis == default_genesis(fork="arbitrum")
    assert default_genesis("contractvm-2").fork == "byzantium"


def test_programs_run_by_no_other_rules() -> None:
    chain = Blockchain.in_memory(default_genesis("stylus-1", fork="byzantium"))
    before = chain.head.hash
    with pytest.raises(ForkNeeded):
        chain.send(b"\x77" * 20)
    assert chain.head.hash == before


@pytest.mark.parametrize(("arbos", "version"), [(30, 1), (31, 2), (58, 2), (59, 3)])
def test_each_version_of_arbos_is_a_fork(arbos: int, version: int) -> None:
    stylus = find_fork(f"arbitrum-{arbos}").stylus
    assert stylus is not None
    assert (stylus.arbos, stylus.version) == (arbos, version)


def test_other_versions_are_not() -> None:
    for arbos in (29, 62):
        with pytest.raises(UnknownFork):
            find_fork(f"arbitrum-{arbos}")


def test_a_program_is_deployed_activated_and_called() -> None:
    chain, address = activated_chain()
    assert chain.code(address) == pack_program(ECHO)
    result = chain.call(address, b"hello")
    assert (result.output, result.error) == (b"hello", None)
    # Intrinsic 21,000 + 5 * 16; the start of a program that is not cached; the run.
    assert result.gas_used == 21_080 + 8_832 + 31 + 352 + 11 + 7


@pytest.mark.parametrize("engine", ["interpreter", "wasmtime"])
def test_both_engines_use_the_same_gas(engine: str) -> None:
    chain, address = activated_chain(engine=engine)
    assert chain.send(address, b"hello").gas_used == 30_313


def test_a_cross_checked_chain_finds_no_difference() -> None:
    chain, address = activated_chain(cross_check=True)
    assert chain.send(address, b"hello").output == b"hello"


def test_a_program_must_be_activated() -> None:
    chain = arbitrum_chain()
    address = deploy(chain)
    receipt = chain.send(address, b"hello", gas_limit=1_000_000)
    assert (receipt.succeeded, receipt.gas_used) == (False, 1_000_000)
    assert receipt.error == "the program is not activated"


def test_activation_pays_for_data_and_returns_the_rest() -> None:
    chain = arbitrum_chain()
    address = deploy(chain)
    before = chain.balance(chain.accounts[0].address)
    receipt = chain.send(ARB_WASM, ACTIVATE + word(address), value=ONE_ETHER)
    version, fee = receipt.output[:32], int.from_bytes(receipt.output[32:], "big")
    assert version == word(3)
    assert chain.balance(NETWORK_FEE_ACCOUNT) == fee
    assert chain.balance(ARB_WASM) == 0
    spent = before - chain.balance(chain.accounts[0].address)
    assert spent == fee + receipt.gas_used * 100_000_000
    (log,) = receipt.logs
    assert log.address == ARB_WASM
    assert log.data == word(0) + word(address) + word(fee) + word(3)


def test_a_value_below_the_fee_reverts_and_activates_nothing() -> None:
    chain = arbitrum_chain()
    address = deploy(chain)
    receipt = chain.send(ARB_WASM, ACTIVATE + word(address), value=5)
    assert not receipt.succeeded
    fee = int.from_bytes(receipt.output[36:], "big")
    assert receipt.output == bytes.fromhex("09781ab7") + word(5) + word(fee)
    assert receipt.gas_used < 2_000_000
    assert not chain.send(address, gas_limit=1_000_000).succeeded
    # One wei below, and the fee itself; the failed attempts left no demand behind.
    assert not chain.send(ARB_WASM, ACTIVATE + word(address), value=fee - 1).succeeded
    activate(chain, address, fee)


def test_a_second_activation_is_refused_and_so_is_what_is_no_program() -> None:
    chain, address = activated_chain()
    again = chain.send(ARB_WASM, ACTIVATE + word(address), value=ONE_ETHER)
    assert again.output == bytes.fromhex("cc944bf2")
    nothing = chain.send(ARB_WASM, ACTIVATE + word(b"\x55" * 20), value=ONE_ETHER)
    assert nothing.output == bytes.fromhex("27f38212")
    # Each word of an error costs 3 gas, and what was not used comes back.
    assert nothing.gas_used == again.gas_used - (again.gas_used - nothing.gas_used)
    assert again.gas_used < 1_700_000


def test_an_invalid_module_burns_all_gas_and_gives_no_reason() -> None:
    chain = arbitrum_chain()
    wasm = wat_to_wasm('(module (memory (export "memory") 1 1))')
    init_code = build_init_code(pack_program(wasm))
    receipt = chain.deploy(init_code, is_init_code=True)
    assert receipt.contract_address is not None
    failed = chain.send(
        ARB_WASM,
        ACTIVATE + word(receipt.contract_address),
        value=ONE_ETHER,
        gas_limit=3_000_000,
    )
    assert (failed.succeeded, failed.output, failed.gas_used) == (
        False,
        b"",
        3_000_000,
    )
    assert failed.error is not None
    assert failed.error.startswith("export user_entrypoint: missing")


def test_a_second_deployment_of_the_same_code_is_active_already() -> None:
    chain, address = activated_chain()
    other = deploy(chain)
    assert other != address
    assert chain.call(other, b"hi").output == b"hi"


def test_evm_code_is_refused_and_nothing_changes() -> None:
    chain = arbitrum_chain()
    chain.edits.set_code(b"\x77" * 20, b"\x60\x00")
    before = chain.head.hash
    with pytest.raises(NotRunnable) as caught:
        chain.send(b"\x77" * 20)
    assert str(caught.value) == f"EVM code at 0x{'77' * 20}, not supported"
    with pytest.raises(NotRunnable, match=r"EVM init code at 0x.*, not supported"):
        chain.deploy(b"\x60\x00", is_init_code=True)
    for number, what in (
        (9, "precompiled contract blake2f"),
        (10, "precompiled contract of KZG proofs"),
        (17, "precompiled contract of BLS12-381"),
        (0x100, "precompiled contract P256VERIFY"),
        (0x64, "ArbOS precompiled contract"),
    ):
        with pytest.raises(NotRunnable) as caught:
            chain.send(number.to_bytes(20, "big"))
        assert str(caught.value).startswith(what)
    assert chain.head.hash == before


def test_ethereums_contracts_have_todays_prices() -> None:
    chain = arbitrum_chain()
    data = (1).to_bytes(32, "big") * 3 + b"\3\2\5"
    zeros = data.count(0)
    result = chain.call((5).to_bytes(20, "big"), data)
    intrinsic = 21_000 + 4 * zeros + 16 * (len(data) - zeros)
    assert (result.output, result.gas_used) == (b"\4", intrinsic + 200)
    result = chain.call((4).to_bytes(20, "big"), b"\1" * 33)
    assert (result.output, result.gas_used) == (b"\1" * 33, 21_000 + 16 * 33 + 21)


def test_code_that_begins_with_ef_is_stored_for_programs_only() -> None:
    chain = arbitrum_chain()
    for code, is_stored in (
        (PREFIX + b"\0", True),
        (b"\xef\xf0\x01abc", True),
        (b"\xef\xf0\x02" + bytes(25), True),
        (b"\xef\x00", False),
        (b"\xef\xf0\x03", False),
        (b"\xfe", True),
    ):
        receipt = chain.deploy(build_init_code(code), is_init_code=True)
        assert receipt.succeeded is is_stored
        if is_stored:
            assert receipt.contract_address is not None
            assert chain.code(receipt.contract_address) == code


@pytest.mark.parametrize(("size", "is_stored"), [(24_576, True), (24_577, False)])
def test_the_limit_of_code_counts(size: int, is_stored: bool) -> None:
    chain = arbitrum_chain()
    code = PREFIX.ljust(size, b"\0")
    receipt = chain.deploy(build_init_code(code), is_init_code=True)
    assert receipt.succeeded is is_stored


def test_a_deployment_costs_what_the_two_init_codes_do() -> None:
    chain = arbitrum_chain()
    code = pack_program(ECHO)
    init_code = build_init_code(code)
    zeros = init_code.count(0)
    words = -(-len(code) // 32)
    used = 21_000 + 32_000 + 4 * zeros + 16 * (len(init_code) - zeros)
    used += 2 * -(-len(init_code) // 32)
    used += 18 + 6 * words + 200 * len(code)
    assert chain.deploy(ECHO).gas_used == used


def test_a_database_keeps_programs(tmp_path: Path) -> None:
    with Blockchain.open(tmp_path / "chain", fork="arbitrum") as chain:
        address = deploy(chain)
        activate(chain, address)
    with Blockchain.open(tmp_path / "chain") as chain:
        assert chain.fork.name == "arbitrum"
        assert chain.call(address, b"hello").output == b"hello"
    with pytest.raises(GenesisMismatch):
        Blockchain.open(tmp_path / "chain", fork="byzantium")


def test_a_revert_takes_an_activation_back() -> None:
    chain = arbitrum_chain()
    address = deploy(chain)
    snapshot = chain.snapshot()
    activate(chain, address)
    chain.revert(snapshot)
    assert not chain.send(address, gas_limit=100_000).succeeded
    # As if it had never been: the first fee of a fresh chain.
    receipt = chain.send(ARB_WASM, ACTIVATE + word(address), value=ONE_ETHER)
    assert receipt.succeeded


def signed_call(chain: Blockchain, address: Address, nonce: int) -> Transaction:
    account = chain.accounts[0]
    tx = Transaction(nonce, 0, 100_000, address, 0, b"hello")
    return signed_transaction(tx, account, chain.genesis.chain_id, 100_000_000)


@pytest.mark.parametrize(("fork", "saved"), [("arbitrum", 8_863), ("arbitrum-59", 0)])
def test_a_program_called_before_in_the_block_starts_cheaper(
    fork: str, saved: int
) -> None:
    chain, address = activated_chain(fork=fork)
    nonce = chain.nonce(chain.accounts[0].address)
    calls = [signed_call(chain, address, nonce + index) for index in range(3)]
    block = chain.mine(calls)
    used = [receipt.gas_used for receipt in chain.reader.receipts(block)]
    assert used == [30_313, 30_313 - saved, 30_313 - saved]
    # The next block begins anew.
    assert chain.send(address, b"hello").gas_used == 30_313
    # Each is the same when it is run again, after those before it.
    for index in range(3):
        again = chain.call(address, b"hello", at=ChainPoint(block.header.number, index))
        assert again.gas_used == 30_313 - saved


def test_tips_are_not_paid() -> None:
    chain, address = activated_chain()
    receipt = chain.send(address, b"hello")
    # The transaction offers a gwei on top of the base fee.
    assert receipt.gas_price == 100_000_000
    assert chain.balance(chain.genesis.coinbase) == 0


def test_only_managers_cache_programs() -> None:
    chain, address = activated_chain()
    cache = bytes.fromhex("e73ac9f2") + word(address)
    refused = chain.send(ARB_WASM_CACHE, cache, gas_limit=200_000)
    assert (refused.succeeded, refused.gas_used) == (False, 200_000)
    full_price = chain.call(address, b"hello").gas_used
    assert not chain.arbos.program(address).is_cached
    chain.arbos.add_cache_manager(chain.accounts[0].address)
    cached = chain.send(ARB_WASM_CACHE, cache, gas_limit=200_000)
    assert cached.succeeded
    assert len(cached.logs) == 1
    # It is cached already: no effect, no event.
    again = chain.send(ARB_WASM_CACHE, cache, gas_limit=200_000)
    assert (again.succeeded, again.logs) == (True, ())
    assert chain.call(address, b"hello").gas_used == full_price - 8_832 - 31


L1_NUMBER = wat_to_wasm(
    """(module (import "vm_hooks" "block_number" (func $number (result i64)))
      (import "vm_hooks" "write_result" (func $write (param i32 i32)))
      (memory (export "memory") 1 1)
      (func (export "user_entrypoint") (param i32) (result i32)
        (i64.store (i32.const 0) (call $number))
        (call $write (i32.const 0) (i32.const 8))
        (i32.const 0)))"""
)


def test_programs_see_the_number_of_the_parent_chains_block() -> None:
    chain = arbitrum_chain()
    address = deploy(chain, L1_NUMBER)
    activate(chain, address)
    assert chain.call(address).output == bytes(8)
    chain.arbos.set_l1_block_number(2**40 + 5)
    assert chain.arbos.l1_block_number == 2**40 + 5
    chain.mine()
    assert chain.call(address).output == (2**40 + 5).to_bytes(8, "little")


def test_the_number_of_the_parent_chains_block_has_64_bits() -> None:
    chain = arbitrum_chain()
    for number in (2**64 - 1, 0):
        chain.arbos.set_l1_block_number(number)
        assert chain.arbos.l1_block_number == number
    for number in (-1, 2**64):
        with pytest.raises(EditOutOfRange) as caught:
            chain.arbos.set_l1_block_number(number)
        assert str(caught.value) == str(
            EditOutOfRange("L1 block number", 2**64 - 1, number)
        )
    assert chain.arbos.l1_block_number == 0


def test_other_chains_have_no_arbos() -> None:
    with pytest.raises(WithoutArbOs, match="the rules of byzantium has no ArbOS"):
        _ = Blockchain.in_memory().arbos
