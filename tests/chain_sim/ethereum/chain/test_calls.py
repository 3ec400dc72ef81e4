"""Calls at any block: context, overrides, failures, estimates, access lists."""

import pytest

from chain_sim import Blockchain, default_genesis
from chain_sim.ethereum.chain.call_request import (
    LATEST,
    PENDING,
    BlockOverrides,
    CallFailed,
    CallFailure,
    CallPlace,
    CallRequest,
    GasAllowanceTooLow,
)
from chain_sim.ethereum.primitives.errors import (
    AccessListNotPriced,
    EditOutOfRange,
    InsufficientBalance,
    IntrinsicGasTooLow,
    PriorityFeeTooHigh,
    UnknownBlock,
    UnsupportedTransactionType,
)
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.state.edits import AccountEdit
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import MalformedModule
from contractvm.hosts.ewasm.host_interface import INTERFACE
from tests.chain_sim.ethereum.pool.test_transaction_pool import transfer
from tests.helpers.wat import wat_to_wasm

GWEI = 10**9
TO = Address(bytes(19) + b"\x77")
OTHER = Address(bytes(19) + b"\x78")
NOBODY = Address(bytes(19) + b"\x79")
COINBASE = Address(bytes(19) + b"\xcc")
SLOT = bytes(31) + b"\x05"
IMPORTS = """
  (import "ethereum" "getBlockNumber" (func $number (result i64)))
  (import "ethereum" "getBlockTimestamp" (func $time (result i64)))
  (import "ethereum" "getBlockGasLimit" (func $limit (result i64)))
  (import "ethereum" "getBlockCoinbase" (func $coinbase (param i32)))
  (import "ethereum" "getTxGasPrice" (func $price (param i32)))
  (import "ethereum" "getBlockHash" (func $hash (param i64 i32) (result i32)))
  (import "ethereum" "storageLoad" (func $load (param i32 i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "getExternalBalance" (func $balance (param i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (import "ethereum" "revert" (func $revert (param i32 i32)))
  (import "ethereum" "call"
    (func $call (param i64 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
"""


def contract(body: str, data: str = "") -> bytes:
    return wat_to_wasm(f'(module {IMPORTS} {data} (func (export "main") {body}))')


def escaped(data: bytes) -> str:
    return "".join(f"\\{byte:02x}" for byte in data)


TELL = contract(
    """
    (i64.store (i32.const 0) (call $number))
    (i64.store (i32.const 8) (call $time))
    (i64.store (i32.const 16) (call $limit))
    (call $coinbase (i32.const 24))
    (call $price (i32.const 48))
    (call $finish (i32.const 0) (i32.const 64))"""
)
HASHES = contract(
    """
    (drop (call $hash (i64.sub (call $number) (i64.const 1)) (i32.const 0)))
    (call $finish (i32.const 0) (i32.const 32))"""
)
REVERT = contract(
    "(call $revert (i32.const 0) (i32.const 3))", '(data (i32.const 0) "no!")'
)
TRAP = contract("unreachable")
LOOP = contract("(loop (br 0))")
COUNT = contract(
    """
    (call $load (i32.const 0) (i32.const 32))
    (i32.store8 (i32.const 63)
      (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
    (call $store (i32.const 0) (i32.const 32))
    (call $finish (i32.const 32) (i32.const 32))""",
    '(data (i32.const 31) "\\05")',
)
CLEAR = contract(
    "(call $store (i32.const 0) (i32.const 32))", '(data (i32.const 31) "\\05")'
)
# Calls COUNT at OTHER and looks at NOBODY's balance; reverts if the call fails.
OUTER = contract(
    """
    (call $balance (i32.const 32) (i32.const 64))
    (if (call $call (i64.const 1000000000) (i32.const 0) (i32.const 96)
          (i32.const 0) (i32.const 0))
      (then (call $revert (i32.const 0) (i32.const 0))))""",
    f'(data (i32.const 0) "{escaped(OTHER)}")(data (i32.const 32) "{escaped(NOBODY)}")',
)


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory(fees="eip1559")


def put(chain: Blockchain, address: Address, code: bytes) -> None:
    chain.edits.set_code(address, code)


def told(output: bytes) -> tuple[int, int, int, bytes, int]:
    """Number, time, gas limit, coinbase and gas price."""
    numbers = [int.from_bytes(output[at : at + 8], "little") for at in (0, 8, 16)]
    price = int.from_bytes(output[48:64], "little")
    return numbers[0], numbers[1], numbers[2], output[24:44], price


def test_a_call_runs_in_the_context_of_the_block_after_which_it_runs(
    chain: Blockchain,
) -> None:
    put(chain, TO, TELL)
    chain.next_block.set_coinbase(COINBASE)
    chain.mine()
    chain.next_block.set_gas_limit(1_000_000)
    chain.mine()
    chain.next_block.set_gas_limit(2_000_000)
    start = chain.genesis.timestamp
    request = CallRequest(to=TO)
    rows = {
        place: told(chain.calls.call(request, place).output)
        for place in (LATEST, CallPlace(at=2), CallPlace(at=1), PENDING)
    }
    assert list(rows.values()) == [
        (2, start + 2, 1_000_000, COINBASE, 0),
        (2, start + 2, 1_000_000, COINBASE, 0),
        (1, start + 1, 30_000_000, COINBASE, 0),
        (3, start + 3, 2_000_000, COINBASE, 0),
    ]
    assert chain.calls.call(request, CallPlace(at=0)).output == b""
    with pytest.raises(UnknownBlock):
        chain.calls.call(request, CallPlace(at=3))


def test_open_edits_are_at_the_head_and_not_at_its_number(chain: Blockchain) -> None:
    put(chain, TO, TELL)
    request = CallRequest(to=TO)
    assert told(chain.calls.call(request).output)[0] == 0
    assert chain.calls.call(request, CallPlace(at=0)).output == b""
    assert told(chain.calls.call(request, PENDING).output)[0] == 1


def test_a_pending_call_comes_after_the_pool(chain: Blockchain) -> None:
    put(chain, TO, COUNT)
    request = CallRequest(to=TO)
    assert chain.calls.call(request, PENDING).output[-1] == 1
    chain.pool.add(transfer(chain, to=TO, value=0, gas_limit=200_000))
    assert chain.calls.call(request, PENDING).output[-1] == 2
    assert chain.calls.call(request).output[-1] == 1
    assert len(chain.pool) == 1


def test_a_call_hashes_the_blocks_before_its_own(chain: Blockchain) -> None:
    put(chain, TO, HASHES)
    chain.mine_blocks(3)
    request = CallRequest(to=TO)
    assert chain.calls.call(request).output == chain.block(2).hash
    assert chain.calls.call(request, CallPlace(at=1)).output == chain.block(0).hash
    assert chain.calls.call(request, PENDING).output == chain.block(3).hash
    mark = chain.snapshot()
    chain.mine_blocks(5)
    chain.revert(mark)
    later = CallPlace(overrides=BlockOverrides(number=6))
    assert chain.calls.call(request, later).output == bytes(32)
    same = CallPlace(overrides=BlockOverrides(number=3))
    assert chain.calls.call(request, same).output == chain.block(2).hash


def test_overrides_change_block_and_state_for_the_call_alone(
    chain: Blockchain,
) -> None:
    place = CallPlace(
        edits=(
            AccountEdit(TO, code=TELL, balance=5, nonce=9),
            AccountEdit(OTHER, slots=((SLOT, bytes(31) + b"\x09"),)),
        ),
        overrides=BlockOverrides(
            number=77,
            timestamp=88,
            gas_limit=999_999,
            coinbase=COINBASE,
            base_fee=7,
            difficulty=1,
        ),
    )
    request = CallRequest(to=TO, max_fee_per_gas=10, max_priority_fee_per_gas=2)
    with pytest.raises(InsufficientBalance):
        chain.calls.call(request, place)
    rich = CallRequest(
        to=TO,
        sender=chain.accounts[0].address,
        max_fee_per_gas=10,
        max_priority_fee_per_gas=2,
    )
    outcome = chain.calls.call(rich, place)
    assert told(outcome.output) == (77, 88, 999_999, COINBASE, 9)
    assert outcome.gas_limit == 999_999
    state = chain.calls.place(rich, place).open_state
    assert state(WorldState).get_storage(OTHER, SLOT)[-1] == 9
    assert (chain.code(TO), chain.edits.open) == (b"", ())


def test_a_state_override_may_replace_the_whole_storage(chain: Blockchain) -> None:
    put(chain, TO, COUNT)
    chain.edits.set_storage(TO, 5, Hash32(bytes(31) + b"\x10"))
    request = CallRequest(to=TO)
    assert chain.calls.call(request).output[-1] == 0x11
    emptied = CallPlace(edits=(AccountEdit(TO, clears_storage=True),))
    assert chain.calls.call(request, emptied).output[-1] == 1
    changed = CallPlace(edits=(AccountEdit(TO, slots=((SLOT, bytes(31) + b"\x20"),)),))
    assert chain.calls.call(request, changed).output[-1] == 0x21


@pytest.mark.parametrize(
    ("name", "maximum"),
    [
        ("number", 2**64 - 1),
        ("timestamp", 2**64 - 1),
        ("gas_limit", 2**63 - 1),
        ("base_fee", 2**256 - 1),
        ("difficulty", 2**256 - 1),
    ],
)
def test_overrides_are_numbers_that_a_block_can_have(
    chain: Blockchain, name: str, maximum: int
) -> None:
    put(chain, TO, TELL)
    for value in (maximum + 1, -1):
        place = CallPlace(overrides=BlockOverrides(**{name: value}))
        with pytest.raises(EditOutOfRange):
            chain.calls.call(CallRequest(to=TO), place)
    place = CallPlace(overrides=BlockOverrides(**{name: maximum}), gas_cap=1_000_000)
    assert chain.calls.call(CallRequest(to=TO), place).failure is None


def test_edits_of_a_call_are_checked(chain: Blockchain) -> None:
    bad = CallPlace(edits=(AccountEdit(TO, code=b"\x00asm"),))
    with pytest.raises(MalformedModule):
        chain.calls.call(CallRequest(to=TO), bad)
    with pytest.raises(EditOutOfRange):
        chain.calls.call(
            CallRequest(to=TO), CallPlace(edits=(AccountEdit(TO, balance=2**256),))
        )


def test_an_outcome_says_how_the_call_failed(chain: Blockchain) -> None:
    codes = {REVERT: TO, TRAP: OTHER, LOOP: NOBODY}
    for code, address in codes.items():
        put(chain, address, code)
    put(chain, COINBASE, b"\x60\x00")
    outcomes = [
        chain.calls.call(CallRequest(to=to, gas_limit=100_000))
        for to in (TO, OTHER, NOBODY, COINBASE, Address(bytes(19) + b"\x50"))
    ]
    assert [outcome.failure for outcome in outcomes] == [
        CallFailure.REVERTED,
        CallFailure.TRAPPED,
        CallFailure.OUT_OF_GAS,
        CallFailure.REFUSED,
        None,
    ]
    assert [outcome.output for outcome in outcomes] == [b"no!", b"", b"", b"", b""]
    assert [outcome.error is None for outcome in outcomes] == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert "unreachable" in str(outcomes[1].error)


def test_the_result_of_a_creation_is_the_code(chain: Blockchain) -> None:
    made = INTERFACE.init_code
    assert made is not None
    outcome = chain.calls.call(CallRequest(data=made(TELL)))
    assert outcome.output == TELL
    assert outcome.result.created is not None
    assert chain.calls.call(CallRequest(data=b"\x00")).failure is CallFailure.REFUSED


def test_more_gas_than_there_is_is_cut(chain: Blockchain) -> None:
    request = CallRequest(to=TO, gas_limit=2**70)
    assert chain.calls.call(request).gas_limit == 30_000_000
    assert chain.calls.call(request, CallPlace(gas_cap=50_000)).gas_limit == 50_000
    assert chain.calls.call(CallRequest(to=TO, gas_limit=21_000)).gas_needed == 21_000
    with pytest.raises(IntrinsicGasTooLow):
        chain.calls.call(CallRequest(to=TO, gas_limit=20_999))


def test_a_call_needs_the_ether_that_it_names(chain: Blockchain) -> None:
    chain.edits.set_balance(OTHER, 21_000 * 3 + 5)
    fine = CallRequest(
        to=TO, sender=OTHER, value=5, max_fee_per_gas=3, gas_limit=21_000
    )
    assert chain.calls.call(fine).failure is None
    for value, price in ((6, 3), (5, 4), (21_000 * 3 + 6, 0)):
        with pytest.raises(InsufficientBalance):
            chain.calls.call(
                CallRequest(
                    to=TO,
                    sender=OTHER,
                    value=value,
                    max_fee_per_gas=price,
                    gas_limit=21_000,
                )
            )
    with pytest.raises(PriorityFeeTooHigh):
        chain.calls.call(
            CallRequest(to=TO, max_fee_per_gas=1, max_priority_fee_per_gas=2)
        )


def test_a_chain_without_a_fee_market_takes_calls_with_a_gas_price() -> None:
    chain = Blockchain.in_memory()
    put(chain, TO, TELL)
    sender = chain.accounts[0].address
    request = CallRequest(to=TO, sender=sender, max_fee_per_gas=3)
    assert told(chain.calls.call(request).output)[4] == 3
    with pytest.raises(UnsupportedTransactionType):
        chain.calls.call(
            CallRequest(
                to=TO, sender=sender, max_fee_per_gas=3, max_priority_fee_per_gas=1
            )
        )


def succeeds_with(chain: Blockchain, request: CallRequest, gas_limit: int) -> bool:
    limited = CallRequest(to=request.to, sender=request.sender, gas_limit=gas_limit)
    try:
        return chain.calls.call(limited).failure is None
    except IntrinsicGasTooLow:
        return False


@pytest.mark.parametrize("code", [COUNT, CLEAR, OUTER, TELL], ids=range(4))
def test_an_estimate_is_exact(chain: Blockchain, code: bytes) -> None:
    put(chain, TO, code)
    put(chain, OTHER, COUNT)
    chain.edits.set_storage(TO, 5, Hash32(bytes(31) + b"\x10"))
    request = CallRequest(to=TO)
    estimate = chain.calls.estimate(request)
    assert succeeds_with(chain, request, estimate)
    assert not succeeds_with(chain, request, estimate - 1)
    outcome = chain.calls.call(request)
    if code is CLEAR:
        assert estimate == outcome.gas_needed > outcome.result.gas_used
    elif code is OUTER:
        assert estimate > outcome.gas_needed
    else:
        assert estimate == outcome.gas_needed == outcome.result.gas_used
    receipt = chain.send(TO, gas_limit=estimate)
    assert receipt.succeeded


def test_a_plain_transfer_is_estimated_at_21000(chain: Blockchain) -> None:
    sender = chain.accounts[0].address
    assert (
        chain.calls.estimate(CallRequest(to=NOBODY, sender=sender, value=1)) == 21_000
    )
    with pytest.raises(InsufficientBalance):
        chain.calls.estimate(CallRequest(to=NOBODY, sender=OTHER, value=1))


def test_an_estimate_that_fails_says_how(chain: Blockchain) -> None:
    for address, code in ((TO, REVERT), (OTHER, TRAP), (NOBODY, LOOP)):
        put(chain, address, code)
    for address, failure in ((TO, CallFailure.REVERTED), (OTHER, CallFailure.TRAPPED)):
        with pytest.raises(CallFailed) as failed:
            chain.calls.estimate(CallRequest(to=address))
        assert failed.value.outcome.failure is failure
    for request, allowance in (
        (CallRequest(to=NOBODY, gas_limit=40_000), 40_000),
        (CallRequest(to=TO, gas_limit=20_999), 20_999),
    ):
        with pytest.raises(GasAllowanceTooLow) as low:
            chain.calls.estimate(request)
        assert low.value.allowance == allowance
        assert str(low.value) == f"gas required exceeds allowance: {allowance}"


@pytest.mark.parametrize(("spare", "is_enough"), [(0, True), (-1, False)])
def test_the_allowance_is_what_the_sender_can_pay(
    chain: Blockchain, spare: int, is_enough: bool
) -> None:
    chain.edits.set_balance(OTHER, 21_000 * 7 + 5 + spare)
    request = CallRequest(to=NOBODY, sender=OTHER, value=5, max_fee_per_gas=7)
    if is_enough:
        assert chain.calls.estimate(request) == 21_000
        return
    with pytest.raises(GasAllowanceTooLow) as low:
        chain.calls.estimate(request)
    assert low.value.allowance == 20_999


def test_a_sender_without_the_value_is_told_so(chain: Blockchain) -> None:
    request = CallRequest(to=NOBODY, sender=OTHER, value=5, max_fee_per_gas=7)
    with pytest.raises(InsufficientBalance):
        chain.calls.estimate(request)


def test_an_access_list_has_what_the_call_uses(chain: Blockchain) -> None:
    put(chain, TO, OUTER)
    put(chain, OTHER, COUNT)
    sender = chain.accounts[0].address
    created = chain.calls.access_list(CallRequest(to=TO, sender=sender))
    assert created.entries == ((OTHER, (SLOT,)), (NOBODY, ()))
    plain = chain.calls.call(CallRequest(to=TO, sender=sender))
    assert created.outcome.result.gas_used == (
        plain.result.gas_used + 2 * 2_400 + 1_900
    )


def test_the_recipient_is_listed_only_with_a_slot(chain: Blockchain) -> None:
    put(chain, TO, COUNT)
    put(chain, OTHER, TELL)
    assert chain.calls.access_list(CallRequest(to=TO)).entries == ((TO, (SLOT,)),)
    assert chain.calls.access_list(CallRequest(to=OTHER)).entries == ()
    identity = Address(bytes(19) + b"\x04")
    assert chain.calls.access_list(CallRequest(to=identity)).entries == ()
    assert chain.calls.access_list(CallRequest(data=b"")).entries == ()
    edited = CallPlace(edits=(AccountEdit(NOBODY, balance=1),))
    assert chain.calls.access_list(CallRequest(to=OTHER), edited).entries == ()


def test_a_reverting_call_has_a_list_too(chain: Blockchain) -> None:
    put(chain, TO, REVERT)
    created = chain.calls.access_list(CallRequest(to=TO))
    assert created.outcome.failure is CallFailure.REVERTED
    assert created.outcome.output == b"no!"


def test_lists_need_a_schedule_with_their_prices() -> None:
    chain = Blockchain.in_memory(default_genesis("contractvm-2", fees="eip1559"))
    put(chain, TO, COUNT)
    with pytest.raises(AccessListNotPriced):
        chain.calls.access_list(CallRequest(to=TO))


def test_calls_of_two_engines_are_compared() -> None:
    chain = Blockchain.in_memory(fees="eip1559", cross_check=True)
    put(chain, TO, COUNT)
    assert chain.calls.call(CallRequest(to=TO)).output[-1] == 1
    assert chain.calls.estimate(CallRequest(to=TO)) > 21_000
