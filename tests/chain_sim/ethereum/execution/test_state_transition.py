"""Settlement of transactions: fees, refunds, deletions, and refusals."""

import pytest
from msgspec import structs

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import (
    TransactionResult,
    apply_transaction,
)
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    InsufficientBalance,
    IntrinsicGasTooLow,
    InvalidTransaction,
    NonceTooHigh,
    NonceTooLow,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.evm.interface import CallStatus
from contractvm.runtime.pipeline import Pipeline
from tests.helpers.ewasm import HERA, METERED, contract

SENDER, TARGET, HEIR, COINBASE = (
    Address(bytes([byte]) * 20) for byte in b"\x5e\x7a\x4e\xcb"
)
BLOCK = BlockContext(
    coinbase=COINBASE,
    number=1,
    timestamp=1,
    difficulty=0,
    gas_limit=10**7,
    block_hash=lambda _: None,
    fork=BYZANTIUM,
)
TX = Transaction(nonce=3, gas_price=2, gas_limit=100_000, to=TARGET, value=0, data=b"")
BALANCE = 10**9
SLOT_SET = bytes(31) + b"\x01"
# Memory: 0 zeros (key and value 0), 32 the heir.
DATA = bytes(32) + HEIR
CLEAR = "(call $storageStore (i32.const 0) (i32.const 0))"


def prepared(code: bytes = b"") -> WorldState:
    state = WorldState(MemoryDatabase())
    state.set_balance(SENDER, BALANCE)
    state.set_nonce(SENDER, 3)
    state.set_code(TARGET, code)
    state.set_storage(TARGET, bytes(32), SLOT_SET)
    state.end_transaction()
    return state


def apply(
    state: WorldState, tx: Transaction = TX, engine: Pipeline = HERA
) -> TransactionResult:
    return apply_transaction(PlacedTransaction(tx, SENDER, BLOCK), state, engine)


def test_sender_pays_for_what_was_used_and_the_coinbase_gets_it() -> None:
    state = prepared(contract("(call $useGas (i64.const 1000))"))
    result = apply(state)
    assert (result.status, result.gas_used) == (CallStatus.SUCCESS, 22_000)
    assert state.get_balance(SENDER) == BALANCE - 44_000
    assert state.get_balance(COINBASE) == 44_000
    assert state.get_nonce(SENDER) == 4


def test_a_failure_costs_the_whole_gas_limit_and_returns_the_value() -> None:
    state = prepared(contract("unreachable"))
    result = apply(state, structs.replace(TX, value=50))
    assert (result.status, result.gas_used) == (CallStatus.FAILURE, 100_000)
    assert result.error == "unreachable"
    assert state.get_balance(SENDER) == BALANCE - 200_000
    assert (state.get_balance(TARGET), state.get_nonce(SENDER)) == (0, 4)


def test_a_revert_keeps_the_unused_gas_and_gives_its_data() -> None:
    state = prepared(contract("(call $revert (i32.const 32) (i32.const 20))", DATA))
    result = apply(state, structs.replace(TX, value=50))
    assert (result.status, result.gas_used) == (CallStatus.REVERTED, 21_000)
    assert result.output == HEIR
    assert state.get_balance(SENDER) == BALANCE - 42_000


@pytest.mark.parametrize(
    ("burnt", "gas_used"),
    [
        # 15,000 back, but at most half: 26,000 are used, 13,000 stay.
        (0, 13_000),
        (3_999, 15_000),
        (4_000, 15_000),
        (4_001, 15_001),
    ],
)
def test_clearing_a_slot_earns_a_refund_of_at_most_half(
    burnt: int, gas_used: int
) -> None:
    state = prepared(contract(f"(call $useGas (i64.const {burnt})){CLEAR}", DATA))
    assert apply(state).gas_used == gas_used
    assert state.get_storage(TARGET, bytes(32)) == bytes(32)


def test_a_refund_that_was_undone_is_not_paid() -> None:
    state = prepared(
        contract(CLEAR + "(call $revert (i32.const 0) (i32.const 0))", DATA)
    )
    assert apply(state).gas_used == 26_000


def test_a_destroyed_account_is_gone_with_its_storage() -> None:
    state = prepared(contract("(call $selfDestruct (i32.const 32))", DATA))
    state.set_balance(HEIR, 1)
    result = apply(state, structs.replace(TX, value=9))
    # 26,000 used, refund 24,000 capped at half.
    assert (result.error, result.gas_used) == (None, 13_000)
    assert state.get_balance(HEIR) == 10
    assert not state.account_exists(TARGET)
    assert state.get_storage(TARGET, bytes(32)) == bytes(32)


def test_touched_empty_accounts_are_removed_and_others_stay() -> None:
    state = prepared()
    state.set_balance(HEIR, 0)
    state.set_nonce(HEIR, 0)
    apply(state, structs.replace(TX, to=HEIR))
    assert not state.account_exists(HEIR)
    apply(state, structs.replace(TX, to=HEIR, nonce=4, value=1))
    assert state.account_exists(HEIR)


def test_a_coinbase_without_a_fee_is_not_created() -> None:
    state = prepared()
    apply(state, structs.replace(TX, gas_price=0))
    assert not state.account_exists(COINBASE)


@pytest.mark.parametrize(
    ("fields", "error", "facts"),
    [
        ({"gas_limit": 20_999}, IntrinsicGasTooLow, (21_000, 20_999)),
        ({"gas_limit": 10**7 + 1}, BlockGasLimitExceeded, (10**7 + 1, 10**7)),
        ({"nonce": 2}, NonceTooLow, (3, 2)),
        ({"nonce": 4}, NonceTooHigh, (3, 4)),
        (
            {"value": BALANCE - 200_000 + 1},
            InsufficientBalance,
            (BALANCE + 1, BALANCE),
        ),
    ],
)
def test_what_bars_a_transaction_is_named_and_changes_nothing(
    fields: dict[str, int], error: type[InvalidTransaction], facts: tuple[int, int]
) -> None:
    state = prepared()
    root = state.compute_root()
    with pytest.raises(error) as caught:
        apply(state, structs.replace(TX, **fields))  # type: ignore[arg-type]
    assert tuple(vars(caught.value).values()) == facts
    assert state.compute_root() == root


@pytest.mark.parametrize(
    "fields",
    [{"gas_limit": 21_000}, {"gas_limit": 10**7}, {"value": BALANCE - 200_000}],
)
def test_what_just_fits_is_applied(fields: dict[str, int]) -> None:
    assert apply(prepared(), structs.replace(TX, **fields)).error is None  # type: ignore[arg-type]


def test_units_are_rounded_up_to_gas_once_per_transaction() -> None:
    """One page, ten times 45 + 135 units, is 14,336.18 gas: 14,337 are paid."""
    body = "(drop (i32.eqz (i32.const 0)))" * 10
    result = apply(prepared(contract(body)), engine=METERED)
    assert result.gas_used == 21_000 + 14_337


def test_a_creation_pays_32000_and_names_the_contract() -> None:
    state = prepared()
    result = apply(state, structs.replace(TX, to=None))
    assert (result.gas_used, result.error) == (53_000, None)
    assert result.created is not None
    assert state.get_nonce(result.created) == 1


def test_logs_of_a_transaction_that_fails_are_dropped() -> None:
    log = f"(call $log (i32.const 0) (i32.const 1) {'(i32.const 0) ' * 5})"
    assert len(apply(prepared(contract(log))).logs) == 1
    assert apply(prepared(contract(log + "unreachable"))).logs == ()
