"""Blocks built transaction by transaction equal those of the chain."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.block_building import (
    BlockBuilder,
    base_fee_after,
    context_after,
)
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.primitives.errors import BlockGasLimitExceeded
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from contractvm.errors import InternalError

STRANGER = Address(b"\x99" * 20)


def transfers(chain: Blockchain, gas_limits: Sequence[int]) -> list[Transaction]:
    return [
        sign_transaction(
            Transaction(nonce, 1, gas_limit, STRANGER, 1, b""),
            chain.accounts[0].private_key,
            chain.genesis.chain_id,
        )
        for nonce, gas_limit in enumerate(gas_limits)
    ]


def builder_on(chain: Blockchain) -> BlockBuilder:
    parent = chain.head.header
    context = context_after(parent, chain.reader.block_hash, chain.fork)
    return BlockBuilder(Executor(chain.engine, chain.state_at()), parent, context)


def test_a_sealed_block_is_the_one_that_the_chain_mines() -> None:
    chain = Blockchain.in_memory()
    transactions = transfers(chain, [21_000, 30_000])
    builder, sender = builder_on(chain), chain.accounts[0].address
    for tx in transactions:
        assert builder.append(tx, sender).gas_used == 21_000
    built = builder.seal()
    assert built.senders == (sender, sender)
    assert [receipt.cumulative_gas_used for receipt in built.receipts] == [
        21_000,
        42_000,
    ]
    assert chain.mine(transactions) == built.block
    assert chain.reader.receipts(built.block) == built.transaction_receipts()


def test_a_builder_without_transactions_makes_an_empty_block() -> None:
    chain = Blockchain.in_memory()
    assert builder_on(chain).seal().block == chain.mine()


@pytest.mark.parametrize("excess", [0, 1])
def test_a_transaction_has_what_the_earlier_ones_leave(excess: int) -> None:
    chain = Blockchain.in_memory()
    left = chain.head.header.gas_limit - 21_000
    first, second = transfers(chain, [21_000, left + excess])
    builder, sender = builder_on(chain), chain.accounts[0].address
    builder.append(first, sender)
    if not excess:
        assert builder.append(second, sender).succeeded
        return
    with pytest.raises(BlockGasLimitExceeded) as refused:
        builder.append(second, sender)
    assert (refused.value.required, refused.value.available) == (left + 1, left)
    assert len(builder.seal().block.transactions) == 1


def test_the_gas_that_a_block_has_left_is_told() -> None:
    chain = Blockchain.in_memory()
    builder = builder_on(chain)
    limit = chain.head.header.gas_limit
    assert builder.gas_left == limit
    (tx,) = transfers(chain, [50_000])
    builder.append(tx, chain.accounts[0].address)
    assert builder.gas_left == limit - 21_000


def test_a_chain_with_a_fee_market_has_base_fees() -> None:
    chain = Blockchain.in_memory(fork="arbitrum")
    parent = replace(chain.head.header, base_fee_per_gas=None)
    with pytest.raises(InternalError) as caught:
        base_fee_after(parent, chain.fork)
    reason = "a header of a chain with a fee market has no base fee"
    assert str(caught.value) == str(InternalError(reason))
