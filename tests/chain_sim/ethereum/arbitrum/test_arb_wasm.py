"""ArbWasm and ArbWasmCache: what they tell, extend, cache and refuse, and their gas."""

import pytest

from chain_sim import Blockchain
from chain_sim.ethereum.arbitrum.addresses import ARB_WASM, ARB_WASM_CACHE
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.text import Address, keccak256
from contractvm.hosts.evm.interface import REVERTED, SUCCESS
from contractvm.hosts.stylus.parameters import parameters_of
from contractvm.hosts.stylus.program_code import (
    FRAGMENT_PREFIX,
    ROOT_PREFIX,
    pack_program,
)
from tests.helpers.wat import wat_to_wasm

EMPTY = wat_to_wasm(
    """(module (memory (export "memory") 2 2)
      (func (export "user_entrypoint") (param i32) (result i32) (i32.const 0)))"""
)
ONE_ETHER = 10**18
DAY = 86_400
GAS = 1_000_000
INTRINSIC = 21_000


def word(value: int | bytes) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(32, "big")
    return value.rjust(32, b"\0")


def activated(fork: str = "arbitrum") -> tuple[Blockchain, Address, bytes]:
    """A chain, a program, and the hash of its code."""
    chain = Blockchain.in_memory(fork=fork)
    address = chain.deploy(EMPTY).contract_address
    assert address is not None
    data = bytes.fromhex("58c780c2") + word(address)
    assert chain.send(ARB_WASM, data, value=ONE_ETHER).succeeded
    return chain, address, chain.state_at().get_code_hash(address)


def asked(chain: Blockchain, selector: str, *words: bytes) -> list[int]:
    result = chain.call(ARB_WASM, bytes.fromhex(selector) + b"".join(words))
    assert result.status is SUCCESS, result.error
    output = result.output
    return [
        int.from_bytes(output[start : start + 32], "big")
        for start in range(0, len(output), 32)
    ]


def test_the_parameters_are_told() -> None:
    chain, _, _ = activated()
    for selector, values in (
        ("a996e0c2", [3]),
        ("d1c17abc", [10_000]),
        ("8ccfaa70", [22_000]),
        ("4490c19d", [2]),
        ("7af4ba49", [1_000]),
        ("11c82ae8", [620_674_314]),
        ("9786f96e", [128]),
        ("99d0b38d", [8_832, 352]),
        ("5fc94c0b", [100]),
        ("309f6555", [365]),
        ("0a936455", [31]),
        ("7af6e819", [32]),
        ("2278c278", [0]),
    ):
        assert asked(chain, selector) == values


def test_a_program_is_described_by_address_and_by_code_hash() -> None:
    chain, address, code_hash = activated()
    record = chain.arbos.program(address)
    assert asked(chain, "cc8f4e88", word(address)) == [3]
    assert asked(chain, "d70c0ca7", code_hash) == [3]
    assert asked(chain, "4089267f", code_hash) == [record.asm_kib * 1_024]
    cached = 352 + record.cached_cost
    init = 8_832 + record.init_cost
    assert asked(chain, "62b688aa", word(address)) == [init + cached, cached]
    assert asked(chain, "aef36be3", word(address)) == [2]
    (left,) = asked(chain, "c775a62a", word(address))
    now = chain.head.header.timestamp + 1
    assert left == 365 * DAY - (now - 1_421_388_000) % 3_600


def test_reading_costs_words_state_and_the_parameters() -> None:
    chain, _, code_hash = activated()
    data = bytes.fromhex("d70c0ca7") + code_hash
    zeros = data.count(0)
    used = INTRINSIC + 4 * zeros + 16 * (len(data) - zeros)
    # The argument, the state, the parameters, the program, the result.
    used += 3 + 800 + 100 + 800 + 3
    assert chain.call(ARB_WASM, data).gas_used == used


@pytest.mark.parametrize(
    ("address", "data", "value"),
    [
        (ARB_WASM, b"", 0),
        (ARB_WASM, b"\1\2\3", 0),
        (ARB_WASM, bytes.fromhex("01020304"), 0),
        (ARB_WASM, bytes.fromhex("d1c17abc"), 1),
        (ARB_WASM, bytes.fromhex("cc8f4e88"), 0),
        (ARB_WASM, bytes.fromhex("cc8f4e88") + b"\xff" * 32, 0),
        (ARB_WASM_CACHE, bytes.fromhex("4ceac817") + bytes(32), 0),
    ],
)
def test_what_is_no_call_of_a_method_burns_all_gas(
    address: Address, data: bytes, value: int
) -> None:
    chain, _, _ = activated()
    result = chain.call(address, data, value=value, gas_limit=GAS)
    assert (result.status, result.output) == (REVERTED, b"")
    assert result.gas_used == GAS


def test_methods_come_with_their_version() -> None:
    older, _, code_hash = activated("arbitrum-30")
    for selector in ("99d0b38d", "2278c278"):
        result = older.call(ARB_WASM, bytes.fromhex(selector), gas_limit=GAS)
        assert (result.status, result.gas_used) == (REVERTED, GAS)
    older.arbos.add_cache_manager(older.accounts[0].address)
    by_hash = bytes.fromhex("4ceac817") + code_hash
    assert older.send(ARB_WASM_CACHE, by_hash, gas_limit=GAS).succeeded


def test_an_unknown_program_is_not_activated() -> None:
    chain, _, _ = activated()
    for selector, argument in (
        ("d70c0ca7", b"\7" * 32),
        ("cc8f4e88", word(b"\7" * 20)),
        ("c689bad5", b"\7" * 32),
    ):
        result = chain.call(ARB_WASM, bytes.fromhex(selector) + argument)
        assert (result.status, result.output) == (
            REVERTED,
            bytes.fromhex("6f809c4e"),
        )


@pytest.mark.parametrize(("days", "is_extended"), [(30, False), (31, True)])
def test_a_program_is_kept_alive_after_a_month(days: int, is_extended: bool) -> None:
    chain, address, code_hash = activated()
    record = chain.arbos.program(address)
    start = 1_421_388_000 + record.activated_at * 3_600
    keepalive = bytes.fromhex("c689bad5") + code_hash
    chain.mine(timestamp=start + days * DAY - 1)
    receipt = chain.send(ARB_WASM, keepalive, value=ONE_ETHER)
    extended = chain.arbos.program(address)
    if is_extended:
        assert receipt.succeeded
        assert extended.activated_at == record.activated_at + 24 * days
        (log,) = receipt.logs
        assert log.topics[1] == code_hash
        # It is young again.
        again = chain.send(ARB_WASM, keepalive, value=ONE_ETHER)
        assert again.output[:4] == bytes.fromhex("16bd0cf8")
    else:
        assert receipt.output == bytes.fromhex("16bd0cf8") + word(days * DAY)
        assert extended == record


@pytest.mark.parametrize(("seconds", "is_usable"), [(0, True), (1, False)])
def test_a_program_expires_after_a_year(seconds: int, is_usable: bool) -> None:
    chain, address, code_hash = activated()
    start = 1_421_388_000 + chain.arbos.program(address).activated_at * 3_600
    chain.mine(timestamp=start + 365 * DAY + seconds - 1)
    assert chain.arbos.is_usable(address) is is_usable
    assert chain.call(address).succeeded is is_usable
    result = chain.call(ARB_WASM, bytes.fromhex("d70c0ca7") + code_hash)
    if not is_usable:
        expired = bytes.fromhex("c9b12e52") + word(365 * DAY + 1)
        assert (result.status, result.output) == (REVERTED, expired)
        # It can be activated again, and is what it was.
        data = bytes.fromhex("58c780c2") + word(address)
        assert chain.send(ARB_WASM, data, value=ONE_ETHER).succeeded
        assert chain.call(address).succeeded


def test_cache_managers_are_listed() -> None:
    chain, address, code_hash = activated()
    first, second = chain.accounts[0].address, chain.accounts[1].address
    for manager in (first, second, first):
        chain.arbos.add_cache_manager(manager)
    result = chain.call(ARB_WASM_CACHE, bytes.fromhex("0ec1d773"))
    listed = word(32) + word(2) + word(first) + word(second)
    assert result.output == listed
    for account, is_manager in ((first, 1), (b"\7" * 20, 0)):
        query = bytes.fromhex("85e2de85") + word(account)
        assert chain.call(ARB_WASM_CACHE, query).output == word(is_manager)
    is_cached = bytes.fromhex("a72f179b") + code_hash
    assert chain.call(ARB_WASM_CACHE, is_cached).output == word(0)
    cache = bytes.fromhex("e73ac9f2") + word(address)
    receipt = chain.send(ARB_WASM_CACHE, cache, gas_limit=GAS)
    assert receipt.succeeded
    (log,) = receipt.logs
    assert (log.topics[1], log.topics[2], log.data) == (word(first), code_hash, word(1))
    assert chain.call(ARB_WASM_CACHE, is_cached).output == word(1)
    evict = bytes.fromhex("ce972013") + code_hash
    assert chain.send(ARB_WASM_CACHE, evict, gas_limit=GAS).logs[0].data == word(0)
    assert chain.call(ARB_WASM_CACHE, is_cached).output == word(0)


def test_a_static_call_cannot_activate() -> None:
    caller = wat_to_wasm(
        """(module (import "vm_hooks" "read_args" (func $args (param i32)))
          (import "vm_hooks" "static_call_contract"
            (func $call (param i32 i32 i32 i64 i32) (result i32)))
          (memory (export "memory") 1 1)
          (func (export "user_entrypoint") (param i32) (result i32)
            (call $args (i32.const 32))
            (i32.store8 (i32.const 19) (i32.const 0x71))
            (call $call (i32.const 0) (i32.const 32) (local.get 0) (i64.const -1)
              (i32.const 0))))"""
    )
    chain = Blockchain.in_memory(fork="arbitrum")
    address = chain.deploy(caller).contract_address
    other = chain.deploy(EMPTY).contract_address
    assert address is not None
    assert other is not None
    data = bytes.fromhex("58c780c2") + word(address)
    assert chain.send(ARB_WASM, data, value=ONE_ETHER).succeeded
    result = chain.call(address, bytes.fromhex("58c780c2") + word(other))
    # The program returns 2, the status of the call, which is a revert.
    assert result.status is REVERTED
    assert chain.arbos.program(other).version == 0
    read = chain.call(address, bytes.fromhex("d1c17abc"))
    assert read.status is SUCCESS
    assert parameters_of(61).ink_price == 10_000


@pytest.mark.parametrize(
    ("fork", "output", "error"),
    [
        ("arbitrum", "27f38212", "ProgramNotWasm()"),
        ("arbitrum-30", "", "not a program()"),
    ],
)
def test_what_is_no_program_is_not_activated(
    fork: str, output: str, error: str
) -> None:
    chain = Blockchain.in_memory(fork=fork)
    data = bytes.fromhex("58c780c2") + word(b"\7" * 20)
    result = chain.call(ARB_WASM, data, value=ONE_ETHER)
    assert (result.status, result.output.hex()) == (REVERTED, output)
    assert str(result.error) == error


def test_activating_reads_each_fragment_and_pays_for_its_words() -> None:
    chain = Blockchain.in_memory(fork="arbitrum")
    whole, root, missing = (bytes([byte]) * 20 for byte in (9, 8, 7))
    parts = [b"\x01" * 20, b"\x02" * 20]
    packed = pack_program(EMPTY)
    codes = [FRAGMENT_PREFIX + packed[4:40], FRAGMENT_PREFIX + packed[40:]]
    head = ROOT_PREFIX + b"\0" + len(EMPTY).to_bytes(4, "big")
    chain.edits.set_code(whole, packed)
    chain.edits.set_code(root, head + b"".join(parts))
    chain.edits.set_code(missing, head + parts[0] + b"\x03" * 20)
    for address, code in zip(parts, codes, strict=True):
        chain.edits.set_code(address, code)

    def activation(address: bytes) -> TransactionResult:
        data = bytes.fromhex("58c780c2") + word(address)
        return chain.call(ARB_WASM, data, value=ONE_ETHER)

    one, two = activation(whole), activation(root)
    assert (one.status, two.status) == (SUCCESS, SUCCESS)
    words = sum(-(-len(code) // 32) for code in codes)
    assert two.gas_used - one.gas_used == 2 * 2_600 + 3 * words
    refused = activation(missing)
    assert (refused.status, refused.output) == (REVERTED, b"")
    assert str(refused.error) == "a fragment is missing()"


@pytest.mark.parametrize(
    ("fork", "gas", "version"),
    [("arbitrum", 1_895_218, 3), ("arbitrum-30", 1_893_858, 1)],
)
def test_every_part_of_an_activation_is_paid_for_and_told(
    fork: str, gas: int, version: int
) -> None:
    chain = Blockchain.in_memory(fork=fork)
    address = b"\x09" * 20
    chain.edits.set_code(address, pack_program(EMPTY))
    data = bytes.fromhex("58c780c2") + word(address)
    result = chain.call(ARB_WASM, data, value=ONE_ETHER)
    fee = 43_607_190_175_334
    assert (result.status, result.gas_used) == (SUCCESS, gas)
    assert result.output == word(version) + word(fee)
    (log,) = result.logs
    assert (log.address, log.topics[1]) == (ARB_WASM, keccak256(pack_program(EMPTY)))
    assert log.topics[0].hex()[:8] == "c0e81278"
    assert log.data == word(0) + word(address) + word(fee) + word(version)
    short = chain.call(ARB_WASM, data, value=fee - 1)
    assert short.output == bytes.fromhex("09781ab7") + word(fee - 1) + word(fee)
    assert chain.call(ARB_WASM, data, value=fee).status is SUCCESS
