"""Executors: one engine or two, and the confirmation of a recorded run."""

import pytest
from msgspec import structs

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.engine_choice import choose_engine
from chain_sim.ethereum.execution.executor import (
    CrossCheckedExecutor,
    EngineChoice,
    Executor,
)
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import InternalError
from contractvm.hosts.ewasm.host_interface import INTERFACE

STRANGER = Address(b"\x99" * 20)


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory()


@pytest.fixture
def call(chain: Blockchain) -> RepeatableTransaction:
    return chain.reader.place_call(
        STRANGER, b"", sender=None, value=5, gas_limit=50_000, at=None
    )


def engines(chain: Blockchain, *, cross_check: bool) -> EngineChoice:
    schedule = chain.engine.schedule
    return choose_engine("interpreter", schedule, INTERFACE, cross_check=cross_check)


@pytest.mark.parametrize("cross_check", [False, True])
def test_transactions_follow_each_other_on_the_executors_state(
    chain: Blockchain, call: RepeatableTransaction, cross_check: bool
) -> None:
    executor = engines(chain, cross_check=cross_check).executor(call.open_state)
    assert type(executor) is (CrossCheckedExecutor if cross_check else Executor)
    second = structs.replace(call, tx=structs.replace(call.tx, nonce=1))
    for transaction in (call, second):
        assert executor.apply(transaction).gas_used == 21_000
    assert executor.state.get_balance(STRANGER) == 10
    assert executor.ran.gas_used == 21_000
    assert call.open_state(WorldState).get_balance(STRANGER) == 0


@pytest.mark.parametrize("cross_check", [False, True])
def test_a_recorded_run_is_confirmed_or_names_what_differs(
    chain: Blockchain, call: RepeatableTransaction, cross_check: bool
) -> None:
    choice = engines(chain, cross_check=cross_check)
    result = Executor(chain.engine, call.open_state(WorldState)).apply(call)
    choice.executor(call.open_state).confirm(call, result)
    other = structs.replace(result, units_left=result.units_left + 1)
    with pytest.raises(InternalError, match="a recorded run differs in units left"):
        choice.executor(call.open_state).confirm(call, other)


def test_another_gas_limit_is_another_transaction_at_the_same_place(
    call: RepeatableTransaction,
) -> None:
    other = call.with_gas_limit(21_000)
    assert other.tx == structs.replace(call.tx, gas_limit=21_000)
    assert (other.sender, other.context, other.gas_before) == (
        call.sender,
        call.context,
        0,
    )
    assert other.open_state is call.open_state


def test_gas_available_is_what_earlier_transactions_leave(
    chain: Blockchain, call: RepeatableTransaction
) -> None:
    limit = chain.head.header.gas_limit
    assert call.gas_available == limit
    assert structs.replace(call, gas_before=21_000).gas_available == limit - 21_000
