"""The greatest balance and nonce: who is paid, who creates, and what fails there."""

import pytest
from msgspec import structs

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.message_call import (
    BalanceTooLarge,
    NonceExhausted,
)
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import (
    TransactionResult,
    apply_transaction,
)
from chain_sim.ethereum.gas_report.explanation import explain
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.primitives.contract_address import contract_address
from chain_sim.ethereum.primitives.errors import FieldTooLarge
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import Trap, TrapCode
from contractvm.hosts.evm.interface import CallStatus
from contractvm.runtime.pipeline import Pipeline
from tests.chain_sim.ethereum.execution.test_message_call import execute, host_of
from tests.helpers.calling_contracts import BLOCK
from tests.helpers.ewasm import HERA, contract
from tests.helpers.explained import TRACED_HERA

SENDER, CALLER, FULL, COINBASE = (
    Address(bytes([byte]) * 20) for byte in b"\x5e\xc0\xff\xcb"
)
MOST = 2**256 - 1
LAST_NONCE = 2**64 - 1
SHA256 = Address((2).to_bytes(20, "big"))
TX = Transaction(nonce=0, gas_price=2, gas_limit=10**6, to=FULL, value=0, data=b"")
# Memory: 0 FULL, 32 the amount 5; the contracts give their call's result as a byte.
DATA = FULL.ljust(32, b"\0") + (5).to_bytes(32, "little")
GIVE_RESULT = (
    "(i32.store8 (i32.const 200) {}) (i32.store8 (i32.const 201)"
    " (call $getReturnDataSize)) (call $finish (i32.const 200) (i32.const 2))"
)
CALL = (
    "(call $call (i64.const 1000) (i32.const 0) (i32.const 32)"
    " (i32.const 0) (i32.const 0))"
)
CREATE = "(call $create (i32.const 32) (i32.const 0) (i32.const 0) (i32.const 300))"


def state_with(balance: int) -> WorldState:
    """FULL has `balance`; the sender is rich."""
    state = WorldState(MemoryDatabase())
    state.set_balance(SENDER, 10**9)
    state.set_balance(FULL, balance)
    state.end_transaction()
    return state


def apply(
    state: WorldState,
    tx: Transaction = TX,
    *,
    block: BlockContext = BLOCK,
    engine: Pipeline = HERA,
    recording: Recording | None = None,
) -> TransactionResult:
    placed = PlacedTransaction(tx, SENDER, block)
    return apply_transaction(placed, state, engine, recording)


@pytest.mark.parametrize(("balance", "is_paid"), [(MOST - 7, True), (MOST - 6, False)])
def test_a_transaction_to_a_full_account_fails_and_keeps_its_value(
    balance: int, is_paid: bool
) -> None:
    state = state_with(balance)
    result = apply(state, structs.replace(TX, value=7))
    assert result.status is (CallStatus.SUCCESS if is_paid else CallStatus.FAILURE)
    assert result.gas_used == 21_000
    assert state.get_balance(FULL) == (MOST if is_paid else balance)
    assert state.get_balance(SENDER) == 10**9 - 42_000 - (7 if is_paid else 0)
    assert state.get_nonce(SENDER) == 1
    if not is_paid:
        assert result.error == (
            f"0x{FULL.hex()} has {balance} wei: with 7 more its balance would exceed"
            " 256 bits"
        )


@pytest.mark.parametrize(("balance", "is_paid"), [(MOST - 5, True), (MOST - 4, False)])
def test_a_call_with_value_to_a_full_account_fails_with_its_gas_back(
    balance: int, is_paid: bool
) -> None:
    """9,700 are charged; what was forwarded comes back, with the stipend."""
    state = state_with(balance)
    state.set_balance(CALLER, 5)
    state.set_code(CALLER, contract(GIVE_RESULT.format(CALL), DATA))
    result = execute(host_of(state), gas=100_000)
    assert (result.error, result.output) == (None, bytes([not is_paid, 0]))
    assert result.gas_left == 100_000 - 9_700 + 2_300 - 2
    assert state.get_balance(CALLER) == (0 if is_paid else 5)
    assert state.get_balance(FULL) == (MOST if is_paid else balance)


def test_a_call_without_value_to_a_full_account_succeeds() -> None:
    state = state_with(MOST)
    assert execute(host_of(state), recipient=FULL, code_address=FULL).succeeded


def test_a_full_account_may_pay_itself() -> None:
    state = state_with(MOST)
    result = execute(
        host_of(state), sender=FULL, recipient=FULL, code_address=FULL, value=MOST
    )
    assert result.succeeded
    assert state.get_balance(FULL) == MOST


def test_a_full_precompile_is_not_paid_and_does_not_run() -> None:
    state = state_with(0)
    state.set_balance(SHA256, MOST)
    result = execute(
        host_of(state), 1000, recipient=SHA256, code_address=SHA256, value=1
    )
    assert isinstance(result.error, BalanceTooLarge)
    assert (result.status, result.output) == (CallStatus.FAILURE, b"")
    assert result.gas_left == 1000
    assert state.get_balance(SENDER) == 10**9


def test_a_full_account_that_is_refused_is_not_touched() -> None:
    state = state_with(MOST)
    execute(host_of(state), recipient=FULL, code_address=FULL, value=1)
    assert state.touched_addresses() == []


@pytest.mark.parametrize(("balance", "is_made"), [(MOST - 5, True), (MOST - 4, False)])
def test_a_creation_at_a_full_address_fails_and_counts_in_the_nonce(
    balance: int, is_made: bool
) -> None:
    state = state_with(0)
    state.set_balance(CALLER, 5)
    state.set_nonce(CALLER, 1)
    created = contract_address(CALLER, 1)
    state.set_balance(created, balance)
    state.set_code(CALLER, contract(GIVE_RESULT.format(CREATE), DATA))
    result = execute(host_of(state), gas=100_000)
    assert (result.error, result.output) == (None, bytes([not is_made, 0]))
    assert result.gas_left == 100_000 - 32_000 - 2
    assert state.get_nonce(CALLER) == 2
    assert state.get_nonce(created) == (1 if is_made else 0)
    assert state.get_balance(created) == (MOST if is_made else balance)
    assert state.get_balance(CALLER) == (0 if is_made else 5)


def test_a_creating_transaction_at_a_full_address_fails() -> None:
    state = state_with(0)
    created = contract_address(SENDER, 0)
    state.set_balance(created, MOST)
    result = apply(state, structs.replace(TX, to=None, value=1))
    assert (result.status, result.created) == (CallStatus.FAILURE, None)
    assert result.gas_used == 53_000
    assert state.get_balance(SENDER) == 10**9 - 106_000
    assert (state.get_balance(created), state.get_nonce(created)) == (MOST, 0)


@pytest.mark.parametrize(("balance", "is_paid"), [(MOST - 5, True), (MOST - 4, False)])
def test_a_self_destruct_to_a_full_account_traps(balance: int, is_paid: bool) -> None:
    state = state_with(balance)
    state.set_balance(CALLER, 5)
    state.set_code(CALLER, contract("(call $selfDestruct (i32.const 0))", DATA))
    host = host_of(state)
    result = execute(host, gas=6000)
    assert state.get_balance(FULL) == (MOST if is_paid else balance)
    assert state.get_balance(CALLER) == (0 if is_paid else 5)
    assert host.substate.self_destructs == ([CALLER] if is_paid else [])
    if is_paid:
        assert (result.error, result.gas_left) == (None, 1000)
    else:
        assert isinstance(result.error, Trap)
        assert result.error.code is TrapCode.HOST_REFUSED
        assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)


@pytest.mark.parametrize("balance", [MOST - 42_001, MOST - 42_000, MOST - 41_999, MOST])
def test_fees_beyond_the_greatest_balance_of_the_coinbase_are_burned(
    balance: int,
) -> None:
    state = state_with(0)
    state.set_balance(COINBASE, balance)
    result = apply(state)
    assert (result.status, result.gas_used) == (CallStatus.SUCCESS, 21_000)
    assert state.get_balance(COINBASE) == min(MOST, balance + 42_000)
    assert state.get_balance(SENDER) == 10**9 - 42_000


def test_gas_returned_beyond_the_greatest_balance_of_the_sender_is_burned() -> None:
    """A contract pays the sender what it had just paid for gas, but 10 wei."""
    to_sender = SENDER.ljust(32, b"\0") + (2 * 10**6 - 10).to_bytes(32, "little")
    state = state_with(0)
    state.set_balance(SENDER, MOST)
    state.set_balance(CALLER, 2 * 10**6)
    state.set_code(CALLER, contract(GIVE_RESULT.format(CALL), to_sender))
    result = apply(state, structs.replace(TX, to=CALLER))
    assert (result.output, result.gas_used) == (b"\0\0", 21_000 + 7_402)
    assert state.get_balance(SENDER) == MOST
    assert state.get_balance(COINBASE) == 2 * 28_402


def test_a_transaction_of_the_coinbase_itself_adds_up() -> None:
    state = state_with(0)
    block = structs.replace(BLOCK, coinbase=SENDER)
    state.set_balance(SENDER, MOST)
    assert apply(state, block=block).gas_used == 21_000
    assert state.get_balance(SENDER) == MOST


@pytest.mark.parametrize(("nonce", "is_made"), [(2**64 - 2, True), (LAST_NONCE, False)])
def test_a_contract_with_the_greatest_nonce_creates_nothing(
    nonce: int, is_made: bool
) -> None:
    """EIP-2681: the creation fails, its gas comes back, and the nonce stays."""
    state = state_with(0)
    state.set_balance(CALLER, 5)
    state.set_nonce(CALLER, nonce)
    state.set_code(CALLER, contract(GIVE_RESULT.format(CREATE), DATA))
    result = execute(host_of(state), gas=100_000)
    assert (result.error, result.output) == (None, bytes([not is_made, 0]))
    assert result.gas_left == 100_000 - 32_000 - 2
    assert state.get_nonce(CALLER) == LAST_NONCE
    assert state.get_balance(CALLER) == (0 if is_made else 5)
    assert state.account_exists(contract_address(CALLER, nonce)) is is_made


def test_a_refused_frame_says_why() -> None:
    assert str(NonceExhausted(CALLER)) == (
        f"0x{CALLER.hex()} has the greatest nonce, {LAST_NONCE}"
    )


def test_the_last_nonce_of_a_transaction_is_one_less_than_that_of_an_account() -> None:
    state = state_with(0)
    state.set_nonce(SENDER, 2**64 - 2)
    assert apply(state, structs.replace(TX, nonce=2**64 - 2)).succeeded
    assert state.get_nonce(SENDER) == LAST_NONCE
    with pytest.raises(FieldTooLarge) as caught:
        apply(state, structs.replace(TX, nonce=LAST_NONCE))
    assert (caught.value.field, caught.value.actual) == ("nonce", LAST_NONCE)
    assert state.get_nonce(SENDER) == LAST_NONCE


@pytest.mark.parametrize("call", [CALL, CREATE])
def test_a_gas_report_of_a_refused_frame_adds_up(call: str) -> None:
    state = state_with(MOST)
    state.set_balance(CALLER, 5)
    state.set_nonce(CALLER, LAST_NONCE)
    state.set_code(CALLER, contract(GIVE_RESULT.format(call), DATA))
    recording = Recording(TRACED_HERA.schedule)
    tx = structs.replace(TX, to=CALLER)
    result = apply(state, tx, engine=TRACED_HERA, recording=recording)
    report = explain(recording)
    assert report.gas_used == result.gas_used
    assert report.remainder == 0
    (refused,) = report.call.calls
    assert refused.used_units == 0
