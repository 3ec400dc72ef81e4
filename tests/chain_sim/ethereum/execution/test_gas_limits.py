"""Gas limits at both ends of 64 bits: the right gas or a clear error, nothing wraps."""

from dataclasses import replace

import pytest

from chain_sim.ethereum.blocks.genesis import MAX_BLOCK_GAS
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    ChainError,
    FieldTooLarge,
    GasCostTooLarge,
    GasLimitTooLarge,
    InsufficientBalance,
    IntrinsicGasTooLow,
)
from tests.helpers.ewasm import contract

GAS_LEFT = contract(
    "(i64.store (i32.const 0) (call $getGasLeft))"
    "(call $finish (i32.const 0) (i32.const 8))"
)
METERED_MOST = (2**63 - 1) // 10_000


def chain_with(schedule: str, block_gas: int = MAX_BLOCK_GAS) -> Blockchain:
    genesis = default_genesis(schedule)
    return Blockchain.in_memory(replace(genesis, gas_limit=block_gas))


@pytest.mark.parametrize(
    ("gas_limit", "error"),
    [
        (-(2**64), IntrinsicGasTooLow),
        (-1, IntrinsicGasTooLow),
        (0, IntrinsicGasTooLow),
        (1, IntrinsicGasTooLow),
        (30_000_001, BlockGasLimitExceeded),
        (METERED_MOST, BlockGasLimitExceeded),
        (METERED_MOST + 1, GasLimitTooLarge),
        (2**63 - 1, GasLimitTooLarge),
        (2**63, GasLimitTooLarge),
        (2**64, GasLimitTooLarge),
        (2**256, GasLimitTooLarge),
    ],
)
def test_a_call_says_what_is_wrong_with_its_gas_limit(
    gas_limit: int, error: type[ChainError]
) -> None:
    with pytest.raises(error):
        Blockchain.in_memory().call(None, GAS_LEFT, gas_limit=gas_limit)


@pytest.mark.parametrize("gas_limit", [-1, 0, 1, 30_000_001, 2**63, 2**64, 2**256])
@pytest.mark.parametrize("verb", ["deploy", "send"])
def test_what_is_sent_with_such_a_limit_is_refused_and_changes_nothing(
    verb: str, gas_limit: int
) -> None:
    chain = Blockchain.in_memory()
    sender = chain.accounts[0].address
    before = chain.balance(sender), chain.head.hash
    arguments = (GAS_LEFT,) if verb == "deploy" else (sender,)
    with pytest.raises(ChainError):
        getattr(chain, verb)(*arguments, gas_limit=gas_limit)
    assert (chain.balance(sender), chain.head.hash) == before


@pytest.mark.parametrize(
    ("schedule", "most"), [("ewasm-metered", METERED_MOST), ("ewasm-hera", 2**63 - 1)]
)
def test_the_greatest_gas_limit_is_counted_to_the_unit(
    schedule: str, most: int
) -> None:
    chain = chain_with(schedule)
    small = chain.call(None, GAS_LEFT, gas_limit=1_000_000)
    result = chain.call(None, GAS_LEFT, gas_limit=most)
    assert (small.succeeded, result.succeeded) == (True, True)
    assert result.gas_used == small.gas_used
    more = (most - 1_000_000) * chain.engine.schedule.units_per_gas
    assert result.units_left - small.units_left == more
    with pytest.raises(GasLimitTooLarge) as caught:
        chain.call(None, GAS_LEFT, gas_limit=most + 1)
    assert (caught.value.gas_limit, caught.value.most) == (most + 1, most)


def test_the_greatest_transaction_pays_for_what_it_used_only() -> None:
    chain = chain_with("ewasm-hera")
    sender = chain.accounts[0].address
    with pytest.raises(InsufficientBalance):
        chain.send(sender, gas_limit=2**63 - 1)
    assert chain.send(sender, gas_limit=10**12).gas_used == 21_000


@pytest.mark.parametrize("gas_limit", [2**64, 2**64 + 21_000])
def test_a_gas_limit_of_more_than_64_bits_is_no_transaction(gas_limit: int) -> None:
    with pytest.raises((FieldTooLarge, GasCostTooLarge)):
        chain_with("ewasm-hera").send(
            Blockchain.in_memory().accounts[0].address, gas_limit=gas_limit
        )
